//! The integration tests, one binary: each module tests one edge from outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod agreement;
mod architecture;
mod bad_input;
mod catalog;
mod certificate;
mod cli;
mod edits;
mod examples;
mod excuses;
mod golden;
mod licenses;
mod properties;
mod related;
mod reports;
mod server;
mod typing;
mod verdicts;
mod verdicts_1_19;
mod versions;
mod webhook;
mod wire;
mod world;
