//! What a webhook adds to a write: creates through a real API server, with none, with CEL in a `ValidatingAdmissionPolicy`, and with both
//! of syncguard's webhooks.
//!
//! `cargo bench --features cluster-tests --bench api_server [-- COUNT]`: dry runs of one client, COUNT of each kind in turn, 1000 by default.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]
#![allow(dead_code, reason = "the parts of the tests that this program needs come as whole files")]

#[path = "../tests/cluster/api_server.rs"]
mod api_server;
#[path = "../tests/cluster/kubectl.rs"]
mod kubectl;
#[path = "../tests/cluster/leash.rs"]
mod leash;
#[path = "../tests/cluster/namespace.rs"]
mod namespace;
#[path = "../tests/cluster/plain.rs"]
mod plain;
mod times;
#[path = "../tests/cluster/webhook.rs"]
mod webhook;

use std::time::Instant;

use leash::until;
use namespace::Namespace;
use serde_json::{Value, json};
use times::Times;
use webhook::STANDARD;

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let plain = Namespace::unguarded("plain");
    let policy = Namespace::unguarded("policy");
    guard_by_policy(&policy);
    let guarded = Namespace::guarded("guarded", &STANDARD);
    let mut times: [Vec<f64>; 3] = Default::default();
    // In turn, so that whatever slows the machine slows all three.
    for _ in 0..count {
        for (namespace, times) in [&plain, &policy, &guarded].into_iter().zip(&mut times) {
            times.push(create(namespace));
        }
    }
    let mut least = 0.0;
    for (name, times) in
        ["no webhook", "a ValidatingAdmissionPolicy", "syncguard, both webhooks"].into_iter().zip(times)
    {
        let times = Times::of(times);
        let (median, p99) = (times.at(500), times.at(990));
        least = if least == 0.0 { median } else { least };
        println!("{name:<30} median {median:.2} ms, p99 {p99:.2} ms, {:+.2} ms", median - least);
    }
}

/// One dry run; in milliseconds.
fn create(namespace: &Namespace) -> f64 {
    let cluster = cluster(3);
    let started = Instant::now();
    let (status, said) = plain::dry_run(namespace, &cluster);
    let took = started.elapsed().as_secs_f64() * 1e3;
    assert_eq!(status, 201, "a sound cluster is to be admitted: {said}");
    took
}

fn cluster(instances: u32) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "measured"},
        "spec": {
            "instances": instances, "postgres": {"version": "16.4"}, "pods": {"persistentVolume": {"size": "5Gi"}},
            "replication": {"mode": "strict-sync-all"},
        },
    })
}

/// The few expressions that CEL would need for the coarsest of the rules.
fn guard_by_policy(namespace: &Namespace) {
    namespace.label("guarded-by", "policy");
    let mode = "has(object.spec.replication) && has(object.spec.replication.mode)";
    let expression = |condition: &str, message: &str| json!({"expression": condition, "message": message});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "measured"},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{
                    "apiGroups": ["stackgres.io"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["sgclusters"],
                }]},
                "validations": [
                    expression(&format!("!({mode}) || object.spec.replication.mode in ['async', 'sync', 'strict-sync', 'sync-all', 'strict-sync-all']"), "unknown mode"),
                    expression(&format!("!({mode}) || object.spec.replication.mode != 'strict-sync-all' || object.spec.instances > 1"), "no standby"),
                    expression(&format!("!({mode}) || !has(object.spec.replication.syncInstances) || object.spec.replication.syncInstances < object.spec.instances"), "too many"),
                ],
            },
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "measured"},
            "spec": {
                "policyName": "measured", "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": {"matchLabels": {"guarded-by": "policy"}}},
            },
        },
    ]});
    namespace.expect(&["create", "-f", "-"], &list.to_string());
    let broken = cluster(1).to_string();
    let is_refused = || {
        namespace
            .kubectl(&["create", "--dry-run=server", "-f", "-"], &broken)
            .stderr
            .contains("no standby")
            .then_some(())
    };
    until(is_refused).expect("the policy is in force within a minute");
}
