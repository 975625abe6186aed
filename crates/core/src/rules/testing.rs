//! How a rule's tests put a manifest before it: the other rules are asked too, and do not count.
//!
//! A test starts from a manifest in YAML and changes what varies by its path, which is written as findings print it.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::{Value, json};
use syncguard_manifest::path::{Path, Step};

use crate::{
    policy::Policy,
    review::{self, Origin, Request},
    rule::{Example, Rule},
    view::{Kind, Object, Parameters},
};

/// The path to what an operator writes into its objects: its own version.
pub const OPERATOR_VERSION: &str = "metadata.annotations[\"stackgres.io/operatorVersion\"]";

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

/// An SGCluster of this many instances, replicated in this mode.
pub fn replicated(instances: impl Display, mode: &str) -> Case {
    cluster("{}").set("spec.instances", instances).set("spec.replication.mode", mode)
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
    /// The object that is stored, before an update to this one.
    pub fn after(mut self, before: Self) -> Self {
        self.before = Some(before.object);
        self
    }

    /// This value, in YAML, at this path from the root; what is missing on the way is made.
    ///
    /// # Panics
    /// Where the path is not written as findings print it, or leads through something else than an object
    /// or an element that is there; where the value is not YAML.
    #[track_caller]
    pub fn set(self, path: &str, value: impl Display) -> Self {
        self.put(path, yaml(&value.to_string()))
    }

    #[track_caller]
    fn put(mut self, text: &str, value: Value) -> Self {
        let place = path(text).steps().iter().fold(&mut self.object, |place, step| match *step {
            Step::Key(key) => &mut place[key],
            Step::Index(index) => &mut place[index],
        });
        *place = value;
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
        assert_eq!(found, paths, "where {} speaks about {}", rule.id, self.subject());
    }

    /// Asserts that the rule speaks at exactly these places, whose paths go on from this one.
    #[track_caller]
    pub fn raises_below(&self, rule: &Rule, path: &str, places: &[&str]) {
        let paths: Vec<_> = places.iter().map(|place| format!("{path}{place}")).collect();
        self.raises(rule, &paths.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Asserts that the rule speaks with these severities at these paths.
    #[track_caller]
    pub fn raises_as(&self, rule: &Rule, findings: &[(&str, &str)]) {
        let found = self.paths(rule);
        let found: Vec<_> = found.iter().map(|(severity, path)| (*severity, path.as_str())).collect();
        assert_eq!(found, findings, "how {} speaks about {}", rule.id, self.subject());
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

    /// What a rule is asked about, for whoever reads that it failed.
    fn subject(&self) -> String {
        let told =
            |words, value: Option<&Value>| value.map(|value| format!("{words}{value}")).unwrap_or_default();
        let stored = self.before.as_ref().map(|before| &before["spec"]);
        told("", self.object.get("spec"))
            + &told(", stored as ", stored)
            + &told(", with the settings ", self.config.as_ref())
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

/// Asserts that a rule finds a setting of Postgres wherever it takes effect: inline and in the SGPostgresConfig,
/// in any case of its name, of an SGCluster and of each part of an SGShardedCluster.
#[track_caller]
pub fn finds_parameter(rule: &Rule, mode: &str, settings: &str, name: &str) {
    let Value::Object(settings) = yaml(settings) else { panic!("{settings} is no postgresql.conf") };
    let upper = settings.iter().map(|(name, value)| (name.to_uppercase(), value.clone())).collect();
    for (settings, name) in [(Value::Object(settings), name.to_owned()), (upper, name.to_uppercase())] {
        for (case, part) in parts(mode) {
            let conf = format!("{part}.configurations.postgres[\"postgresql.conf\"]");
            case.put(&conf, settings.clone()).raises(rule, &[&format!("{conf}.{name}")]);
        }
        for (case, part) in parts(mode) {
            let config = format!("{part}.configurations.sgPostgresConfig");
            let case = Case { config: Some(settings.clone()), ..case.set(&config, "pg") };
            case.raises(rule, &[&config]);
        }
    }
}

/// Asserts that a rule finds a setting of Patroni in an SGCluster and in each part of an SGShardedCluster.
#[track_caller]
pub fn finds_dynamic(rule: &Rule, mode: &str, name: &str, value: &str) {
    for (case, part) in parts(mode) {
        let at = format!("{part}.configurations.patroni.dynamicConfig.{name}");
        case.set(&at, value).raises(rule, &[&at]);
    }
}

/// All that has settings of its own, in this mode, and the path to it.
fn parts(mode: &str) -> [(Case, &'static str); 4] {
    let workers = "{clusters: 2, instancesPerCluster: 3}";
    let coordinator = || {
        sharded("{coordinator: {instances: 3}}")
            .set("spec.replication.mode", mode)
            .set("spec.coordinator.replication.mode", mode)
    };
    [
        (replicated(3, mode), "spec"),
        (coordinator().set("spec.workers", workers), "spec.coordinator"),
        (coordinator().set("spec.workers", workers), "spec.workers"),
        (coordinator().set("spec.shards", workers), "spec.shards"),
    ]
}

fn object(kind: Kind, spec: &Value) -> Value {
    json!({
        "apiVersion": kind.api_version(),
        "kind": kind.name(),
        "metadata": {"name": "demo", "namespace": "default"},
        "spec": spec,
    })
}

#[track_caller]
fn yaml(text: &str) -> Value {
    let parsed = syncguard_manifest::parse(text);
    let [document] = &parsed.documents[..] else { panic!("{text:?} is not one YAML document") };
    assert!(document.duplicates().next().is_none(), "{text:?} has a key twice");
    document.read().unwrap_or_else(|error| panic!("{text:?} is not YAML: {error}"))
}

/// Reads a path as it is printed.
#[track_caller]
fn path(text: &str) -> Path<'_> {
    let (mut path, mut rest) = (Path::root(), text);
    while !rest.is_empty() {
        let (step, after) = step(rest).unwrap_or_else(|| panic!("{text:?} is not a path at {rest:?}"));
        path = match step {
            Step::Key(key) => path.key(key),
            Step::Index(index) => path.index(index),
        };
        rest = after;
    }
    assert_eq!(path.to_string(), text, "a path is written as it is printed");
    path
}

/// The first step of a path, and what comes behind it.
fn step(text: &str) -> Option<(Step<'_>, &str)> {
    if let Some(quoted) = text.strip_prefix("[\"") {
        let (key, after) = quoted.split_once("\"]")?;
        return Some((Step::Key(key), after));
    }
    if let Some(index) = text.strip_prefix('[') {
        let (index, after) = index.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), after));
    }
    let text = text.strip_prefix('.').unwrap_or(text);
    let (key, after) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    Some((Step::Key(key), after))
}

mod tests {
    use std::panic::catch_unwind;

    use super::{cluster, path};

    #[test]
    fn a_path_is_read_as_it_is_printed() {
        for text in ["spec", "spec.groups[1].role", r#"spec.postgres["postgresql.conf"]["a b"]"#] {
            assert_eq!(path(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_or_leads_nowhere_fails_the_test() {
        for path in [
            "spec.",
            ".spec",
            "spec..mode",
            "spec[",
            "spec[x]",
            "spec[\"a",
            "spec[\"a\"]",
            "spec.instances.a",
            "spec.list[1]",
        ] {
            let set = || cluster("{instances: 3, list: []}").set(path, 1);
            assert!(catch_unwind(set).is_err(), "{path} can be set");
        }
        for value in ["", "{", "a: 1\n---\nb: 1", "{a: 1, a: 2}"] {
            let set = || cluster("{instances: 3}").set("spec.a", value);
            assert!(catch_unwind(set).is_err(), "{value:?} is taken for a value");
        }
    }
}
