//! A `syncInstances` that says one thing while another is in effect.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Part},
    replication::Mode,
    rule::{Change, Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "ignored-sync-instances",
    severity: Severity::Warning,
    summary: "syncInstances has no effect in this mode",
    rationale: "The -all modes wait for every standby that is there, n - 1 at most, whatever syncInstances \
        says. The mode async waits for none. The manifest tells its readers something that is not so, and a \
        later change to sync or strict-sync would suddenly make it true. In async a value of 1 is not \
        reported, since many tools write it everywhere.",
    fix: "In the -all modes leave it out or write instances - 1; in async leave it out.",
    reference: "StackGres operator: synchronous_node_count is instances - 1 in the -all modes, and absent \
        in async.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://stackgres.io/doc/latest/administration/replication/modes/sync-all/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 6
              replication:
                mode: sync-all
                syncInstances: 1
        "},
        &["spec.replication.syncInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 6
          replication:
            mode: sync-all
            syncInstances: 5
    "},
    checks: &[Check::ClusterUnless(check, was_kept)],
});

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(mode), Some(count), Some(instances)) =
        (cluster.mode(), cluster.written_sync_instances(), cluster.instances())
    else {
        return;
    };
    if mode.is_all() && instances >= 2 && count != instances - 1 {
        let effective = instances - 1;
        let problem = problems
            .at(
                &cluster.sync_instances,
                format!("{} ignores syncInstances: {count}; {effective} is in effect", mode.name()),
            )
            .see(&cluster.mode, "waits for every standby that is there");
        if cluster.part == Part::Whole {
            problem
                .help(format!(
                    "remove it or write {effective} (it may be a derived value that a /scale left behind)"
                ))
                .suggest(effective);
        } else {
            // Parts of other sizes may share the value, and none would be right for all of them.
            problem.help("remove it");
        }
    } else if mode == Mode::Async && count >= 2 {
        problems
            .at(
                &cluster.sync_instances,
                format!("async ignores syncInstances: {count}; commits wait for no standby"),
            )
            .help(format!("remove it, or choose mode: sync or strict-sync to wait for {count}"));
    }
}

/// A value that was there before, in an -all mode that ignored it too, is nobody's news.
fn was_kept(change: &Change<'_, '_>) -> bool {
    let before = change.before;
    before.mode().is_some_and(Mode::is_all)
        && before.written_sync_instances().is_some()
        && before.written_sync_instances() == change.now.written_sync_instances()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated, sharded};

    #[test]
    fn of_workers_that_share_a_value_and_differ_in_size_none_says_what_to_write() {
        let spec = "{replication: {mode: sync-all, syncInstances: 9}, coordinator: {instances: 2}, \
            workers: {clusters: 2, instancesPerCluster: 3, overrides: [{index: 0, instancesPerCluster: 5}]}}";
        sharded(spec).says(&RULE, "| remove it");
    }

    #[test]
    fn a_value_without_effect_is_told() {
        let at = &["spec.replication.syncInstances"][..];
        for (n, mode, count, at) in [
            (6, "strict-sync-all", "1", at),
            (6, "strict-sync-all", "5", &[][..]),
            (6, "sync-all", "6", at),
            (2, "sync-all", "1", &[]),
            (1, "sync-all", "3", &[]),
            (3, "async", "1", &[]),
            (3, "async", "2", at),
            (1, "async", "2", at),
            (3, "sync", "2", &[]),
            (6, "sync-all", "x", &[]),
            (0, "sync-all", "3", &[]),
        ] {
            replicated(n, mode).set("spec.replication.syncInstances", count).raises(&RULE, at);
        }
    }

    #[test]
    fn a_value_that_an_all_mode_ignored_before_is_no_news() {
        let now = "{instances: 4, replication: {mode: strict-sync-all, syncInstances: 1}}";
        for (before, at) in [
            ("{instances: 6, replication: {mode: sync-all, syncInstances: 1}}", &[][..]),
            (
                "{instances: 6, replication: {mode: sync-all, syncInstances: 2}}",
                &["spec.replication.syncInstances"],
            ),
            (
                "{instances: 6, replication: {mode: sync, syncInstances: 1}}",
                &["spec.replication.syncInstances"],
            ),
        ] {
            cluster(now).after(cluster(before)).raises(&RULE, at);
        }
    }
}
