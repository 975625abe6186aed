//! How a rule's tests put a manifest before it: the other rules are asked too, and do not count.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    policy::Policy,
    review::{self, Origin, Request},
    rule::{Example, Rule},
    view::{Kind, Object, Parameters},
};

/// What a rule is asked about.
pub struct Case {
    object: Value,
    before: Option<Value>,
    config: Option<Value>,
}

/// An SGCluster with this `spec`, in YAML.
pub fn cluster(spec: &str) -> Case {
    case(Kind::Cluster, spec)
}

/// An SGShardedCluster with this `spec`, in YAML.
pub fn sharded(spec: &str) -> Case {
    case(Kind::ShardedCluster, spec)
}

/// An SGPostgresConfig with this `spec`, in YAML.
pub fn postgres_config(spec: &str) -> Case {
    case(Kind::PostgresConfig, spec)
}

/// An example of a rule, whose manifest begins at `spec:`.
pub fn example(example: &Example, manifest: &str) -> Case {
    let whole = |manifest: &str| {
        let mut object = object(example.kind, &Value::Null);
        if let (Some(object), Value::Object(written)) = (object.as_object_mut(), yaml(manifest)) {
            object.extend(written);
        }
        object
    };
    Case { object: whole(manifest), before: example.before.map(whole), config: None }
}

fn case(kind: Kind, spec: &str) -> Case {
    Case { object: object(kind, &yaml(spec)), before: None, config: None }
}

impl Case {
    /// The same object before, with this `spec`.
    pub fn after(mut self, spec: &str) -> Self {
        let mut before = self.object.clone();
        before["spec"] = yaml(spec);
        self.before = Some(before);
        self
    }

    /// The object, and the stored one, in this version of its group.
    pub fn version(mut self, version: &str) -> Self {
        for object in [Some(&mut self.object), self.before.as_mut()].into_iter().flatten() {
            object["apiVersion"] = json!(format!("stackgres.io/{version}"));
        }
        self
    }

    /// Any part of the object outside `spec`, such as `status`; the stored object has it too.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        for object in [Some(&mut self.object), self.before.as_mut()].into_iter().flatten() {
            object[key] = yaml(value);
        }
        self
    }

    /// The SGPostgresConfig that the cluster names, whatever the name: its `postgresql.conf`.
    pub fn with_config(mut self, parameters: &str) -> Self {
        self.config = Some(yaml(parameters));
        self
    }

    /// Asserts that the rule speaks at exactly these paths; with none, that it is silent.
    #[track_caller]
    pub fn raises(&self, rule: &Rule, paths: &[&str]) {
        let found: Vec<_> = self.paths(rule).into_iter().map(|(_, path)| path).collect();
        assert_eq!(found, paths, "where {} speaks about {}", rule.id, self.object["spec"]);
    }

    /// Asserts that the rule speaks with these severities at these paths.
    #[track_caller]
    pub fn raises_as(&self, rule: &Rule, findings: &[(&str, &str)]) {
        let found = self.paths(rule);
        let found: Vec<_> = found.iter().map(|(severity, path)| (*severity, path.as_str())).collect();
        assert_eq!(found, findings, "how {} speaks about {}", rule.id, self.object["spec"]);
    }

    /// Asserts that what the rule says contains this text, in its message or its help.
    #[track_caller]
    pub fn says(&self, rule: &Rule, text: &str) {
        let mut said = Vec::new();
        self.judge(|finding| {
            if finding.rule.id == rule.id {
                said.push(format!("{} | {}", finding.message, finding.advice()));
            }
        });
        assert!(
            said.iter().any(|said| said.contains(text)),
            "{} should say {text:?}, and says {said:?}",
            rule.id
        );
    }

    /// With which severities the rule speaks.
    pub fn severities(&self, rule: &Rule) -> Vec<&'static str> {
        self.paths(rule).into_iter().map(|(severity, _)| severity).collect()
    }

    /// Every rule that speaks, and where.
    pub fn everything_said(&self) -> Vec<String> {
        let mut said = Vec::new();
        self.judge(|finding| said.push(format!("{} at {}", finding.rule.id, finding.path)));
        said
    }

    fn paths(&self, rule: &Rule) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        self.judge(|finding| {
            if finding.rule.id == rule.id {
                found.push((finding.severity.name(), finding.path.to_string()));
            }
        });
        found
    }

    fn judge(&self, mut see: impl FnMut(&crate::rule::Finding<'_>)) {
        let read = |value| Object::deserialize(value).unwrap();
        let (object, before) = (read(&self.object), self.before.as_ref().map(read));
        let config =
            self.config.as_ref().map(|value| crate::view::Given::<Parameters>::deserialize(value).unwrap());
        let request = Request {
            before: before.as_ref().and_then(crate::view::Given::get),
            configs: &|_| config.as_ref()?.get(),
            ..Request::new(object.get().unwrap(), Origin::File)
        };
        review::judge(&request, &Policy::default()).iter().for_each(&mut see);
    }
}

fn object(kind: Kind, spec: &Value) -> Value {
    json!({
        "apiVersion": kind.api_version(),
        "kind": kind.name(),
        "metadata": {"name": "demo", "namespace": "default"},
        "spec": spec,
    })
}

fn yaml(text: &str) -> Value {
    syncguard_manifest::parse(text).documents[0].read().unwrap()
}
