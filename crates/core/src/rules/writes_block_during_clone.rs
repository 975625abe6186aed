//! The first standby of a strict mode: writes hang until its clone is done, those of a new cluster's own scripts, too.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Part},
    rule::{Change, Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "writes-block-during-clone",
    severity: Severity::Warning,
    summary: "the first standby of a strict mode blocks writes for as long as its clone takes",
    rationale: "A strict mode lets no commit through without a second copy. That holds as soon as the \
        manifest is changed, not when the standby is ready. With one instance strict-sync-all is switched \
        off, and with the second one it is switched on. Until the new pod has cloned the whole data \
        directory and streams, nobody can acknowledge a commit, and every write on the running primary \
        hangs. For a large database that is an outage of hours, started by kubectl scale. A new strict \
        cluster that restores a backup or runs managed SQL waits in the same way before its first standby \
        is there: the first CREATE ROLE hangs.",
    fix: "Add the standby in a mode that does not wait (async or sync-all). Change to the strict mode when \
        patronictl list shows it streaming.",
    reference: "StackGres operator: when it switches strict synchronous mode on.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode",
        "https://stackgres.io/doc/latest/administration/replication/modes/strict-sync-all/",
    ],
    bad: Example::change(
        indoc! {"
            spec:
              instances: 1
              replication:
                mode: async
        "},
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: strict-sync-all
        "},
        &["spec.replication.mode"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync-all
    "},
    checks: &[Check::Change(check), Check::ClusterUnless(check_first_work, |_| true)],
})
.limitations("How large the database is, and so how long the clone takes, cannot be seen.")
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "Commits hang from the change to strict-sync-all until the first standby is cloned and streams. \
        CREATE ROLE in a new strict cluster waits in the same way.",
}]);

fn check<'a>(change: &Change<'_, 'a>, problems: &mut Problems<'a>) {
    let (now, before) = (change.now, change.before);
    let Some(instances) = now.instances().filter(|instances| *instances >= 2) else { return };
    let Some(mode) = now.mode().filter(|mode| mode.is_strict()) else { return };
    if before.instances() != Some(1) {
        return;
    }
    let mode_is_new = before.mode() != now.mode();
    let (cause, other) = if mode_is_new { (&now.mode, &now.instances) } else { (&now.instances, &now.mode) };
    problems
        .at(
            cause,
            format!(
                "from 1 instance to {instances} in {}, every write hangs until the first new \
                 standby has been cloned and streams",
                mode.name()
            ),
        )
        .help(format!(
            "add the standbys in async or sync-all, and set {} when one of them streams",
            mode.name()
        ))
        .see(other, if mode_is_new { "adds the first standby" } else { "makes commits wait for it" });
}

/// A cluster that is new; every way in which one that is stored came about excuses it.
fn check_first_work<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_strict()) else { return };
    if cluster.instances().is_none_or(|instances| instances < 2) || cluster.part != Part::Whole {
        return;
    }
    let Some(work) = cluster.first_work().filter(|_| !cluster.follows_another()) else { return };
    let what =
        if work.path().name() == "restore" { "a restored cluster's first writes" } else { "managed SQL" };
    problems
        .at(
            &work,
            format!("in {}, {what} hang until the first standby has been cloned and streams", mode.name()),
        )
        .help(format!(
            "create the cluster in async or sync-all, and set {} when a standby streams",
            mode.name()
        ))
        .see(&cluster.mode, "makes every write wait for a standby");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated, sharded};

    #[test]
    fn the_first_standby_of_strict_sync_all_is_the_one_that_blocks() {
        for (before, now, at) in [
            (("1", "strict-sync-all"), ("2", "strict-sync-all"), &["spec.instances"][..]),
            (("1", "strict-sync-all"), ("2147483647", "strict-sync-all"), &["spec.instances"]),
            (("1.0", "async"), ("3", "strict-sync-all"), &["spec.replication.mode"]),
            (("1", "sinc"), ("3", "strict-sync-all"), &["spec.replication.mode"]),
            (("2", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("2", "async"), ("2", "strict-sync-all"), &[]),
            (("1", "async"), ("1", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("3", "sync-all"), &[]),
            (("1", "strict-sync-all"), ("3", "strict-sync"), &["spec.replication.mode"]),
            (("1", "async"), ("2", "strict-sync"), &["spec.replication.mode"]),
            (("0", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("0", "strict-sync-all"), &[]),
            (("'1'", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("three", "strict-sync-all"), &[]),
        ] {
            replicated(now.0, now.1).after(replicated(before.0, before.1)).raises(&RULE, at);
        }
        replicated(3, "strict-sync-all").raises(&RULE, &[]);
    }

    #[test]
    fn a_new_strict_cluster_has_nobody_who_could_acknowledge_its_first_writes() {
        for (spec, at) in [
            (
                "{instances: 3, managedSql: {scripts: [{script: a}]}, replication: {mode: strict-sync-all}}",
                &["spec.managedSql"][..],
            ),
            (
                "{instances: 3, initialData: {restore: {fromBackup: {}}}, replication: {mode: strict-sync}}",
                &["spec.initialData.restore"],
            ),
            (
                "{instances: 3, managedSql: {scripts: [{id: 0, sgScript: demo-default}]}, replication: {mode: strict-sync}}",
                &[],
            ),
            ("{instances: 3, initialData: {scripts: []}, replication: {mode: strict-sync}}", &[]),
            ("{instances: 3, managedSql: {scripts: [{script: a}]}, replication: {mode: sync-all}}", &[]),
            (
                "{instances: 1, managedSql: {scripts: [{script: a}]}, replication: {mode: strict-sync-all}}",
                &[],
            ),
            (
                "{instances: 3, managedSql: {scripts: [{script: a}]}, replicateFrom: {instance: {sgCluster: a}}, replication: {mode: strict-sync-all}}",
                &[],
            ),
        ] {
            cluster(spec).raises(&RULE, at);
            cluster(spec).after(cluster(spec)).raises(&RULE, &[]);
        }
    }

    #[test]
    fn the_workers_grow_by_themselves() {
        let of = |instances| {
            sharded("{replication: {mode: strict-sync-all}, workers: {clusters: 2}}")
                .set("spec.coordinator.instances", instances)
                .set("spec.workers.instancesPerCluster", instances)
        };
        of(3).after(of(1)).raises(&RULE, &["spec.workers.instancesPerCluster"]);
    }
}
