//! `maximum_lag_on_syncnode` where commits wait for every standby: a slow one is no longer waited for.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "lagging-standby-leaves-sync-set",
    severity: Severity::Warning,
    summary: "maximum_lag_on_syncnode lets slow standbys leave a synchronous set that has no other to take \
        their place",
    rationale: "The -all modes, and a syncInstances of instances - 1, are chosen so that every standby has \
        every acknowledged commit. With maximum_lag_on_syncnode above 0 Patroni no longer counts a standby \
        that lags by more bytes than that. It does so silently, just when the load is highest, and such a \
        standby is not promoted either. The setting is meant for clusters with more standbys than they wait \
        for, where a faster one takes the place of the slow one. Here there is no other to take it.",
    fix: "Remove maximum_lag_on_syncnode, or wait for fewer standbys than there are.",
    reference: "Patroni, dynamic configuration: maximum_lag_on_syncnode, in bytes.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#maximum-lag-on-synchronous-node",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 4
              replication:
                mode: strict-sync-all
              configurations:
                patroni:
                  dynamicConfig:
                    maximum_lag_on_syncnode: 1048576
        "},
        &["spec.configurations.patroni.dynamicConfig.maximum_lag_on_syncnode"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          replication:
            mode: strict-sync
            syncInstances: 2
          configurations:
            patroni:
              dynamicConfig:
                maximum_lag_on_syncnode: 1048576
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "In strict-sync-all a standby that lags by more than 1 MiB is no longer awaited.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(mode), Some(instances)) = (cluster.mode(), cluster.instances()) else { return };
    let count = cluster.synchronous().and_then(|settings| settings.node_count);
    let waits_for_all = count.is_some_and(|count| count == instances - 1);
    let Some(limit) = cluster.timing().maximum_lag_on_syncnode.filter(|_| waits_for_all && instances >= 2)
    else {
        return;
    };
    problems
        .at(
            &cluster.dynamic("maximum_lag_on_syncnode"),
            format!(
                "{} waits for every standby here, but one that lags by more than {limit} bytes \
                 (maximum_lag_on_syncnode) is no longer waited for",
                mode.name()
            ),
        )
        .help("remove maximum_lag_on_syncnode, or wait for fewer standbys than there are")
        .see(&cluster.mode, "asks that commits wait for every standby that is there");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_dynamic, sharded};

    const LIMIT: &str = "spec.configurations.patroni.dynamicConfig.maximum_lag_on_syncnode";

    #[test]
    fn any_limit_above_zero_weakens_a_mode_that_waits_for_all() {
        for (replication, value, at) in [
            ("{mode: strict-sync-all}", "1", &[LIMIT][..]),
            ("{mode: strict-sync-all}", "'1'", &[LIMIT]),
            ("{mode: sync-all}", "1", &[LIMIT]),
            ("{mode: sync, syncInstances: 3}", "1", &[LIMIT]),
            ("{mode: strict-sync, syncInstances: 3}", "2147483647", &[LIMIT]),
            ("{mode: strict-sync, syncInstances: 2}", "1", &[]),
            ("{mode: strict-sync-all}", "2147483648", &[]),
            ("{mode: strict-sync-all}", "0", &[]),
            ("{mode: strict-sync-all}", "-1", &[]),
            ("{mode: strict-sync-all}", "null", &[]),
            ("{mode: async}", "1", &[]),
        ] {
            cluster("{instances: 4}")
                .set("spec.replication", replication)
                .set(LIMIT, value)
                .raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "sync-all", "maximum_lag_on_syncnode", "1");
    }

    #[test]
    fn the_coordinator_and_the_workers_are_judged() {
        let coordinator = &LIMIT.replace("spec.", "spec.coordinator.");
        let workers = &LIMIT.replace("spec.", "spec.workers.");
        sharded("{replication: {mode: strict-sync-all}, coordinator: {instances: 3}, workers: {clusters: 2, instancesPerCluster: 3}}")
            .set(coordinator, 1)
            .set(workers, 1)
            .raises(&RULE, &[coordinator, workers]);
    }
}
