//! syncguard keeps the replication settings of StackGres clusters honest: one core judges and completes an
//! SGCluster or SGShardedCluster; a webhook and a command line carry bytes to it and words from it.
//!
//! The modules stand in layers. Each imports its own layer and those below, which a test over `src/` holds:
//!
//! ```text
//! edges         cli  server  admission  kubernetes  doctor  stored  offline  input  json  manifest  settings  certificate  parallel
//! presentation  render
//! judgement     review  prediction  policy
//! knowledge     rules  defaults
//! values        rule  cluster  topology  patroni  postgres  facts  replication  view  path  spelling
//! ```
//!
//! All below presentation is the core: it does no input or output, reads no clock, and cannot fail.

// Values: what stands in a manifest, and what the operator and Patroni make of it.
pub mod cluster;
pub mod facts;
pub mod path;
pub mod patroni;
pub mod postgres;
pub mod replication;
pub mod rule;
pub mod spelling;
pub mod topology;
pub mod view;

// Knowledge: one bad pattern a file, one default a file.
pub mod defaults;
pub mod rules;

// Judgement: what history and settings make of problems, and what a cluster will do when something dies.
pub mod policy;
pub mod prediction;
pub mod review;

// Presentation: words for people, data for programs.
pub mod render;

// Edges: bytes, files and sockets.
pub mod admission;
pub mod certificate;
pub mod cli;
pub mod doctor;
pub mod input;
pub mod json;
pub mod kubernetes;
pub mod manifest;
pub mod offline;
pub mod parallel;
pub mod server;
pub mod settings;
pub mod stored;
