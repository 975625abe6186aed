//! What is right in the replication settings of a StackGres cluster, and what will happen when something dies.
//!
//! It does no input or output, reads no clock, and cannot fail: what cannot be read becomes a finding with a path. The modules stand in
//! layers, each of which imports its own and those below:
//!
//! ```text
//! judgement  review  prediction  policy
//! knowledge  rules  defaults
//! values     rule  cluster  topology  patroni  postgres  facts  replication  view  json  spelling
//! ```

// Values: what stands in a manifest, and what the operator and Patroni make of it.
pub mod cluster;
pub mod facts;
pub mod json;
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
