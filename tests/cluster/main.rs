//! The webhook in front of a real API server: its tests use kubectl as people do, and assert what is stored and what is said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod admission;
mod api_server;
mod audit;
mod clients;
mod custody;
mod doctor;
mod examples;
mod excuses;
mod kubectl;
mod leash;
mod namespace;
mod older;
mod operator;
mod plain;
mod road;
mod scale;
mod second_webhook;
mod sharded;
mod tls;
mod unsound;
mod updates;
mod webhook;
