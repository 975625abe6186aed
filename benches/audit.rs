//! What it takes to audit a large cluster: the time and the memory of `syncguard audit -A`.
//!
//! `cargo bench --features cluster-tests --bench audit [-- COUNT]`: stores COUNT SGClusters, 10,000 by default, and then judges them.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]

mod cluster;
mod memory;

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use syncguard_manifest as manifest;

use api_server::ApiServer;
use cluster::{api_server, child_process, http, kubectl, namespace, webhook};
use namespace::Namespace;
use serde_json::{Value, json};

/// How often an audit is measured.
const ROUNDS: usize = 5;

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let namespace = Namespace::unguarded("many");
    store(&namespace, count);
    for round in 1..=ROUNDS {
        let started = Instant::now();
        let mut audit = audit();
        let resident = most_resident(&mut audit);
        let took = started.elapsed().as_secs_f64();
        let output = audit.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!("{count} of {count} stored clusters would be refused today");
        assert!(said.contains(&expected), "every cluster is to be judged: {said}");
        println!("round {round}: {count} clusters in {took:.2} s, {resident:.1} MiB resident at most");
    }
}

fn audit() -> Child {
    Command::new(env!("CARGO_BIN_EXE_syncguard"))
        .args(["audit", "-A", "--kubeconfig"])
        .arg(ApiServer::shared().kubectl.kubeconfig())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The most memory that a process had, in MiB, as it was seen last before its end.
fn most_resident(process: &mut Child) -> f64 {
    let mut most = 0.0;
    while process.try_wait().unwrap().is_none() {
        most = memory::resident(process.id(), "VmHWM").unwrap_or(most);
        thread::sleep(Duration::from_millis(5));
    }
    most
}

/// Stores clusters as large as the documentation's example; each would be refused.
fn store(namespace: &Namespace, count: usize) {
    let read = manifest::parse(include_str!("../examples/strict-sync-all.yaml"));
    let mut example: Value = read.documents.iter().find_map(|document| document.read().ok()).unwrap();
    example["metadata"] = json!({});
    example["spec"]["instances"] = json!(1);
    http::create_many(namespace, count, |index| {
        let mut cluster = example.clone();
        cluster["metadata"]["name"] = json!(format!("db-{index}"));
        cluster
    });
}
