//! A cluster judged as it is stored, with the settings that it names: a review sees what is to be written, and not what is
//! written elsewhere at the same moment.

use std::collections::BTreeSet;

use super::{Key, Stored, StoredObject};
use syncguard_core::{
    policy::Policy,
    review::{self, Origin, Request},
    rule::{Finding, Severity},
    view::{Body, Given},
};

/// A cluster that was written, or whose settings were, and that is unsound with them since then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound {
    /// Where the cluster is.
    pub cluster: Key,
    /// The rules that say so, each once, with the first of what it says.
    pub problems: Vec<(&'static str, String)>,
    /// The SGPostgresConfigs that the cluster names and that are stored, each once.
    pub configs: Vec<String>,
}

impl Unsound {
    /// What is an error of a stored cluster with its settings; none where nothing is.
    ///
    /// Neither what was so `before` counts, nor what is wrong with the cluster whatever its settings are. Nobody says who
    /// has written what is stored, so the operator is not excused here.
    pub fn of(cluster: &StoredObject, before: &Stored, now: &Stored, policy: &Policy) -> Option<Self> {
        let Given::Is(object) = cluster.read() else { return None };
        let (namespace, kind, name) = cluster.key();
        let former = before.get(&namespace, kind, &name);
        // What is known by name alone cannot be compared.
        let is_known = |stored: &Stored, config: &str| {
            stored.config(&namespace, config).is_none_or(StoredObject::is_whole)
        };
        let are_known = |config: &str| is_known(before, config) && is_known(now, config);
        let configs = stored_configs(&object, &namespace, now);
        if configs.is_empty()
            || !former.is_none_or(StoredObject::is_whole)
            || !object.postgres_configs().all(are_known)
        {
            return None;
        }
        let former = former.map_or(Given::Absent, StoredObject::read);
        let now = |config: &str| now.parameters(&namespace, config);
        let before = |config: &str| before.parameters(&namespace, config);
        let alone = || Request { before: former.get(), ..Request::new(&object, Origin::Admission) };
        let mut errors =
            review::judge(&Request { configs: &now, configs_before: Some(&before), ..alone() }, policy);
        errors.retain(|finding| finding.severity == Severity::Error);
        if errors.is_empty() {
            return None;
        }
        let alone = review::judge(&alone(), policy);
        errors.retain(|error| !alone.iter().any(|finding| is_same_error(finding, error)));
        (!errors.is_empty()).then(|| Self { cluster: cluster.key(), problems: by_rule(errors), configs })
    }

    /// The rules, as a log line has them.
    pub fn rules(&self) -> String {
        let rules: Vec<_> = self.problems.iter().map(|(rule, _)| *rule).collect();
        rules.join(",")
    }
}

/// The SGPostgresConfigs that a cluster names, as far as they are stored.
fn stored_configs(cluster: &Body<'_>, namespace: &str, now: &Stored) -> Vec<String> {
    let names: BTreeSet<_> = cluster.postgres_configs().collect();
    let names = names.into_iter().filter(|name| now.config(namespace, name).is_some());
    names.map(ToOwned::to_owned).collect()
}

/// Whether one is the error that another is, though something may excuse it.
fn is_same_error(finding: &Finding<'_>, error: &Finding<'_>) -> bool {
    let is_error = finding.severity == Severity::Error || finding.downgraded.is_some();
    is_error && (finding.rule.id, &finding.path) == (error.rule.id, &error.path)
}

/// Of each rule the first message; the findings come in the order of the rules.
fn by_rule(errors: Vec<Finding<'_>>) -> Vec<(&'static str, String)> {
    let mut problems: Vec<_> =
        errors.into_iter().map(|error| (error.rule.id, error.problem.message)).collect();
    problems.dedup_by_key(|(rule, _)| *rule);
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::stored::Written;
    use syncguard_core::view::{Kind, Object, Parameters};

    /// What is stored under one name: the `spec` of a cluster, or the settings of an SGPostgresConfig.
    fn stored(kind: Kind, name: &str, contents: &Value) -> StoredObject {
        let api_version = format!("{}/{}", kind.group(), kind.versions()[0]);
        let spec = if kind == Kind::PostgresConfig {
            json!({"postgresql.conf": contents})
        } else {
            contents.clone()
        };
        let object =
            json!({"apiVersion": api_version, "kind": kind.name(), "metadata": {"name": name}, "spec": spec});
        let json = object.to_string().into_bytes().into_boxed_slice();
        let Ok(Given::Is(body)) = serde_json::from_slice::<Object<'_>>(&json) else { unreachable!() };
        let settings = body.spec.get().and_then(|spec| spec.postgresql_conf.get().cloned());
        let parameters = settings.map(Parameters::into_owned);
        let text = |text: &str| text.to_owned();
        let json = if kind == Kind::PostgresConfig { Box::default() } else { json.clone() };
        StoredObject {
            kind,
            namespace: text("shop"),
            name: text(name),
            resource_version: text("1"),
            json,
            parameters,
        }
    }

    /// Three members of a strict mode with the settings of `pg`.
    fn strict() -> Value {
        json!({
            "instances": 3, "replication": {"mode": "strict-sync-all", "role": "ha-read"},
            "configurations": {"sgPostgresConfig": "pg"},
        })
    }

    fn with(mut spec: Value, pointer: &str, value: Value) -> Value {
        *spec.pointer_mut(pointer).unwrap() = value;
        spec
    }

    /// What two contents are of, one before and one after; `null` where nothing is stored.
    type Change = (Kind, &'static str, Value, Value);

    /// When all of this was written at once, exactly these rules are told, each with the cluster.
    #[track_caller]
    fn check(what: &str, changes: &[Change], told: &[&str]) {
        let (mut now, mut written) = (Stored::default(), Written::default());
        for (kind, name, before, _) in changes.iter().filter(|change| !change.2.is_null()) {
            now.keep(stored(*kind, name, before));
        }
        for (kind, name, before, after) in changes.iter().filter(|change| change.2 != change.3) {
            let object = stored(*kind, name, after);
            let former = now.get_shared(&object.namespace, *kind, name).cloned();
            assert_eq!(former.is_some(), !before.is_null());
            written.add(object.key(), former);
            now.keep(object);
        }
        let before = written.before(&now);
        let of = |cluster: &StoredObject| {
            let unsound = Unsound::of(cluster, &before, &now, &Policy::default())?;
            Some(format!("{} with {}: {}", cluster.name, unsound.configs.join(","), unsound.rules()))
        };
        assert_eq!(written.clusters(&now).filter_map(of).collect::<Vec<_>>(), told, "{what}");
    }

    #[test]
    fn what_no_review_of_one_object_could_see_is_told() {
        let (absent, off, on) = (Value::Null, json!({"fsync": "off"}), json!({"fsync": "on"}));
        let cluster = |before: &Value, after: &Value| (Kind::Cluster, "db", before.clone(), after.clone());
        let config =
            |before: &Value, after: &Value| (Kind::PostgresConfig, "pg", before.clone(), after.clone());
        let (strict, alone) = (strict(), with(strict(), "/instances", json!(1)));
        let asynchronous = with(strict.clone(), "/replication/mode", json!("async"));
        let unnamed = with(strict.clone(), "/configurations", json!({}));
        let commit_off = json!({"synchronous_commit": "off"});
        let fsync: &[&str] = &["db with pg: fsync-off"];
        for (what, changes, told) in [
            ("both are created", vec![cluster(&absent, &strict), config(&absent, &off)], fsync),
            ("both, in the other order", vec![config(&absent, &off), cluster(&absent, &strict)], fsync),
            ("the settings alone", vec![cluster(&strict, &strict), config(&on, &off)], fsync),
            ("the settings are created later", vec![cluster(&strict, &strict), config(&absent, &off)], fsync),
            ("the cluster alone", vec![config(&off, &off), cluster(&unnamed, &strict)], fsync),
            (
                "a mode and a setting",
                vec![cluster(&asynchronous, &strict), config(&on, &commit_off)],
                &["db with pg: synchronous-commit-off"],
            ),
            ("a sound pair", vec![cluster(&absent, &strict), config(&absent, &on)], &[]),
            ("settings that nobody names", vec![cluster(&absent, &unnamed), config(&absent, &off)], &[]),
            (
                "it was so before",
                vec![cluster(&strict, &with(strict.clone(), "/instances", json!(5))), config(&off, &off)],
                &[],
            ),
            (
                "it was so, and the settings change",
                vec![cluster(&strict, &strict), config(&off, &json!({"fsync": "off", "work_mem": "2MB"}))],
                &[],
            ),
            ("the cluster's own fault", vec![cluster(&absent, &alone), config(&absent, &on)], &[]),
            (
                "one becomes sound as the other changes",
                vec![config(&off, &on), cluster(&unnamed, &strict)],
                &[],
            ),
        ] {
            check(what, &changes, told);
        }
    }

    #[test]
    fn a_sharded_cluster_is_judged_with_the_settings_of_all_its_parts() {
        let part = |config: &str| json!({"instances": 3, "configurations": {"sgPostgresConfig": config}});
        let sharded = json!({
            "replication": {"mode": "strict-sync-all"}, "coordinator": part("pg"),
            "workers": {"clusters": 2, "instancesPerCluster": 3, "configurations": {"sgPostgresConfig": "worker"}},
        });
        let changes = [
            (Kind::ShardedCluster, "db", Value::Null, sharded),
            (Kind::PostgresConfig, "pg", json!({}), json!({})),
            (Kind::PostgresConfig, "worker", Value::Null, json!({"fsync": "off"})),
        ];
        check("the workers' settings are written", &changes, &["db with pg,worker: fsync-off"]);
    }

    #[test]
    fn what_is_known_by_name_alone_is_not_judged() {
        let large = json!({"fsync": "on", "a.b": "x".repeat(70_000)});
        let changes = [
            (Kind::Cluster, "db", strict(), strict()),
            (Kind::PostgresConfig, "pg", large, json!({"fsync": "off"})),
        ];
        check("the settings were too large to be kept", &changes, &[]);
    }
}
