//! `sync-all` on one instance: asynchronous under another name.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Part},
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sync-all-without-standby",
    severity: Severity::Warning,
    summary: "sync-all on a single instance runs asynchronous",
    rationale: "With one instance the operator switches synchronous_mode off. The mode sync-all never \
        promises more than the copies that are there, so nothing promised is broken. But whoever wrote it \
        wanted a second copy.",
    fix: "Add instances, or choose mode: async, which says what it really is.",
    reference: "StackGres operator: the -all modes switch synchronous mode on only where instances is above \
        1.",
    links: &["https://stackgres.io/doc/latest/administration/replication/modes/sync-all/"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 1
              replication:
                mode: sync-all
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 2
          replication:
            mode: sync-all
    "},
    checks: &[Check::Cluster(check)],
})
.limitations(
    "The coordinator of an SGShardedCluster is left out: sync-all is what the operator itself puts there.",
);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let is_alone = (cluster.mode(), cluster.instances()) == (Some(Mode::SyncAll), Some(1));
    if is_alone && cluster.part != Part::Coordinator {
        problems
            .at(
                &cluster.instances,
                "sync-all with 1 instance has no standby to wait for: the cluster runs asynchronous",
            )
            .help("set it to 2 or more, or choose mode: async")
            .see(&cluster.mode, "waits for the standbys that are there");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn a_single_instance_is_too_few_but_in_a_coordinator() {
        cluster("{instances: 1, replication: {mode: sync-all}}").raises(&RULE, &["spec.instances"]);
        cluster("{instances: 2, replication: {mode: sync-all}}").raises(&RULE, &[]);
        cluster("{instances: 0, replication: {mode: sync-all}}").raises(&RULE, &[]);
        sharded("{coordinator: {instances: 1}, workers: {clusters: 1, instancesPerCluster: 1, replication: {mode: sync-all}}}")
            .raises(&RULE, &["spec.workers.instancesPerCluster"]);
    }
}
