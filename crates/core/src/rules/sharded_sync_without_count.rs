//! `sync` or `strict-sync` without `syncInstances` in an SGShardedCluster, where nobody fills it in.

use indoc::indoc;

use crate::{
    cluster::Sharded,
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-sync-without-count",
    severity: Severity::Error,
    summary: "sync or strict-sync without syncInstances in an SGShardedCluster",
    rationale: "In an SGCluster the operator takes an absent syncInstances for 1. In an SGShardedCluster it \
        does not, whatever the description of the field says, and it refuses the object. Replication \
        objects are not merged either: one that names a mode has to name the number as well, even where an \
        outer one has it.",
    fix: "Write syncInstances beside the mode, at least 1 and below the number of instances.",
    reference: "StackGres operator: webhook of SGShardedCluster, which denies it at the root, the \
        coordinator, the workers and each override.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example::sharded(
        indoc! {"
            spec:
              replication:
                mode: sync
              coordinator:
                instances: 3
              workers:
                clusters: 2
                instancesPerCluster: 3
        "},
        &["spec.replication.syncInstances"],
    ),
    good: indoc! {"
        spec:
          replication:
            mode: sync
            syncInstances: 1
          coordinator:
            instances: 3
          workers:
            clusters: 2
            instancesPerCluster: 3
    "},
    checks: &[Check::Sharded(check)],
})
.operator_denies();

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    for written in sharded.written() {
        let (mode, count) = (written.mode(), written.sync_instances());
        let counted = mode.text().and_then(Mode::named).filter(|mode| mode.is_counted());
        // Beside a field that nobody knows it may have another name.
        let is_missing = count.is_absent() && written.replication.unknown.is_empty();
        let Some(counted) = counted.filter(|_| is_missing) else { continue };
        problems
            .at(
                &count,
                format!(
                    "mode {} needs syncInstances beside it: in an SGShardedCluster the operator fills in no \
                     number, and refuses the object",
                    counted.name()
                ),
            )
            .help("add syncInstances: 1, or more, below the number of instances")
            .see(&mode, "waits for a number of standbys");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn the_number_is_needed_wherever_a_counted_mode_is_written() {
        for (spec, at) in [
            ("{replication: {mode: sync}}", &["spec.replication.syncInstances"][..]),
            ("{replication: {mode: strict-sync, syncInstances: null}}", &["spec.replication.syncInstances"]),
            (
                "{replication: {mode: sync, syncInstances: 1}, \
                 coordinator: {instances: 0, replication: {mode: sync}}, \
                 workers: {replication: {mode: strict-sync}, overrides: [{}, {replication: {mode: sync}}]}}",
                &[
                    "spec.coordinator.replication.syncInstances",
                    "spec.workers.replication.syncInstances",
                    "spec.workers.overrides[1].replication.syncInstances",
                ],
            ),
            ("{replication: {mode: sync, syncInstances: none}}", &[]),
            ("{replication: {mode: sync-all}, workers: {replication: {mode: async}}}", &[]),
            ("{replication: {mode: snyc}, coordinator: {replication: {}}}", &[]),
            ("{}", &[]),
        ] {
            sharded(spec).raises(&RULE, at);
        }
    }
}
