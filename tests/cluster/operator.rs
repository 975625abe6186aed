//! The operator's mutating webhook beside ours, before it or after: it fills in what the operator does, and may change mode and instances.

use serde_json::{Value, json};

use crate::{
    child_process::until,
    namespace::{Namespace, cluster},
    second_webhook,
    webhook::STANDARD,
};

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

/// Registers it under this name, and waits until it is called.
fn register(namespace: &Namespace, name: &str) {
    second_webhook::register(namespace, name, complete);
    let probe = annotated("probe", "instances: '7'", "{instances: 1}");
    let dry_run = ["create", "--dry-run=server", "-o", "jsonpath={.spec.instances}", "-f", "-"];
    let is_called = || (namespace.kubectl(&dry_run, &probe).stdout == "7").then_some(());
    assert!(until(is_called).is_some(), "the API server was to call the second webhook within a minute");
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
