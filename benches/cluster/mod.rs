//! A real API server and what is done with it: parts of `tests/cluster`, which name each other from the root of a crate, so a program
//! brings each of them there with `use`.

#![allow(dead_code, reason = "each program uses its part")]

#[path = "../../tests/cluster/api_server.rs"]
pub mod api_server;
#[path = "../../tests/cluster/child_process.rs"]
pub mod child_process;
#[path = "../../tests/cluster/http.rs"]
pub mod http;
#[path = "../../tests/cluster/kubectl.rs"]
pub mod kubectl;
#[path = "../../tests/cluster/namespace.rs"]
pub mod namespace;
#[path = "../../tests/cluster/webhook.rs"]
pub mod webhook;
