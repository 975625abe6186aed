//! The webhook in front of a real API server: its tests use kubectl as people do, and assert what is stored and what is said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod admission;
mod api_server;
mod clients;
mod examples;
mod kubectl;
mod leash;
mod namespace;
mod operator;
mod scale;
mod sharded;
mod updates;
mod webhook;
