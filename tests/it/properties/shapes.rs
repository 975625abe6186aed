//! Objects of a StackGres that nobody knows yet: sound ones whose fields have other names or stand elsewhere, and unsound ones
//! with fields that are new. The first are never denied; of the second what is known is judged as ever.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use syncguard_core::{
    rule::{Check, Rule},
    rules,
};
use syncguard_manifest as manifest;

/// A change of an object's shape.
#[derive(Debug, Clone)]
pub enum Change {
    /// A field gets another name.
    Rename(String),
    /// A field goes into an object of this name.
    Move(String),
}

/// Sound objects of every known shape.
fn sound() -> Vec<Value> {
    let (conf, dynamic) = (json!({"fsync": "on"}), json!({"ttl": 60}));
    let configurations =
        || json!({"postgres": {"postgresql.conf": conf}, "patroni": {"dynamicConfig": dynamic}});
    let strict = json!({"mode": "strict-sync", "syncInstances": 1});
    let cluster = json!({
        "instances": 5, "postgres": {"version": "17.6"}, "configurations": configurations(),
        "replication": {"mode": "sync", "syncInstances": 1, "groups": [{"name": "a", "instances": 1, "role": "readonly"}]},
        "autoscaling": {"mode": "horizontal", "minInstances": 4, "maxInstances": 6},
    });
    let workers = json!({
        "clusters": 3, "instancesPerCluster": 3, "replication": strict, "configurations": configurations(),
        "overrides": [{"index": 0, "instancesPerCluster": 4, "replication": strict}],
    });
    let sharded = |field: &str| {
        json!({
            "type": "citus", "postgres": {"version": "17.6"}, "replication": strict,
            "coordinator": {"instances": 3, "replication": strict, "configurations": configurations()}, field: workers,
        })
    };
    let object = |version: &str, kind: &str, spec: Value| json!({"apiVersion": format!("stackgres.io/{version}"), "kind": kind, "metadata": {"name": "db"}, "spec": spec});
    let mut old = object("v1alpha1", "SGShardedCluster", sharded("shards"));
    old["metadata"]["annotations"] = json!({"stackgres.io/operatorVersion": "1.18.6"});
    vec![
        object("v1", "SGCluster", cluster),
        object("v1beta1", "SGShardedCluster", sharded("workers")),
        object("v1alpha1", "SGShardedCluster", sharded("workers")),
        old,
    ]
}

/// Whether a field holds names of somebody's choice.
fn is_map(key: &str) -> bool {
    matches!(key, "postgresql.conf" | "dynamicConfig" | "initialConfig" | "tags" | "metadata")
}

/// The fields of an object and of those in it, each as the way to its holder and its name.
fn fields(object: &Value, way: &str, found: &mut Vec<(String, String)>) {
    match object {
        Value::Object(map) => {
            for (key, value) in map {
                found.push((way.to_owned(), key.clone()));
                if is_map(key) {
                    continue;
                }
                fields(value, &format!("{way}/{}", key.replace('/', "~1")), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                fields(value, &format!("{way}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn change(object: &mut Value, (way, key): &(String, String), how: Change) {
    let Some(holder) = object.pointer_mut(way).and_then(Value::as_object_mut) else { return };
    let Some(value) = holder.remove(key) else { return };
    let (name, value) = match how {
        Change::Rename(name) => (name, value),
        Change::Move(name) => (name, Value::Object(Map::from_iter([(key.clone(), value)]))),
    };
    holder.insert(name, value);
}

fn new_name() -> impl Strategy<Value = String> {
    "[a-z]{2,6}Of[A-Z][a-z]{2,6}"
}

/// A sound object, some of whose fields have other names or stand elsewhere.
pub fn reshaped() -> BoxedStrategy<(Value, Value)> {
    let one = |object: Value| {
        let mut found = Vec::new();
        fields(&object["spec"], "/spec", &mut found);
        found.push((String::new(), "spec".to_owned()));
        let how = prop_oneof![new_name().prop_map(Change::Rename), new_name().prop_map(Change::Move)];
        let changes = prop::collection::vec((select(found), how), 1..4);
        changes.prop_map(move |changes| {
            let mut now = object.clone();
            for (field, how) in changes {
                change(&mut now, &field, how);
            }
            (object.clone(), now)
        })
    };
    select(sound()).prop_flat_map(one).boxed()
}

/// The bad example of each rule that judges what an API server stores, as an object.
pub fn unsound() -> Vec<(&'static Rule, Value)> {
    let is_judged = |rule: &Rule| {
        let of_files = |check: &Check| matches!(check, Check::Manifest(_) | Check::Text);
        rule.bad.before.is_none() && !rule.checks.iter().any(of_files)
    };
    let object = |rule: &'static Rule| {
        let kind = rule.bad.kind;
        let written: Value = manifest::parse(rule.bad.manifest).documents[0].read().unwrap();
        let mut object =
            json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"name": "demo"}});
        object.as_object_mut().unwrap().extend(written.as_object().cloned().unwrap());
        (rule, object)
    };
    rules::ALL.iter().copied().filter(|rule| is_judged(rule)).map(object).collect()
}

/// The same object with a new field in every object that it holds, but for maps of settings.
pub fn with_new_fields(object: &Value, name: &str) -> Value {
    match object {
        Value::Object(map) => {
            let inside = map.iter().map(|(key, value)| {
                (key.clone(), if is_map(key) { value.clone() } else { with_new_fields(value, name) })
            });
            let mut now: Map<_, _> = inside.collect();
            now.insert(name.to_owned(), json!({"nobody": ["knows"]}));
            Value::Object(now)
        }
        Value::Array(list) => list.iter().map(|value| with_new_fields(value, name)).collect(),
        other => other.clone(),
    }
}
