//! `maximum_lag_on_syncnode` in strict-sync-all: a slow standby is no longer waited for.

use crate::{
    cluster::Cluster,
    replication::Mode,
    rule::{Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "lagging-standby-leaves-sync-set",
    severity: Severity::Warning,
    severity_note: "",
    parity: false,
    judges_stopped: false,
    summary: "maximum_lag_on_syncnode lets slow standbys leave the synchronous ones of strict-sync-all",
    rationale: "strict-sync-all is chosen so that every standby that is there has every acknowledged commit. \
        With maximum_lag_on_syncnode above 0 Patroni no longer counts a standby that lags by more bytes than \
        that. It does so just when the load is highest, silently, and such a standby is not promoted either. \
        The setting is meant for modes that count, where a faster standby takes the place of the slow one; \
        in strict-sync-all there is no other to take it.",
    fix: "Remove maximum_lag_on_syncnode, or use strict-sync with a number of standbys.",
    blind_spot: "Only a number is read, not a number in quotes.",
    reference: "Patroni, dynamic configuration: maximum_lag_on_syncnode, in bytes. Observed on Patroni \
        3.3.0 and 4.1.0.",
    bad: Example::cluster(
        "spec:
  instances: 4
  replication:
    mode: strict-sync-all
  configurations:
    patroni:
      dynamicConfig:
        maximum_lag_on_syncnode: 1048576
",
        &["spec.configurations.patroni.dynamicConfig.maximum_lag_on_syncnode"],
    ),
    good: "spec:
  instances: 4
  replication:
    mode: strict-sync
    syncInstances: 2
  configurations:
    patroni:
      dynamicConfig:
        maximum_lag_on_syncnode: 1048576
",
    checks: &[Check::Cluster(check)],
};

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let limit = cluster.dynamic("maximum_lag_on_syncnode");
    if cluster.mode() != Some(Mode::StrictSyncAll) || limit.number().is_none_or(|bytes| bytes <= 0.0) {
        return;
    }
    problems
        .at(
            &limit,
            format!(
                "strict-sync-all means every standby, but one that lags by more than {} bytes \
                 (maximum_lag_on_syncnode) is no longer waited for",
                limit.leaf()
            ),
        )
        .help("remove maximum_lag_on_syncnode, or choose mode: strict-sync with syncInstances")
        .see(&cluster.mode, "promises that commits wait for every standby that is there");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    const LIMIT: &str = "spec.configurations.patroni.dynamicConfig.maximum_lag_on_syncnode";

    #[test]
    fn any_limit_above_zero_weakens_strict_sync_all_alone() {
        for (mode, value, at) in [
            ("strict-sync-all", "1", &[LIMIT][..]),
            ("strict-sync-all", "0.5", &[LIMIT]),
            ("strict-sync-all", "9223372036854775807", &[LIMIT]),
            ("strict-sync-all", "0", &[]),
            ("strict-sync-all", "-1", &[]),
            ("strict-sync-all", "-9223372036854775808", &[]),
            ("strict-sync-all", "'1'", &[]),
            ("strict-sync-all", "null", &[]),
            ("sync-all", "1", &[]),
            ("strict-sync", "1", &[]),
            ("async", "1", &[]),
        ] {
            let conf = format!("{{patroni: {{dynamicConfig: {{maximum_lag_on_syncnode: {value}}}}}}}");
            let spec = format!("{{instances: 4, replication: {{mode: {mode}}}, configurations: {conf}}}");
            cluster(&spec).raises(&RULE, at);
        }
    }

    #[test]
    fn the_shards_of_a_strict_root_are_judged_and_the_default_coordinator_is_not() {
        let conf = "configurations: {patroni: {dynamicConfig: {maximum_lag_on_syncnode: 1}}}";
        let spec = format!(
            "{{replication: {{mode: strict-sync-all}}, coordinator: {{instances: 3, {conf}}}, \
             shards: {{clusters: 2, instancesPerCluster: 3, {conf}}}}}"
        );
        sharded(&spec).raises(&RULE, &[&LIMIT.replace("spec.", "spec.shards.")]);
    }
}
