//! Settings of Patroni that the operator writes itself: what a manifest says there has no effect.

use std::borrow::Cow;

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    facts::FAILSAFE_MODE,
    patroni::written,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
    spelling::nearest,
    view::Leaf,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "ignored-patroni-setting",
    severity: Severity::Warning,
    summary: "a Patroni setting that the operator drops or overwrites",
    rationale: "The operator reads dynamicConfig into a class of its own, and drops what that class has no \
        field for. It also overwrites what it decides itself. synchronous_mode, synchronous_mode_strict and \
        synchronous_node_count come from spec.replication, and standby_cluster comes from \
        spec.replicateFrom. Everything below postgresql but pg_hba comes from the Postgres configuration. \
        Of initialConfig it overwrites its own sections and each pod's tags. Such a line is worse than \
        useless. Whoever reads the manifest believes in a promise of durability that the cluster does not \
        keep, in a pod that cannot be promoted and will be, or in a standby cluster that is a primary and \
        takes writes.",
    fix: "Remove the setting, and say the same where the operator reads it: in spec.replication, \
        spec.replicateFrom or spec.configurations.postgres.",
    reference: "StackGres operator, 1.18 and 1.19: its class of Patroni's dynamic configuration, and what \
        it writes over it. It does so before Patroni reads it, so running Patronis, which obey what they \
        read, cannot show it.",
    links: &[
        "https://stackgres.io/doc/latest/administration/patroni/configuration/",
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              configurations:
                patroni:
                  dynamicConfig:
                    synchronous_mode: true
                    synchronous_node_count: 2
                  initialConfig:
                    tags:
                      nosync: true
        "},
        &[
            "spec.configurations.patroni.dynamicConfig.synchronous_mode",
            "spec.configurations.patroni.dynamicConfig.synchronous_node_count",
            "spec.configurations.patroni.initialConfig.tags",
        ],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 2
          configurations:
            patroni:
              dynamicConfig:
                ttl: 60
    "},
    checks: &[Check::Cluster(check)],
})
.limitations("Keys inside slots and ignore_slots are not checked.");

/// The settings that the operator decides itself, and what to write instead.
const OVERWRITTEN: [(&str, &str); 4] = [
    ("synchronous_mode", "set mode in the replication section instead"),
    ("synchronous_mode_strict", "set mode in the replication section instead"),
    ("synchronous_node_count", "set syncInstances in the replication section instead"),
    ("standby_cluster", "use spec.replicateFrom: as it stands, this cluster is a primary and takes writes"),
];

/// The sections of `initialConfig` that the operator writes itself. It drops `scope`, too, but takes its value.
const DROPPED: [&str; 8] = ["name", "namespace", "log", "bootstrap", "postgresql", "restapi", "ctl", "tags"];

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for (name, setting, keys) in cluster.own_dynamic() {
        if let Some((_, instead)) = OVERWRITTEN.iter().find(|(known, _)| *known == name) {
            let message = format!(
                "{name} is set to {}, which has no effect: the operator writes it itself",
                setting.leaf()
            );
            problems.at(&setting, message).help(format!("remove it, and {instead}"));
        } else if name == "postgresql" {
            check_postgresql(&setting, keys, problems);
        } else if name == "failsafe_mode" {
            if !cluster.operator().passes_failsafe_mode_on() {
                problems
                    .at(
                        &setting,
                        format!("failsafe_mode has no effect: StackGres {} drops it", cluster.operator()),
                    )
                    .help(format!("remove it, or use StackGres {FAILSAFE_MODE} or later"));
            }
        } else if written::type_of(name).is_none() {
            let shown = Leaf::Text(name.into());
            let problem =
                problems.at(&setting, format!("the setting {shown} has no effect: the operator drops it"));
            match nearest(name, passed_on()) {
                Some(meant) => problem.help(format!("did you mean {meant}?")),
                None => problem.help("remove it"),
            };
        }
    }
    for (name, place) in cluster.initial_sections().filter(|(name, _)| DROPPED.contains(name)) {
        let help =
            if name == "tags" { "remove them; roles of groups decide about tags" } else { "remove it" };
        problems
            .at_name(
                place.path(),
                format!("{name} in initialConfig has no effect: the operator writes it itself"),
            )
            .help(help);
    }
}

/// The settings that reach Patroni as they are written.
fn passed_on() -> impl Iterator<Item = &'static str> {
    let is_changed = |name: &str| {
        ["postgresql", "failsafe_mode"].contains(&name) || OVERWRITTEN.iter().any(|(known, _)| *known == name)
    };
    written::FIELDS.iter().map(|(name, _)| *name).filter(move |name| !is_changed(name))
}

/// Of this section `pg_hba` alone is read.
fn check_postgresql<'a>(setting: &Field<'a>, keys: &[Cow<'a, str>], problems: &mut Problems<'a>) {
    let dropped: Vec<_> =
        keys.iter().filter(|key| **key != "pg_hba").take(3).map(|key| Leaf::Text(key.clone())).collect();
    if dropped.is_empty() {
        return;
    }
    let dropped: Vec<_> = dropped.iter().map(ToString::to_string).collect();
    problems
        .at(
            setting,
            format!(
                "{} in postgresql has no effect: the operator reads pg_hba there, and nothing else",
                dropped.join(", ")
            ),
        )
        .help("remove it; settings of Postgres stand in spec.configurations.postgres or an SGPostgresConfig");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{OPERATOR_VERSION, cluster, finds_dynamic, sharded};

    const PATRONI: &str = "spec.configurations.patroni";
    const DYNAMIC: &str = "spec.configurations.patroni.dynamicConfig";

    #[test]
    fn failsafe_mode_goes_by_the_operator() {
        let spec = "{instances: 1, configurations: {patroni: {dynamicConfig: {failsafe_mode: true}}}}";
        cluster(spec).set(OPERATOR_VERSION, "1.17.4").says(&RULE, "StackGres 1.17.4 drops it");
        cluster(spec).set(OPERATOR_VERSION, "1.18.0").raises(&RULE, &[]);
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "async", "synchronous_mode", "true");
    }

    #[test]
    fn it_says_what_to_write_instead() {
        for (settings, words) in [
            ("{standby_cluster: {host: x}}", "use spec.replicateFrom"),
            ("{synchronous_node_count: 2}", "set syncInstances"),
            ("{tll: 30}", "did you mean ttl?"),
            ("{postgresql: {parameters: {}, use_slots: false}}", "\"parameters\", \"use_slots\""),
        ] {
            cluster("{instances: 1}").set(DYNAMIC, settings).says(&RULE, words);
        }
    }

    #[test]
    fn every_overwritten_key_is_reported_whatever_its_value() {
        for (patroni, at) in [
            (
                "{dynamicConfig: {synchronous_mode: 1, synchronous_mode_strict: false}}",
                &[".dynamicConfig.synchronous_mode", ".dynamicConfig.synchronous_mode_strict"][..],
            ),
            ("{dynamicConfig: {synchronous_node_count: 1}}", &[".dynamicConfig.synchronous_node_count"]),
            ("{initialConfig: {tags: {}}, dynamicConfig: {ttl: 30}}", &[".initialConfig.tags"]),
            (
                "{dynamicConfig: {synchronous_mode: null, Synchronous_Mode: true}}",
                &[".dynamicConfig.Synchronous_Mode"],
            ),
            ("{dynamicConfig: {standby_cluster: {host: x}}}", &[".dynamicConfig.standby_cluster"]),
            ("{dynamicConfig: {postgresql: {pg_hba: [], use_slots: false}}}", &[".dynamicConfig.postgresql"]),
            ("{dynamicConfig: {postgresql: {pg_hba: []}, slots: {a: {type: physical}}}}", &[]),
            ("{dynamicConfig: {failsafe_mode: true, check_timeline: true}}", &[]),
            ("{dynamicConfig: {pause: true, tll: 30}}", &[".dynamicConfig.pause", ".dynamicConfig.tll"]),
            (
                "{initialConfig: {scope: a, restapi: {}, watchdog: {}, kubernetes: {}}}",
                &[".initialConfig.restapi"],
            ),
            ("{initialConfig: {}}", &[]),
            ("{dynamicConfig: 5, initialConfig: []}", &[]),
        ] {
            cluster("{instances: 1}").set(PATRONI, patroni).raises_below(&RULE, PATRONI, at);
        }
        cluster("{instances: 0, configurations: {patroni: {initialConfig: {tags: {}}}}}").raises(&RULE, &[]);
    }

    #[test]
    fn an_override_without_configurations_shares_the_workers_fault() {
        let coordinator = "spec.coordinator.configurations.patroni.dynamicConfig.synchronous_mode";
        let workers = "spec.workers.configurations.patroni.dynamicConfig.synchronous_mode";
        let overriding = "spec.workers.overrides[1].configurations.patroni.dynamicConfig.synchronous_mode";
        // The operator does not use an override's: sharded-unused-override says so.
        sharded(
            "{coordinator: {instances: 1}, workers: {clusters: 2, instancesPerCluster: 1, \
            overrides: [{index: 0}, {index: 1}]}}",
        )
        .set(coordinator, true)
        .set(workers, true)
        .set(overriding, true)
        .raises(&RULE, &[coordinator, workers]);
    }
}
