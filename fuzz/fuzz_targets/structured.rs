//! Reviews that are nearly right: objects made of the fields that are judged, with values that are and are not of their types.
//!
//! What holds: a pass of `/mutate` never makes an object inadmissible, an unchanged object is never denied, and the same
//! review is answered alike twice.

#![no_main]

use arbitrary::Arbitrary;
use base64::{Engine, prelude::BASE64_STANDARD};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use syncguard::{
    settings::Settings,
    webhook::{self, Webhook},
};

#[derive(Debug, Arbitrary)]
enum Scalar {
    Absent,
    Null,
    Small(u8),
    Large(i64),
    Float(f64),
    Flag(bool),
    Mode(u8),
    Text(String),
    List(u8),
}

const WORDS: [&str; 14] = [
    "async",
    "sync",
    "strict-sync",
    "sync-all",
    "strict-sync-all",
    "ha-read",
    "ha",
    "readonly",
    "none",
    "on",
    "off",
    "remote_apply",
    "17.4",
    "true",
];

impl Scalar {
    fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Absent => return None,
            Self::Null => Value::Null,
            Self::Small(number) => (number % 12).into(),
            Self::Large(number) => (*number).into(),
            Self::Float(number) => json!(number),
            Self::Flag(flag) => (*flag).into(),
            Self::Mode(index) => WORDS[usize::from(*index) % WORDS.len()].into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(length) => json!(vec![1; usize::from(*length % 4)]),
        })
    }
}

#[derive(Debug, Arbitrary)]
struct Spec {
    instances: Scalar,
    mode: Scalar,
    role: Scalar,
    sync_instances: Scalar,
    groups: Vec<(Scalar, Scalar, Scalar)>,
    version: Scalar,
    settings: Vec<(u8, Scalar)>,
    dynamic: Vec<(u8, Scalar)>,
    scaling: (Scalar, Scalar, Scalar),
    annotation: Option<String>,
}

const SETTINGS: [&str; 12] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "synchronous_standby_names",
    "max_wal_senders",
    "max_replication_slots",
    "wal_level",
    "hot_standby",
    "wal_sender_timeout",
    "max_slot_wal_keep_size",
    "Fsync",
    "a.b",
];
const DYNAMIC: [&str; 10] = [
    "ttl",
    "loop_wait",
    "retry_timeout",
    "synchronous_mode",
    "synchronous_mode_strict",
    "maximum_lag_on_failover",
    "failsafe_mode",
    "primary_start_timeout",
    "standby_cluster",
    "pause",
];

fn object(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    Value::Object(
        fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>(),
    )
}

impl Spec {
    fn cluster(&self) -> Value {
        let group = |(role, instances, name): &(Scalar, Scalar, Scalar)| {
            object([("role", role.value()), ("instances", instances.value()), ("name", name.value())])
        };
        let map = |names: &[&'static str], values: &[(u8, Scalar)]| {
            object(
                values.iter().map(|(index, value)| (names[usize::from(*index) % names.len()], value.value())),
            )
        };
        let replication = object([
            ("mode", self.mode.value()),
            ("role", self.role.value()),
            ("syncInstances", self.sync_instances.value()),
            ("groups", (!self.groups.is_empty()).then(|| self.groups.iter().map(group).collect())),
        ]);
        let (mode, least, most) = &self.scaling;
        let scaling =
            object([("mode", mode.value()), ("minInstances", least.value()), ("maxInstances", most.value())]);
        let configurations = json!({
            "postgres": {"postgresql.conf": map(&SETTINGS, &self.settings)},
            "patroni": {"dynamicConfig": map(&DYNAMIC, &self.dynamic)},
        });
        let spec = object([
            ("instances", self.instances.value()),
            ("replication", Some(replication)),
            ("autoscaling", Some(scaling)),
            ("configurations", Some(configurations)),
            ("postgres", Some(object([("version", self.version.value())]))),
        ]);
        let annotations = self.annotation.as_ref().map(|text| json!({"syncguard.dev/ignore": text}));
        json!({
            "apiVersion": "stackgres.io/v1", "kind": "SGCluster",
            "metadata": {"name": "a", "namespace": "b", "annotations": annotations}, "spec": spec,
        })
    }
}

fn ask(webhook: Webhook, now: &Value, before: Option<&Value>) -> Value {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "kind": {"group": "stackgres.io", "version": "v1", "kind": "SGCluster"}, "name": "a", "namespace": "b",
            "operation": if before.is_some() { "UPDATE" } else { "CREATE" }, "object": now, "oldObject": before,
        },
    });
    let reply = webhook::reply(webhook, review.to_string().as_bytes(), &Settings::default());
    assert_eq!(reply.status, 200, "{review}");
    serde_json::from_slice(&reply.body).expect("an answer is JSON")
}

/// The object as the patch of an answer leaves it.
fn patched(object: &Value, answer: &Value) -> Value {
    let mut patched = object.clone();
    if let Some(patch) = answer["response"]["patch"].as_str() {
        let patch = BASE64_STANDARD.decode(patch).expect("a patch is Base64");
        let patch: json_patch::Patch = serde_json::from_slice(&patch).expect("a patch is a JSON Patch");
        json_patch::patch(&mut patched, &patch).expect("a patch fits the object that it was made for");
    }
    patched
}

fuzz_target!(|input: (Spec, Option<Spec>)| {
    let (now, before) = (input.0.cluster(), input.1.map(|before| before.cluster()));
    let before = before.as_ref();
    let judged = ask(Webhook::Validate, &now, before);
    assert_eq!(judged, ask(Webhook::Validate, &now, before), "answered alike twice");
    let unchanged = ask(Webhook::Validate, &now, Some(&now));
    assert_eq!(unchanged["response"]["allowed"], true, "what was so before is never denied: {now}");
    let completed = ask(Webhook::Mutate, &now, before);
    assert_eq!(completed["response"]["allowed"], true, "what is made for an object fits it: {completed}");
    let complete = patched(&now, &completed);
    assert_eq!(
        complete,
        patched(&complete, &ask(Webhook::Mutate, &complete, before)),
        "complete is complete"
    );
    if judged["response"]["allowed"] == true {
        let after = ask(Webhook::Validate, &complete, before);
        assert_eq!(
            after["response"]["allowed"], true,
            "defaults never make it inadmissible: {now} {complete}"
        );
    }
});
