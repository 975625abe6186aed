//! A namespace as the webhook knows it, the requests that people make in it, and what they are told.

use serde::Deserialize;
use serde_json::{Value, json};
use syncguard::{
    settings::Settings,
    stored::{KINDS, Stored, StoredObject},
    webhook::{self, KnownState, Outcome, Webhook},
};
use syncguard_core::view::{Given, Kind, Parameters};

use crate::wire::is_acceptable;

pub const NAMESPACE: &str = "failover";

/// A namespace in which this is stored, as watches have seen it.
#[derive(Clone, Default)]
pub struct World(pub Stored);

impl World {
    pub fn live() -> Self {
        let mut stored = Stored::default();
        for kind in KINDS {
            stored.set_live(kind, true);
        }
        Self(stored)
    }

    /// With a cluster in version 7.
    pub fn with(mut self, kind: Kind, name: &str, spec: &Value) -> Self {
        let object = json!({
            "apiVersion": kind.api_version(), "kind": kind.name(),
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec,
        });
        self.0.put(stored(kind, name, object.to_string().as_bytes(), None));
        self
    }

    pub fn with_cluster(self, name: &str, spec: &Value) -> Self {
        self.with(Kind::Cluster, name, spec)
    }

    pub fn with_config(mut self, name: &str, parameters: &Value) -> Self {
        let Ok(Given::Is(parameters)) = Given::<Parameters<'_>>::deserialize(parameters) else {
            panic!("settings are an object")
        };
        self.0.put(stored(Kind::PostgresConfig, name, b"", Some(parameters.into_owned())));
        self
    }

    /// In which this SGDbOps upgrades a cluster.
    pub fn with_upgrade(mut self, name: &str, cluster: &str) -> Self {
        self.0.put_upgrade(NAMESPACE.to_owned(), name.to_owned(), cluster.to_owned());
        self
    }

    pub fn ask(&self, review: &Value) -> Outcome {
        ask(review, KnownState::Watched(&self.0), &Settings::default())
    }

    /// What is answered when everything that was asked for has been read.
    #[track_caller]
    pub fn answer_read(&self, review: &Value, settings: &Settings) -> Answer {
        match ask(review, KnownState::Read(&self.0), settings) {
            Outcome::Reply(reply) => Answer::of(review, &reply.body),
            Outcome::Lookup(wanted) => panic!("everything was read, and {wanted:?} was asked for"),
        }
    }

    /// What is answered, by nothing but what is known.
    #[track_caller]
    pub fn answer(&self, review: &Value) -> Answer {
        match self.ask(review) {
            Outcome::Reply(reply) => Answer::of(review, &reply.body),
            Outcome::Lookup(wanted) => panic!("everything is known, and {wanted:?} was asked for"),
        }
    }
}

pub fn stored(kind: Kind, name: &str, json: &[u8], parameters: Option<Parameters<'static>>) -> StoredObject {
    StoredObject {
        kind,
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        resource_version: "7".to_owned(),
        json: json.into(),
        parameters,
    }
}

pub fn ask(review: &Value, knowledge: KnownState<'_>, settings: &Settings) -> Outcome {
    let body = review.to_string();
    webhook::reply_knowing(Webhook::Validate, body.as_bytes(), settings, knowledge)
}

/// What a person is told.
#[derive(Debug)]
pub struct Answer {
    pub allowed: bool,
    /// `field: message` of each cause.
    pub causes: Vec<String>,
    pub warnings: Vec<String>,
}

impl Answer {
    fn of(review: &Value, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap();
        is_acceptable(Webhook::Validate, review, &answer);
        let response = &answer["response"];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let cause = |cause: &Value| format!("{}: {}", text(&cause["field"]), text(&cause["message"]));
        Self {
            allowed: response["allowed"] == true,
            causes: list(&response["status"]["details"]["causes"]).iter().map(cause).collect(),
            warnings: list(&response["warnings"]).iter().map(text).collect(),
        }
    }

    /// Held against what was expected: a denial with one cause that holds these words in their order.
    #[track_caller]
    pub fn is_denied(&self, words: &[&str]) {
        assert!(!self.allowed, "was to be denied: {self:?}");
        let [cause] = self.causes.as_slice() else { panic!("one cause, and there are {:?}", self.causes) };
        let mut rest = cause.as_str();
        for word in words {
            let at = rest.find(word).unwrap_or_else(|| panic!("{word:?} in its place in {cause:?}"));
            rest = &rest[at + word.len()..];
        }
    }

    #[track_caller]
    pub fn is_allowed_silently(&self) {
        assert!(self.allowed && self.warnings.is_empty(), "was to be allowed without a word: {self:?}");
    }
}

pub fn review(kind: Kind, object: &Value, before: Option<&Value>) -> Value {
    let (group, version) = (kind.group(), kind.versions()[0]);
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "kind": {"group": group, "version": version, "kind": kind.name()},
        "name": object["metadata"]["name"], "namespace": NAMESPACE,
        "operation": if before.is_some() { "UPDATE" } else { "CREATE" },
        "object": object, "oldObject": before,
    }})
}

/// `kubectl scale`, of the cluster `db` in the version that the Scale carries.
pub fn scale(version: &str, from: i64, to: i64) -> Value {
    let scale = |replicas: i64| {
        // An API server leaves a zero out.
        let spec = if replicas == 0 { json!({}) } else { json!({"replicas": replicas}) };
        json!({
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": {"name": "db", "namespace": NAMESPACE, "resourceVersion": version}, "spec": spec,
        })
    };
    review(Kind::Scale, &scale(to), Some(&scale(from)))
}

pub fn config(parameters: &Value) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGPostgresConfig",
        "metadata": {"name": "pg", "namespace": NAMESPACE}, "spec": {"postgresql.conf": parameters},
    })
}

pub fn strict(instances: i64) -> Value {
    json!({"instances": instances, "replication": {"mode": "strict-sync-all"}})
}

pub fn strict_with_config(instances: i64) -> Value {
    let mut spec = strict(instances);
    spec["configurations"] = json!({"sgPostgresConfig": "pg"});
    spec
}
