//! A synchronous mode in a cluster that takes no writes.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
    view::Leaf,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "standby-cluster-ignores-sync",
    severity: Severity::Warning,
    summary: "a cluster that replicates from another ignores its synchronous mode",
    rationale: "With replicateFrom the cluster is a standby cluster. Its leader takes no writes, so there \
        is no commit that could wait. From 3.2.0 on Patroni ignores synchronous mode there altogether. The \
        setting takes effect once replicateFrom is removed, which promotes the cluster.",
    fix: "Keep the mode if it is meant for the day of the promotion; otherwise set it to async.",
    reference: "patroni/global_config.py, is_synchronous_mode: from 3.2.0 it is false while standby_cluster \
        is set.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicatefrom",
        "https://patroni.readthedocs.io/en/latest/standby_cluster.html",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/global_config.py#L114",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replicateFrom:
                instance:
                  sgCluster: main
              replication:
                mode: strict-sync-all
        "},
        &["spec.replication.mode"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replicateFrom:
            instance:
              sgCluster: main
          replication:
            mode: async
    "},
    checks: &[Check::Cluster(check)],
});

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_synchronous()) else { return };
    // A coordinator is made sync-all where nobody says so; nobody has to hear of that.
    if cluster.mode.is_absent() {
        return;
    }
    if matches!(cluster.replicate_from.leaf(), Leaf::Object(_)) {
        let message =
            format!("{} is not in effect while the cluster replicates from another one", mode.name());
        problems
            .at(&cluster.mode, message)
            .help("keep it for the day of the promotion, or choose mode: async until then")
            .see(&cluster.replicate_from, "makes this a standby cluster");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn a_synchronous_mode_waits_for_the_promotion() {
        for (mode, at) in [
            ("sync", &["spec.replication.mode"][..]),
            ("strict-sync-all", &["spec.replication.mode"]),
            ("async", &[]),
        ] {
            cluster("{instances: 3, replicateFrom: {instance: {sgCluster: main}}}")
                .set("spec.replication.mode", mode)
                .raises(&RULE, at);
            cluster("{instances: 3, replicateFrom: null}")
                .set("spec.replication.mode", mode)
                .raises(&RULE, &[]);
        }
    }

    #[test]
    fn a_mode_that_nobody_wrote_is_nothing_to_report() {
        let spec = "{replicateFrom: {instance: {sgCluster: main}}, coordinator: {instances: 2}, shards: {clusters: 1, instancesPerCluster: 2}}";
        sharded(spec).raises(&RULE, &[]);
        sharded(spec)
            .set("spec.coordinator.replication.mode", "sync-all")
            .raises(&RULE, &["spec.coordinator.replication.mode"]);
    }
}
