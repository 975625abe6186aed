//! The Helm chart: what it renders, what it refuses, whether a real API server takes it, and whether it agrees with the program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[allow(dead_code, reason = "tests of webhooks need more of it")]
#[path = "../cluster/api_server.rs"]
mod api_server;
mod applied;
mod ca_bundle_policy;
#[allow(dead_code, reason = "tests of webhooks need more of it")]
#[path = "../cluster/child_process.rs"]
mod child_process;
mod foreign;
#[path = "../it/golden.rs"]
mod golden;
mod helm;
#[path = "../cluster/kubectl.rs"]
mod kubectl;
mod permissions;
mod render;
mod schema;
mod served;
mod values;
