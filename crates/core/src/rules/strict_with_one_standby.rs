//! Strict with a single standby: any one failure stops the writes.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "strict-with-one-standby",
    severity: Severity::Warning,
    summary: "a strict mode with two instances hangs writes as soon as one pod is down",
    rationale: "A strict mode forbids an acknowledged commit without a second copy. With two instances \
        there is nobody else to hold it, so a restart, a node drain or a crash of either pod makes every \
        commit hang. It hangs until both are back, or until another WAL receiver such as pg_receivewal \
        acknowledges. Clients see no error that they could retry, they wait. If a client cancels the wait, \
        Postgres answers success with a warning.",
    fix: "Use 3 instances: then one pod can be away and commits still have their second copy.",
    reference: "Patroni: synchronous_mode_strict sets synchronous_standby_names to * where no standby is \
        left.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode",
        "https://stackgres.io/doc/latest/administration/replication/modes/strict-sync-all/",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/ha.py#L938",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 2
              replication:
                mode: strict-sync-all
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: strict-sync-all
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "With the only standby away every commit hangs. A canceled wait is a success with a warning, and \
        pg_receivewal acknowledges commits like a standby.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_strict()) else { return };
    if cluster.instances() == Some(2) {
        problems
            .at(
                &cluster.instances,
                format!("{} with 2 instances: while one pod is down, every commit hangs", mode.name()),
            )
            .help("set it to 3, so that one pod can be away, or choose a mode that is not strict")
            .see(&cluster.mode, "lets no commit through without a second copy");
        return;
    }
    let scaled = cluster.horizontal_autoscaling().map(|autoscaling| autoscaling.min_instances);
    let goes_down = cluster.instances().is_some_and(|instances| instances > 2);
    if let Some(minimum) = scaled.filter(|minimum| minimum.integer() == Some(2) && goes_down) {
        problems
            .at(
                &minimum,
                format!("the autoscaler may go down to 2 instances, where {} hangs every commit while one pod is down", mode.name()),
            )
            .help("set it to 3 or more, or choose a mode that is not strict")
            .see(&cluster.mode, "lets no commit through without a second copy");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated, sharded};

    #[test]
    fn two_instances_are_one_too_few_for_a_strict_mode() {
        for (n, mode, at) in [
            (2, "strict-sync-all", &["spec.instances"][..]),
            (2, "strict-sync", &["spec.instances"]),
            (2, "sync", &[]),
            (3, "strict-sync-all", &[]),
            (1, "strict-sync-all", &[]),
        ] {
            replicated(n, mode).raises(&RULE, at);
        }
        for (autoscaling, n, mode, at) in [
            (
                "{minInstances: 2, maxInstances: 5}",
                4,
                "strict-sync-all",
                &["spec.autoscaling.minInstances"][..],
            ),
            ("{minInstances: 2, maxInstances: 5}", 2, "strict-sync-all", &["spec.instances"]),
            ("{minInstances: 3, maxInstances: 5}", 4, "strict-sync-all", &[]),
            ("{minInstances: 2, maxInstances: 5}", 4, "sync-all", &[]),
            ("{mode: none, minInstances: 2}", 4, "strict-sync-all", &[]),
        ] {
            cluster("{}")
                .set("spec.instances", n)
                .set("spec.autoscaling", autoscaling)
                .set("spec.replication.mode", mode)
                .raises(&RULE, at);
        }
        sharded("{coordinator: {instances: 2, replication: {mode: strict-sync-all}}, workers: {clusters: 1, instancesPerCluster: 2}}")
            .raises(&RULE, &["spec.coordinator.instances"]);
    }
}
