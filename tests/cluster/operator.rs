//! A second mutating webhook, called before ours or after it: it fills in what the operator does, and may change mode and instances.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use syncguard::admission::Reply;
use syncguard::certificate::{Authority, CA_LIFETIME, LEAF_LIFETIME};
use syncguard::server::{Answer, Call, Handler, Limits, Options, SelfIssued, Server, Source, Stop};
use time::OffsetDateTime;

use crate::leash::until;
use crate::namespace::{Namespace, cluster};
use crate::webhook::{STANDARD, base64};

/// The other webhook.
struct Operator;

impl Handler for Operator {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        let review: Value = serde_json::from_slice(call.body).unwrap();
        let before = &review["request"]["object"];
        let mut after = before.clone();
        complete(&mut after);
        let patch = json!([{"op": "replace", "path": "/spec", "value": after["spec"]}]);
        let mut response = json!({"uid": review["request"]["uid"], "allowed": true});
        if after != *before {
            response["patchType"] = json!("JSONPatch");
            response["patch"] = json!(base64(patch.to_string().as_bytes()));
        }
        let answer =
            json!({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response});
        Box::pin(ready(Reply::json(200, answer.to_string().into_bytes())))
    }
}

/// The operator's own defaults, and what the annotations ask for.
fn complete(object: &mut Value) {
    let asked = |name: &str| object["metadata"]["annotations"][name].as_str().map(ToOwned::to_owned);
    let (mode, instances) = (asked("mode"), asked("instances"));
    let spec = &mut object["spec"];
    if let Some(instances) = instances {
        spec["instances"] = json!(instances.parse::<i64>().unwrap());
    }
    let replication = &mut spec["replication"];
    if let Some(mode) = mode {
        replication["mode"] = json!(mode);
    }
    for (field, default) in [("mode", "async"), ("role", "ha-read")] {
        if replication[field].is_null() {
            replication[field] = json!(default);
        }
    }
    let is_counted = ["sync", "strict-sync"].map(Value::from).contains(&replication["mode"]);
    if is_counted && replication["syncInstances"].is_null() {
        replication["syncInstances"] = json!(1);
    } else if replication["syncInstances"].is_null() {
        replication.as_object_mut().unwrap().remove("syncInstances");
    }
}

/// Runs the other webhook until this process ends, and registers it under this name for the namespace.
fn register(namespace: &Namespace, name: &str) {
    let (address, ca) = serve();
    let webhook = json!({
        "name": "sgcluster.operator.example.com",
        "clientConfig": {"url": format!("https://{address}/mutate"), "caBundle": base64(ca.as_bytes())},
        "rules": [{
            "apiGroups": ["stackgres.io"], "apiVersions": ["v1"], "resources": ["sgclusters"],
            "operations": ["CREATE", "UPDATE"],
        }],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"operator": name}},
    });
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": [webhook],
    });
    namespace.expect(&["create", "-f", "-"], &configuration.to_string());
    namespace.label("operator", name);
    let probe = annotated("probe", "instances: '7'", "{instances: 1}");
    let dry_run = ["create", "--dry-run=server", "-o", "jsonpath={.spec.instances}", "-f", "-"];
    let is_called = || (namespace.kubectl(&dry_run, &probe).stdout == "7").then_some(());
    assert!(until(is_called).is_some(), "the API server was to call the second webhook within a minute");
}

/// Where the other webhook listens, and its CA.
fn serve() -> (SocketAddr, String) {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let ca = authority.certificate().to_owned();
    let names = vec!["127.0.0.1".parse().unwrap()];
    let options = Options {
        clients: None,
        listen: any_port,
        health_listen: any_port,
        source: Source::SelfIssued(Box::new(SelfIssued { authority, names, lifetime: LEAF_LIFETIME })),
        tls12: false,
        drain_delay: Duration::ZERO,
        limits: Limits::default(),
        metrics: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::bind(options, Arc::new(Operator))).unwrap();
    let address = server.https_address();
    let forever = std::future::pending::<Stop>();
    thread::spawn(move || runtime.block_on(server.run(forever)));
    (address, ca)
}

fn annotated(name: &str, annotation: &str, spec: &str) -> String {
    let plain = format!("metadata: {{name: {name}}}");
    let annotated = format!("metadata: {{name: {name}, annotations: {{{annotation}}}}}");
    cluster(name, spec).replace(&plain, &annotated)
}

/// What is stored must not depend on which webhook comes first; nor what is refused.
fn check_order(namespace: &'static str, operator: &str) {
    let namespace = Namespace::guarded(namespace, &STANDARD);
    register(&namespace, operator);
    for (name, annotation, spec, replication) in [
        ("nothing", "", "{instances: 1}", json!({"mode": "async", "role": "ha-read"})),
        (
            "counted",
            "",
            "{instances: 3, replication: {mode: sync}}",
            json!({"mode": "sync", "role": "ha-read", "syncInstances": 1}),
        ),
        (
            "all",
            "",
            "{instances: 3, replication: {mode: strict-sync-all}}",
            json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 2}),
        ),
        // Ours saw async first, and completes what became of it.
        (
            "strengthened",
            "mode: strict-sync-all",
            "{instances: 3}",
            json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 2}),
        ),
    ] {
        namespace.passes(&["create", "-f", "-"], &annotated(name, annotation, spec), &[]);
        assert_eq!(namespace.spec(name)["replication"], replication, "{name} with {operator}");
    }
    let made_unsound =
        annotated("unsound", "instances: '1'", "{instances: 3, replication: {mode: strict-sync-all}}");
    let said = namespace.kubectl(&["create", "-f", "-"], &made_unsound);
    assert!(said.stderr.contains("[strict-sync-all-without-standby]"), "{operator}: {said:?}");
    assert_eq!(namespace.stored("unsound"), None, "what another webhook makes of it is judged");
}

#[test]
fn a_second_mutating_webhook_may_come_before_or_after() {
    // The API server calls configurations in the order of their names; ours begin with `syncguard-`.
    check_order("operator-before", "operator");
    check_order("operator-after", "the-operator");
}
