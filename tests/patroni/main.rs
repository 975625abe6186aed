//! Predictions held against running Patronis: each cluster is made from what `explain -o json` says of a manifest, and then broken.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

/// Makes each check a test on every Patroni of the lab, one of each line as StackGres ships them.
macro_rules! on_each_patroni {
    ($($name:ident: $check:expr;)*) => {
        mod patroni_3_3_0 {
            #[allow(unused_imports, reason = "what a check names is beside this module")]
            use super::*;
            $(#[test] fn $name() { ($check)(crate::lab::PATRONI_3) })*
        }
        mod patroni_4_1_0 {
            #[allow(unused_imports, reason = "what a check names is beside this module")]
            use super::*;
            $(#[test] fn $name() { ($check)(crate::lab::PATRONI_4) })*
        }
    };
}

#[path = "../cluster/child_process.rs"]
mod child_process;
mod cluster;
mod commits;
mod experiment;
mod explained;
mod failure_tables;
mod failures;
mod http;
mod lab;
mod member;
mod patience;
mod process_dir;
mod processes;
mod reasons;
mod session;
mod settings;
mod settled;
mod standby_cluster;
mod stuck_commit;
mod table;
mod writer;
