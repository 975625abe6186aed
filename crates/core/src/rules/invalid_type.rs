//! A value of a type that its field does not take, most often a setting of Postgres without quotes.

use serde_json::Value;

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not},
    view::{Body, Leaf, Mistyped, Shape},
};
use syncguard_manifest::path::{Path, Step};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-type",
    severity: Severity::Error,
    summary: "a value of a type that the field does not take",
    rationale: "The API server refuses the whole object where one value has the wrong type. Settings of \
        Postgres are strings there, whatever they mean to Postgres. But YAML reads off, 200 and 16.1 \
        without quotes as a boolean and two numbers. A version suffers most, because 16.10 without quotes \
        is 16.1.",
    fix: "Write the value in the type that the field takes, and settings of Postgres always in quotes.",
    reference: "StackGres custom resource definitions: postgresql.conf is a map of strings; YAML 1.1: off \
        is a boolean.",
    links: &[
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation",
        "https://yaml.org/type/bool.html",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 2
              configurations:
                postgres:
                  postgresql.conf:
                    max_connections: 200
                    wal_compression: true
        "},
        &[
            "spec.configurations.postgres[\"postgresql.conf\"].max_connections",
            "spec.configurations.postgres[\"postgresql.conf\"].wal_compression",
        ],
    ),
    good: indoc! {r#"
        spec:
          instances: 2
          configurations:
            postgres:
              postgresql.conf:
                max_connections: "200"
                wal_compression: "on"
    "#},
    checks: &[Check::Object(check)],
})
.judges_stopped()
.limitations("Only the fields that matter to replication are known here. The API server checks all of them.");

fn check<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    for Mistyped { path, expected, found } in object.mistyped() {
        let name = name_of(&path);
        let meant = meant(&path, expected, found);
        let is_setting = is_postgres_setting(&path);
        let help = match &meant {
            Some(value @ Value::String(_)) => format!("put it in quotes: {name}: {value}"),
            Some(value) => format!("write it without quotes: {name}: {value}"),
            // 16.10 is read as 16.1 and 17.0 as 17: what was written is gone, and another version would be installed.
            None if is_version(&path) && matches!(found, Leaf::Float(_) | Leaf::Integer(_)) => {
                format!(
                    "put it in quotes as you wrote it, as in {name}: \"16.10\", which YAML reads as the number 16.1"
                )
            }
            None if found.too_long().is_some() => "leave out what says nothing of its own".to_owned(),
            None => format!("make it {}", expected.name()),
        };
        let problem = problems.at_path(path, format!("{name} {}", is_not(found, expected.name()))).help(help);
        // A setting that the API server refuses does no harm yet; quoted, it might.
        problem.suggestion = meant.filter(|_| !is_setting);
    }
}

/// What the value is called: the last key, and its index where it is an element of a list.
fn name_of(path: &Path<'_>) -> String {
    let key = path.name();
    let plain = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_graphic());
    let key = if plain { key.to_owned() } else { Leaf::Text(key.into()).to_string() };
    match path.steps().last() {
        Some(Step::Index(index)) => format!("{key}[{index}]"),
        _ => key,
    }
}

/// The value that was surely meant, in the right type.
fn meant(path: &Path<'_>, expected: Shape, found: &Leaf<'_>) -> Option<Value> {
    match (expected, found) {
        (Shape::Text, Leaf::Bool(value)) if is_postgres_setting(path) => {
            Some(if *value { "on" } else { "off" }.into())
        }
        (Shape::Text, Leaf::Integer(_)) if is_postgres_setting(path) => Some(found.to_string().into()),
        // Beyond 2^53 the digits are no longer those that were written.
        (Shape::Text, Leaf::Float(value)) if is_postgres_setting(path) && value.abs() < 9e15 => {
            Some(found.to_string().into())
        }
        (Shape::Integer, Leaf::Text(text)) => Some(text.parse::<i64>().ok()?.into()),
        (Shape::Flag, Leaf::Text(text)) => Some(text.parse::<bool>().ok()?.into()),
        _ => None,
    }
}

fn is_postgres_setting(path: &Path<'_>) -> bool {
    path.parent().is_some_and(|parent| parent.name() == "postgresql.conf")
}

fn is_version(path: &Path<'_>) -> bool {
    path.name() == "version"
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, postgres_config, sharded};

    const CONF: &str = "spec.configurations.postgres[\"postgresql.conf\"]";

    #[test]
    fn settings_of_postgres_are_strings_and_told_how_to_be_quoted() {
        for (settings, at, help) in [
            ("{fsync: false}", ".fsync", "fsync: \"off\""),
            ("{wal_compression: true}", ".wal_compression", "wal_compression: \"on\""),
            ("{max_connections: 200}", ".max_connections", "max_connections: \"200\""),
            ("{random_page_cost: 1.1}", ".random_page_cost", "random_page_cost: \"1.1\""),
            ("{pg_stat_statements.max: 5}", "[\"pg_stat_statements.max\"]", "pg_stat_statements.max: \"5\""),
            ("{work_mem: 1e300}", ".work_mem", "make it a string"),
            ("{search_path: [a]}", ".search_path", "make it a string"),
        ] {
            let case = cluster("{}").set(CONF, settings);
            case.raises_below(&RULE, CONF, &[at]);
            case.says(&RULE, help);
            let config = "spec[\"postgresql.conf\"]";
            postgres_config("{}").set(config, settings).raises_below(&RULE, config, &[at]);
        }
    }

    #[test]
    fn other_fields_are_told_what_they_take() {
        for (spec, at, says) in [
            ("{postgres: {version: 16.1}}", "spec.postgres.version", "put it in quotes as you wrote it"),
            ("{postgres: {version: 16}}", "spec.postgres.version", "put it in quotes as you wrote it"),
            ("{postgres: {version: 17.0}}", "spec.postgres.version", "put it in quotes as you wrote it"),
            ("{profile: true}", "spec.profile", "profile is true; it must be a string"),
            ("{replication: sync}", "spec.replication", "replication is \"sync\"; it must be an object"),
            ("{replicateFrom: []}", "spec.replicateFrom", "it must be an object"),
            (
                "{nonProductionOptions: {disableClusterPodAntiAffinity: 'true'}}",
                "spec.nonProductionOptions.disableClusterPodAntiAffinity",
                "without quotes: disableClusterPodAntiAffinity: true",
            ),
        ] {
            let case = cluster(spec);
            case.raises(&RULE, &[at]);
            case.says(&RULE, says);
        }
    }

    #[test]
    fn right_types_absent_values_and_the_fields_of_other_rules_are_passed_over() {
        for spec in [
            "{instances: '3', replication: {mode: 1, role: 2, syncInstances: '1', groups: 5}}",
            "{profile: null, configurations: {postgres: {postgresql.conf: {fsync: null, work_mem: ''}}}}",
            "{configurations: {patroni: {dynamicConfig: {ttl: '30'}}}, somethingElse: 5}",
        ] {
            cluster(spec).raises(&RULE, &[]);
        }
    }

    #[test]
    fn overrides_of_workers_are_looked_into() {
        let spec = "{workers: {clusters: '2', overrides: [{indexes: [true, 1, '1-2']}, all, {indexes: 3}]}}";
        let case = sharded(spec);
        case.raises_below(&RULE, "spec.workers.overrides", &["[0].indexes[0]", "[1]", "[2].indexes"]);
        case.says(&RULE, "must be an integer or a string");
        case.says(&RULE, "overrides[1] is \"all\"; it must be an object");
    }
}
