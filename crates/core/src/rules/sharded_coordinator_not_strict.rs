//! A strict root mode that the coordinator of an SGShardedCluster never hears of.

use indoc::indoc;

use crate::{
    cluster::Sharded,
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-coordinator-not-strict",
    severity: Severity::Warning,
    summary: "the root mode of an SGShardedCluster is strict, and its coordinator is not",
    rationale: "The field spec.replication looks like the setting of the whole cluster. But where the \
        coordinator has no replication of its own, the operator gives it sync-all. So the workers become \
        strict and the coordinator does not. The coordinator holds the metadata that says which worker has \
        which rows. Losing its last commit can make data unreachable that every worker has kept twice.",
    fix: "Set spec.coordinator.replication.mode to the strict mode as well.",
    reference: "StackGres operator: an absent or empty spec.coordinator.replication becomes mode sync-all; \
        the root's is used by workers only.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/",
        "https://stackgres.io/doc/latest/administration/replication/modes/",
    ],
    bad: Example::sharded(
        indoc! {"
            spec:
              replication:
                mode: strict-sync-all
              coordinator:
                instances: 3
              workers:
                clusters: 2
                instancesPerCluster: 3
        "},
        &["spec.coordinator.replication.mode"],
    ),
    good: indoc! {"
        spec:
          replication:
            mode: strict-sync-all
          coordinator:
            instances: 3
            replication:
              mode: strict-sync-all
          workers:
            clusters: 2
            instancesPerCluster: 3
    "},
    checks: &[Check::Sharded(check)],
});

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let Some(root) = sharded.root() else { return };
    let strict = root.mode().text().and_then(Mode::named).filter(|mode| mode.is_strict());
    let coordinator = sharded.coordinator().filter(|coordinator| !coordinator.is_stopped());
    let (Some(strict), Some(coordinator)) = (strict, coordinator) else { return };
    let Some(mode) = coordinator.mode().filter(|mode| !mode.is_strict()) else { return };
    let origin = if coordinator.mode.is_absent() { ", the operator's default" } else { "" };
    problems
        .at(
            &coordinator.mode,
            format!(
                "the root mode {} never reaches the coordinator, which runs {}{origin}",
                strict.name(),
                mode.name()
            ),
        )
        .help(format!("set spec.coordinator.replication.mode: {}", strict.name()))
        .see(&root.mode(), "reaches workers at most, never the coordinator");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn a_strict_root_needs_a_strict_coordinator() {
        const AT: &[&str] = &["spec.coordinator.replication.mode"];
        for (root, coordinator, at) in [
            ("{mode: strict-sync-all}", "{instances: 3}", AT),
            ("{mode: strict-sync, syncInstances: 1}", "{instances: 3, replication: {}}", AT),
            ("{mode: strict-sync-all}", "{instances: 3, replication: {mode: sync, syncInstances: 1}}", AT),
            ("{mode: strict-sync-all}", "{instances: 1, replication: {mode: async}}", AT),
            ("{mode: strict-sync-all}", "{replication: null}", AT),
            ("{mode: strict-sync-all}", "{instances: 3, replication: {mode: strict-sync-all}}", &[]),
            ("{mode: strict-sync-all}", "{instances: 3, replication: {mode: strict}}", &[]),
            ("{mode: strict-sync-all}", "{instances: 0}", &[]),
            ("{mode: sync-all}", "{instances: 3}", &[]),
            ("{mode: Strict-Sync}", "{instances: 3}", &[]),
            ("{}", "{instances: 3}", &[]),
            ("null", "{instances: 3}", &[]),
        ] {
            sharded("{workers: {clusters: 2, instancesPerCluster: 3}}")
                .set("spec.replication", root)
                .set("spec.coordinator", coordinator)
                .raises(&RULE, at);
        }
        sharded("{replication: {mode: strict-sync}}").raises(&RULE, AT);
    }

    #[test]
    fn strict_workers_ask_nothing_of_the_coordinator() {
        let spec = "{coordinator: {instances: 3}, workers: {clusters: 2, instancesPerCluster: 3, \
            replication: {mode: strict-sync-all}}}";
        sharded(spec).raises(&RULE, &[]);
    }
}
