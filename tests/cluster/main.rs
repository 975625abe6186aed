//! The webhook in front of a real API server: its tests use kubectl as people do, and assert what is stored and what is said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod admission;
mod api_server;
mod audit;
mod certificates;
mod child_process;
mod clients;
mod doctor;
mod examples;
mod excuses;
mod http;
mod kubectl;
mod namespace;
mod older;
mod operator;
mod scale;
mod second_webhook;
mod sharded;
mod tcp_proxy;
mod tls;
mod unsound;
mod updates;
mod webhook;
