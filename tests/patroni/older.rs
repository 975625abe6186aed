//! The experiments on settings, on the Patronis that came before those of the lab: for whoever writes their behaviors down, not for CI.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![allow(dead_code, reason = "the experiments that are not done here use the rest")]

use lab::Shipped;
use syncguard_core::patroni::OBSERVED_OLDER;

/// The oldest, with a name of its own for the start timeout alone.
const PATRONI_2_1: Shipped = Shipped { patroni: OBSERVED_OLDER[0], postgres: "14.2" };
/// The first line with both names, and the last one without floors for timings.
const PATRONI_3_0: Shipped = Shipped { patroni: OBSERVED_OLDER[1], postgres: "15.0" };
/// A line that passes no `synchronous_standby_names` on.
const PATRONI_3_2: Shipped = Shipped { patroni: OBSERVED_OLDER[2], postgres: "15.3" };

/// Makes each check a test on every older Patroni whose behaviors syncguard tells apart.
macro_rules! on_each_patroni {
    ($($name:ident: $check:expr;)*) => {
        mod patroni_2_1_4 {
            use super::*;
            $(#[test] fn $name() { ($check)(crate::PATRONI_2_1) })*
        }
        mod patroni_3_0_2 {
            use super::*;
            $(#[test] fn $name() { ($check)(crate::PATRONI_3_0) })*
        }
        mod patroni_3_2_2 {
            use super::*;
            $(#[test] fn $name() { ($check)(crate::PATRONI_3_2) })*
        }
    };
}

#[path = "../cluster/child_process.rs"]
mod child_process;
mod cluster;
mod experiment;
mod explained;
mod failures;
mod http;
mod lab;
mod member;
mod patience;
mod process_dir;
mod processes;
mod session;
mod settings;
mod writer;
