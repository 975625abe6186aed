//! A tiny `maximum_lag_on_failover` in a synchronous mode: it protects nothing and can stop a failover.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    patroni::DEFAULT_MAXIMUM_LAG,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "failover-lag-blocks-promotion",
    severity: Severity::Warning,
    summary: "maximum_lag_on_failover is below 1 MiB in a synchronous mode",
    rationale: "In asynchronous mode maximum_lag_on_failover bounds what a failover may lose, apart from \
        what was written in the last ttl seconds. In a synchronous mode the members that may be promoted \
        have every acknowledged commit anyway. What they lack is the WAL of transactions that nobody was \
        told about, and a bulk load writes megabytes of it. So the limit protects nothing there, and a \
        small one can leave the cluster without a leader although a complete standby is alive. A negative \
        one blocks promotion even while nothing is written: the lag of a standby that has everything is 0, \
        which is more.",
    fix: "Remove maximum_lag_on_failover (1048576 bytes by default), or set it to that or more.",
    reference: "Patroni, dynamic configuration: maximum_lag_on_failover, in bytes.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#asynchronous-mode-durability",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync
                syncInstances: 1
              configurations:
                patroni:
                  dynamicConfig:
                    maximum_lag_on_failover: 1
        "},
        &["spec.configurations.patroni.dynamicConfig.maximum_lag_on_failover"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 1
          configurations:
            patroni:
              dynamicConfig:
                maximum_lag_on_failover: 1048576
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[
    Observation {
        software: Software::Patroni,
        versions: &["3.3.0", "4.1.0"],
        what: "With 1 a synchronous standby that has every acknowledged commit is not promoted, with \
            1048576 it is.",
    },
    Observation {
        software: Software::Patroni,
        versions: &["2.1.4", "3.0.2", "3.2.2", "3.3.0", "4.1.0"],
        what: "With -1 nobody is promoted, even where nothing is written. With 0 a standby that has \
            everything is.",
    },
]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_synchronous()) else { return };
    let limit = cluster.timing().maximum_lag_on_failover;
    if limit >= DEFAULT_MAXIMUM_LAG {
        return;
    }
    let consequence = if limit < 0 {
        "keeps every standby from being promoted while nothing is written, one that has everything too"
            .to_owned()
    } else {
        format!(
            "protects no acknowledged commit in {}, and keeps a standby that lags by more from being promoted",
            mode.name()
        )
    };
    problems
        .at(
            &cluster.dynamic("maximum_lag_on_failover"),
            format!("maximum_lag_on_failover = {limit} (bytes) {consequence}"),
        )
        .help("remove it, or set it to 1048576 (1 MiB) or more");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{finds_dynamic, replicated, sharded};

    const LIMIT: &str = "spec.configurations.patroni.dynamicConfig.maximum_lag_on_failover";

    #[test]
    fn less_than_a_mebibyte_is_too_little_in_a_synchronous_mode() {
        for (mode, value, at) in [
            ("sync", "1048575", &[LIMIT][..]),
            ("strict-sync-all", "0", &[LIMIT]),
            ("sync-all", "-1", &[LIMIT]),
            ("strict-sync", "'0'", &[LIMIT]),
            ("sync", "'-1'", &[LIMIT]),
            ("sync", "1048576", &[]),
            ("sync", "'1048576'", &[]),
            ("sync", "2147483647", &[]),
            // Unreadable, which another rule says.
            ("sync", "-9223372036854775808", &[]),
            ("sync", "null", &[]),
            ("async", "0", &[]),
            ("Sync", "0", &[]),
        ] {
            replicated(3, mode).set(LIMIT, value).raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "sync", "maximum_lag_on_failover", "0");
    }

    #[test]
    fn a_coordinator_is_synchronous_unless_it_says_otherwise() {
        let coordinator = &LIMIT.replace("spec.", "spec.coordinator.");
        sharded("{coordinator: {instances: 3}, workers: {clusters: 2, instancesPerCluster: 3}}")
            .set(coordinator, 0)
            .set(&LIMIT.replace("spec.", "spec.workers."), 0)
            .raises(&RULE, &[coordinator]);
    }
}
