//! More synchronous standbys are asked for than there can be.

use indoc::indoc;

use crate::{
    cluster::{Child, Cluster, Field, Overriding, Part, Sharded},
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sync-instances-not-below-instances",
    severity: Severity::Error,
    summary: "sync or strict-sync asks for as many standbys as there are instances, or more",
    rationale: "One of n instances is the leader, so at most n - 1 can be standbys. The operator refuses a \
        larger syncInstances, although Patroni takes it for a maximum and would go on with the standbys \
        that are there. In an SGShardedCluster the root's value must be below the instances of the \
        coordinator, of the workers and of every override. That holds even where these have a replication \
        of their own.",
    fix: "Lower syncInstances below the number of instances, or add instances.",
    reference: "StackGres operator: its validating webhooks of SGCluster and SGShardedCluster.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-replication-factor",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync
                syncInstances: 3
        "},
        &["spec.replication.syncInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 2
    "},
    checks: &[Check::Cluster(check), Check::Sharded(check_sharded)],
})
.operator_denies();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    if cluster.part == Part::Whole {
        judge(cluster, problems);
    }
}

/// Stopped parts are judged too: the operator does not exempt them. What an override inherits, it does not look at.
fn check_sharded<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let own = |part: &&Cluster<'a>| match part.part {
        Part::Override(_, position) => {
            let own = sharded.overrides().iter().find(|it| it.position == position);
            own.is_some_and(|it| it.is_at(&part.sync_instances) && it.is_at(&part.instances))
        }
        Part::Whole | Part::Coordinator | Part::Plain(_) => true,
    };
    let written = |part: &&Cluster<'a>| !part.sync_instances.is_absent();
    sharded.parts().iter().filter(written).filter(own).for_each(|part| judge(part, problems));
    check_root(sharded, problems);
}

fn judge<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(mode), Some(count), Some(instances)) =
        (cluster.mode(), cluster.sync_instances(), cluster.instances())
    else {
        return;
    };
    if !mode.is_counted() || count < instances {
        return;
    }
    let message = format!(
        "{} waits for {count} synchronous standby{}, and {instances} instance{} can have at most {}",
        mode.name(),
        if count == 1 { "" } else { "s" },
        if instances == 1 { "" } else { "s" },
        (instances - 1).max(0)
    );
    // The path is the same whether somebody wrote the count or it is filled in: ratcheting compares paths.
    let help = if cluster.sync_instances.is_absent() {
        "set instances to 2 or more, better 3, or choose mode: async".to_owned()
    } else if instances >= 2 {
        format!("set it to {} or less, or instances to {} or more", instances - 1, count.saturating_add(1))
    } else {
        format!("set instances to {} or more, or choose mode: async", count.saturating_add(1))
    };
    problems
        .at(&cluster.sync_instances, message)
        .help(help)
        .see(&cluster.instances, "must be above syncInstances");
}

/// Parity: the operator holds the root's count against every part, whether the part takes it or not.
fn check_root<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let Some(root) = sharded.root() else { return };
    let counted = root.mode().text().and_then(Mode::named).is_some_and(Mode::is_counted);
    let Some(count) = root.sync_instances().integer().filter(|count| counted && *count >= 1) else { return };
    let smallest = compared_with_the_root(sharded).filter_map(|field| Some((field.integer()?, field)));
    let smallest = smallest.filter(|(instances, _)| *instances >= 0).min_by_key(|(instances, _)| *instances);
    if let Some((instances, field)) = smallest.filter(|(instances, _)| count >= *instances) {
        let message = format!(
            "the root's syncInstances is {count}, which must be below the instances of every part, and one has {instances}"
        );
        problems
            .at(&root.sync_instances(), message)
            .help("lower it, raise those instances, or write the replication at coordinator and workers only")
            .see(&field, "has too few instances for it");
    }
}

/// The numbers of instances that the operator compares: those of every override that is for some number, whatever its type.
fn compared_with_the_root<'a>(sharded: &Sharded<'a>) -> impl Iterator<Item = Field<'a>> {
    let plain = sharded
        .parts()
        .iter()
        .filter(|part| matches!(part.part, Part::Coordinator | Part::Plain(Child::Worker)));
    let overrides = sharded.overrides().iter().filter(|it| !it.ranges.is_empty());
    let overrides = overrides.map(Overriding::instances_per_cluster).filter(|field| !field.is_absent());
    plain.map(|part| part.instances).chain(overrides)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn the_count_must_be_below_the_instances() {
        let at = &["spec.replication.syncInstances"][..];
        for (spec, at) in [
            ("{instances: 3, replication: {mode: sync, syncInstances: 2}}", &[][..]),
            ("{instances: 3, replication: {mode: sync, syncInstances: 3}}", at),
            ("{instances: 3.0, replication: {mode: strict-sync, syncInstances: 4}}", at),
            ("{instances: 1, replication: {mode: sync, syncInstances: 2147483647}}", at),
            ("{instances: 1, replication: {mode: strict-sync, syncInstances: 1}}", at),
            ("{instances: 1, replication: {mode: sync}}", at),
            ("{instances: 3, replication: {mode: sync-all, syncInstances: 9}}", &[]),
            ("{instances: 1, replication: {mode: async, syncInstances: 9}}", &[]),
            ("{instances: 0, replication: {mode: sync, syncInstances: 2}}", &[]),
            ("{instances: '3', replication: {mode: sync, syncInstances: 3}}", &[]),
        ] {
            cluster(spec).raises(&RULE, at);
        }
    }

    #[test]
    fn the_root_of_a_sharded_cluster_is_held_against_every_part() {
        for (coordinator, at) in
            [(1, &["spec.replication.syncInstances"][..]), (0, &["spec.replication.syncInstances"]), (2, &[])]
        {
            sharded(
                "{replication: {mode: sync, syncInstances: 1}, \
                workers: {clusters: 2, instancesPerCluster: 3, replication: {mode: async}}}",
            )
            .set("spec.coordinator.instances", coordinator)
            .raises(&RULE, at);
        }
    }

    #[test]
    fn a_part_is_held_against_its_own_count() {
        sharded("{coordinator: {instances: 3, replication: {mode: sync, syncInstances: 3}}, \
                 workers: {clusters: 2, instancesPerCluster: 0, replication: {mode: sync, syncInstances: 1}, \
                 overrides: [{index: 0, instancesPerCluster: 2, replication: {mode: strict-sync, syncInstances: 2}}]}}")
        .raises(
            &RULE,
            &[
                "spec.coordinator.replication.syncInstances",
                "spec.workers.replication.syncInstances",
                "spec.workers.overrides[0].replication.syncInstances",
            ],
        );
    }
}
