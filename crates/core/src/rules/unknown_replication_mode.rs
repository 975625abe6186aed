//! A mode that is none of the five: the operator refuses it, and a wrong case is enough.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field, Sharded},
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not, one_of},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unknown-replication-mode",
    severity: Severity::Error,
    summary: "replication.mode is none of async, sync, strict-sync, sync-all, strict-sync-all",
    rationale: "The CRD has no enum for the mode, so only the operator stands between a typing error and a \
        stored cluster. It compares exactly: Sync, SYNC and an empty string are unknown. null counts as \
        absent and becomes async. An exception are the workers and overrides of an SGShardedCluster that is \
        written as v1alpha1 to StackGres 1.19. That version has no schema, so nobody fills the mode in.",
    fix: "Write one of async, sync, strict-sync, sync-all or strict-sync-all.",
    reference: "StackGres operator: its validating webhook compares the mode with the five names, case and \
        all.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://stackgres.io/doc/latest/administration/replication/modes/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: strict_sync_all
        "},
        &["spec.replication.mode"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: strict-sync-all
    "},
    checks: &[Check::Cluster(check), Check::Sharded(check_written)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    judge(&cluster.mode, problems);
}

/// A mode that no part takes is still read by the operator.
fn check_written<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    for written in sharded.written() {
        let mode = written.mode();
        judge(&mode, problems);
        let may_be_renamed = !written.replication.unknown.is_empty();
        if mode.is_absent() && !may_be_renamed && !sharded.fills_in_mode(&written) {
            problems
                .at(&mode, "the replication mode is missing, and in a v1alpha1 object nobody fills it in")
                .help("write a mode, or apiVersion: stackgres.io/v1beta1");
        }
    }
}

fn judge<'a>(mode: &Field<'a>, problems: &mut Problems<'a>) {
    let text = mode.text().unwrap_or_default();
    if mode.is_absent() || Mode::named(text).is_some() {
        return;
    }
    let names = Mode::ALL.map(Mode::name);
    let problem = problems.at(mode, format!("the replication mode {}", is_not(mode, &one_of(&names))));
    problem.offer_name("mode", text, &names);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated, sharded};

    #[test]
    fn workers_of_a_version_without_a_schema_need_a_mode() {
        let spec = "{replication: {}, coordinator: {replication: {}}, workers: {replication: {}, overrides: \
            [{index: 0, replication: {initialization: {}}}, {index: 1, replication: {mode: sync-all}}, \
            {index: 2, replication: {kind: sync}}]}}";
        let at = ["spec.workers.replication.mode", "spec.workers.overrides[0].replication.mode"];
        sharded(spec).set("apiVersion", "stackgres.io/v1alpha1").raises(&RULE, &at);
        sharded(spec).set("apiVersion", "stackgres.io/v1beta1").raises(&RULE, &[]);
        // Those are stored by StackGres 1.18, whose v1alpha1 has a schema.
        sharded(&spec.replace("workers", "shards"))
            .set("apiVersion", "stackgres.io/v1alpha1")
            .raises(&RULE, &[]);
    }

    #[test]
    fn only_the_five_names_are_modes() {
        for (mode, at) in [
            ("Sync", &["spec.replication.mode"][..]),
            ("''", &["spec.replication.mode"]),
            ("' sync'", &["spec.replication.mode"]),
            ("quorum", &["spec.replication.mode"]),
            ("true", &["spec.replication.mode"]),
            ("[sync]", &["spec.replication.mode"]),
            ("null", &[]),
            ("strict-sync", &[]),
        ] {
            replicated(3, mode).raises(&RULE, at);
        }
        cluster("{instances: 0, replication: {mode: SYNC}}").raises(&RULE, &["spec.replication.mode"]);
        cluster("{instances: 3, replication: {mode: sync-al}}").says(&RULE, "did you mean mode: sync-all?");
        cluster("{instances: 3, replication: {mode: '${MODE}'}}")
            .says(&RULE, "a variable that nothing has replaced");
    }

    #[test]
    fn every_mode_of_a_sharded_cluster_counts_even_one_that_no_part_takes() {
        sharded(
            "{coordinator: {instances: 2}, replication: {mode: x}, \
                 workers: {clusters: 2, instancesPerCluster: 2, replication: {mode: async}}}",
        )
        .raises(&RULE, &["spec.replication.mode"]);
        sharded("{coordinator: {instances: 2, replication: {mode: quorum}}, workers: {clusters: 2, instancesPerCluster: 2}}")
            .raises(&RULE, &["spec.coordinator.replication.mode"]);
    }
}
