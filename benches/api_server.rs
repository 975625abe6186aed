//! What a webhook adds to a write: creates through a real API server, with none, with CEL in a `ValidatingAdmissionPolicy`, with two webhooks
//! that allow everything, and with both of syncguard's.
//!
//! `cargo bench --features cluster-tests --bench api_server [-- COUNT]`: dry runs of one client, COUNT of each kind in turn, 1000 by default.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]

mod cluster;
mod other_handler;
mod times;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use api_server::ApiServer;
use child_process::until;
use cluster::{api_server, child_process, http, kubectl, namespace, webhook};
use namespace::Namespace;
use serde_json::{Value, json};
use syncguard::{
    http::{Answer, Call, Handler},
    webhook::Reply,
};
use times::Times;
use webhook::{LABEL, STANDARD, Setup};

/// Those measured, in the order in which they are told; what they cost more is more than the first.
const NAMES: [&str; 5] = [
    "no webhook",
    "a ValidatingAdmissionPolicy",
    "two webhooks that allow everything",
    "syncguard, nothing to complete",
    "syncguard, both webhooks",
];

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let http = Namespace::unguarded("http");
    let policy = Namespace::unguarded("policy");
    guard_by_policy(&policy);
    let allowed = Namespace::unguarded("allowed");
    guard_by_yes(&allowed);
    let guarded = Namespace::guarded("guarded", &STANDARD);
    let (incomplete, mut complete) = (cluster(3), cluster(3));
    complete["spec"]["replication"] =
        json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 2});
    let measured = [
        (&http, &incomplete),
        (&policy, &incomplete),
        (&allowed, &incomplete),
        (&guarded, &complete),
        (&guarded, &incomplete),
    ];
    let mut times: [Vec<f64>; NAMES.len()] = Default::default();
    // In turn, so that whatever slows the machine slows all of them.
    for _ in 0..count {
        for ((namespace, cluster), times) in measured.into_iter().zip(&mut times) {
            times.push(create(namespace, cluster));
        }
    }
    let mut least = 0.0;
    for (name, times) in NAMES.into_iter().zip(times) {
        let times = Times::of(times);
        let (median, p99) = (times.at(500), times.at(990));
        least = if least == 0.0 { median } else { least };
        println!("{name:<34} median {median:.2} ms, p99 {p99:.2} ms, {:+.2} ms", median - least);
    }
}

/// One dry run; in milliseconds.
fn create(namespace: &Namespace, cluster: &Value) -> f64 {
    let started = Instant::now();
    let (status, said) = http::dry_run(namespace, cluster);
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

/// What an API server spends on two webhooks whatever they do: a handler in the same server that allows everything.
fn guard_by_yes(namespace: &Namespace) {
    let calls = Arc::<AtomicU64>::default();
    let (tell, told) = mpsc::channel();
    let yes = Yes(Arc::clone(&calls));
    thread::spawn(move || {
        other_handler::serve(yes, |address, ca| tell.send((address, ca.to_owned())).unwrap());
    });
    let (address, ca) = told.recv().unwrap();
    let setup = Setup::as_the_chart("yes");
    setup.register(ApiServer::shared(), &address.to_string(), ca.as_bytes()).unwrap();
    namespace.label(LABEL, setup.name);
    let is_asked = || {
        let before = calls.load(Ordering::Relaxed);
        create(namespace, &cluster(3));
        (calls.load(Ordering::Relaxed) >= before + 2).then_some(())
    };
    until(is_asked).expect("the API server asks both webhooks within a minute");
}

/// Allows everything.
struct Yes(Arc<AtomicU64>);

impl Handler for Yes {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let review: Value = serde_json::from_slice(call.body).unwrap();
        let answer = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": {"uid": review["request"]["uid"], "allowed": true},
        });
        Box::pin(std::future::ready(Reply::json(200, answer.to_string().into_bytes())))
    }
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
