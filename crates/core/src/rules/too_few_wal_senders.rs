//! Fewer WAL senders or replication slots than the cluster has pods: the last standbys cannot connect.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    patroni::parameters::instead_of,
    postgres::integer,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "too-few-wal-senders",
    severity: Severity::Warning,
    summary: "max_wal_senders or max_replication_slots is too small for the number of instances",
    rationale: "Each standby holds one WAL sender and one replication slot of the primary. A replica that \
        pg_basebackup is making takes two senders for as long as the copy lasts, and a connection that \
        broke off keeps its sender until a timeout. Where the senders run out, the next standby is refused \
        and never streams. A standby that does not stream cannot be synchronous either, so the mode \
        protects less than its numbers say.",
    fix: "Set max_wal_senders to instances + 2 and max_replication_slots to instances, or more. Both need a \
        restart.",
    reference: "PostgreSQL manual, Replication settings: max_wal_senders, max_replication_slots. StackGres \
        starts with 20 of each.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-WAL-SENDERS",
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-REPLICATION-SLOTS",
        "https://patroni.readthedocs.io/en/latest/patroni_configuration.html#postgresql-parameters-controlled-by-patroni",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 5
              configurations:
                postgres:
                  postgresql.conf:
                    max_wal_senders: "6"
                    max_replication_slots: "4"
        "#},
        &[
            "spec.configurations.postgres[\"postgresql.conf\"].max_wal_senders",
            "spec.configurations.postgres[\"postgresql.conf\"].max_replication_slots",
        ],
    ),
    good: indoc! {r#"
        spec:
          instances: 5
          configurations:
            postgres:
              postgresql.conf:
                max_wal_senders: "7"
                max_replication_slots: "5"
    "#},
    checks: &[Check::Cluster(check)],
})
.limitations(
    "Backup tools, logical decoding and subscribers take senders and slots too, and are not counted.",
)
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["2.1.4", "3.0.2", "3.2.2", "3.3.0", "4.1.0"],
    what: "Patroni makes 10 WAL senders of two, and 10 replication slots of one.",
}]);

/// What the operator sets where nobody else does, for both settings.
const OPERATORS_DEFAULT: i64 = 20;

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some((instances, asks)) = most(cluster) else { return };
    let senders = instances.saturating_add(2);
    for (name, least) in [("max_wal_senders", senders), ("max_replication_slots", instances)] {
        let setting = cluster.parameter(name);
        let value = setting
            .map_or(Some(OPERATORS_DEFAULT), |setting| setting.text().and_then(|text| in_effect(name, text)));
        let Some(value) = value.filter(|value| *value < least) else { continue };
        let too_few = format!("is too few for {instances} instances, which need at least {least}");
        match setting {
            Some(setting) => {
                let written = setting.text().and_then(integer) == Some(value);
                let raised = if written { String::new() } else { format!(", of which Patroni makes {value},") };
                problems
                    .at_parameter(&setting, format!("{setting}{raised} {too_few}"))
                    .help(format!("set {name} to \"{least}\" or more"))
            }
            None => problems.at(&asks, format!("{name}, which is {OPERATORS_DEFAULT} unless set, {too_few}")).help(format!(
                "set max_wal_senders to at least \"{senders}\", and max_replication_slots to at least \"{instances}\""
            )),
        };
    }
}

/// The most instances that the cluster can have, and the field that says so: the autoscaler may go up.
fn most<'a>(cluster: &Cluster<'a>) -> Option<(i64, Field<'a>)> {
    let now = cluster.instances()?;
    let maximum = cluster.horizontal_autoscaling().map(|autoscaling| autoscaling.max_instances);
    let reached =
        maximum.and_then(|field| Some((field.integer()?, field))).filter(|(maximum, _)| *maximum > now);
    Some(reached.unwrap_or((now, cluster.instances)))
}

/// What Patroni makes of the value.
fn in_effect(name: &str, text: &str) -> Option<i64> {
    integer(instead_of(name, text).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    const CONF: &str = "spec.configurations.postgres[\"postgresql.conf\"]";
    const SENDERS: &str = "spec.configurations.postgres[\"postgresql.conf\"].max_wal_senders";
    const UPPER_CASE: &str = "spec.configurations.postgres[\"postgresql.conf\"].MAX_WAL_SENDERS";
    const SLOTS: &str = "spec.configurations.postgres[\"postgresql.conf\"].max_replication_slots";

    #[test]
    fn a_setting_must_cover_the_instances() {
        for (instances, settings, at) in [
            (3, "{max_wal_senders: '5', max_replication_slots: '3'}", &[][..]),
            (5, "{max_wal_senders: '4', max_replication_slots: '4'}", &[SENDERS, SLOTS]),
            // Patroni makes 10 of each.
            (3, "{max_wal_senders: '2', max_replication_slots: '1'}", &[]),
            (9, "{MAX_WAL_SENDERS: '0'}", &[UPPER_CASE]),
            (10, "{max_wal_senders: '0x10', max_replication_slots: '011'}", &[SLOTS]),
            (3, "{max_wal_senders: few, max_replication_slots: ''}", &[]),
            (3, "{max_wal_senders: 1}", &[]),
            (0, "{max_wal_senders: '1'}", &[]),
            (-1, "{max_wal_senders: '0'}", &[]),
        ] {
            cluster("{}").set("spec.instances", instances).set(CONF, settings).raises(&RULE, at);
        }
    }

    #[test]
    fn twenty_of_each_are_enough_for_eighteen_instances() {
        for (instances, at) in [
            (18, &[][..]),
            (19, &["spec.instances"]),
            (21, &["spec.instances"]),
            (2_000_000_000, &["spec.instances"]),
            (i32::MAX, &["spec.instances"]),
        ] {
            cluster("{}").set("spec.instances", instances).raises(&RULE, at);
        }
        cluster("{instances: 21}").says(&RULE, "max_replication_slots to at least \"21\"");
    }

    #[test]
    fn the_autoscaler_may_go_up_to_more() {
        for (mode, settings, at) in [
            ("horizontal", "{}", &["spec.autoscaling.maxInstances"][..]),
            ("horizontal", "{max_replication_slots: '30', max_wal_senders: '20'}", &[SENDERS]),
            ("none", "{}", &[]),
        ] {
            cluster("{instances: 3, autoscaling: {minInstances: 3, maxInstances: 25}}")
                .set("spec.autoscaling.mode", mode)
                .set(CONF, settings)
                .raises(&RULE, at);
        }
        cluster("{instances: 9, configurations: {postgres: {postgresql.conf: {MAX_WAL_SENDERS: '0'}}}}")
            .says(&RULE, "of which Patroni makes 10");
    }

    #[test]
    fn each_part_of_a_sharded_cluster_is_counted_by_itself() {
        let spec = "{coordinator: {instances: 30}, workers: {clusters: 9, instancesPerCluster: 3, overrides: [\
            {index: 1, instancesPerCluster: 40}, {index: 2}]}}";
        let at = ["spec.coordinator.instances", "spec.workers.overrides[0].instancesPerCluster"];
        sharded(spec).raises(&RULE, &at);
    }
}
