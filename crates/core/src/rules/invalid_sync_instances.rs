//! A number of synchronous standbys that is not one, in any mode.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field, Sharded},
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-sync-instances",
    severity: Severity::Error,
    summary: "syncInstances is present and not an integer of at least 1",
    rationale: "The operator checks the value in every mode, even where it has no effect, and even where \
        the cluster is stopped. 0 is no way to wait for nobody: a cluster that waits for no standby has the \
        mode async.",
    fix: "Write a whole number of at least 1, or leave it out.",
    reference: "StackGres operator: its validating webhook and the minimum of the CRD.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync
                syncInstances: 0
        "},
        &["spec.replication.syncInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 1
    "},
    checks: &[Check::Cluster(check), Check::Sharded(check_written)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    judge(&cluster.sync_instances, problems);
}

/// A value that no part takes is still read by the operator.
fn check_written<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    for written in sharded.written() {
        judge(&written.sync_instances(), problems);
    }
}

fn judge<'a>(count: &Field<'a>, problems: &mut Problems<'a>) {
    let is_valid = count.integer().is_some_and(|count| count >= 1);
    if !count.is_absent() && !is_valid {
        problems.at(count, format!("syncInstances {}", is_not(count, "a whole number of at least 1")));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{replicated, sharded};

    #[test]
    fn sync_instances_are_a_whole_number_of_at_least_1_in_every_mode() {
        let at = &["spec.replication.syncInstances"][..];
        for (count, at) in [
            ("1", &[][..]),
            ("1.0", &[]),
            ("null", &[]),
            ("0", at),
            ("-1", at),
            ("1.5", at),
            ("two", at),
            ("'1'", at),
            ("[]", at),
        ] {
            for (n, mode) in [(3, "sync"), (3, "async"), (3, "strict-sync-all"), (0, "sync")] {
                replicated(n, mode).set("spec.replication.syncInstances", count).raises(&RULE, at);
            }
        }
    }

    #[test]
    fn every_value_of_a_sharded_cluster_counts() {
        sharded(
            "{coordinator: {instances: 2}, replication: {mode: sync, syncInstances: 0}, \
                 workers: {clusters: 2, instancesPerCluster: 2, replication: {mode: async}}}",
        )
        .raises(&RULE, &["spec.replication.syncInstances"]);
    }
}
