//! syncguard keeps the replication settings of StackGres clusters honest: one core judges and completes an
//! SGCluster or SGShardedCluster; a webhook and a command line carry bytes to it and words from it.
//!
//! This is the program. What is pure stands in crates below it: [`syncguard_core`] (what is right), [`syncguard_manifest`] (texts and
//! the places of values in them) and [`syncguard_lint`] (findings and fixes in texts).

pub mod causes;
pub mod certificates;
pub mod cli;
pub mod doctor;
mod fault;
pub mod files;
pub mod http;
pub mod kubernetes;
pub mod metrics;
pub mod parallel;
pub mod settings;
pub mod stored;
pub mod webhook;
