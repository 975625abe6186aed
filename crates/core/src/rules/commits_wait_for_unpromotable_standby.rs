//! Commits wait for pods that can never take over.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Group},
    replication::Role,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "commits-wait-for-unpromotable-standby",
    severity: Severity::Warning,
    summary: "commits wait for standbys that are never promoted",
    rationale: "The operator never sets Patroni's tag nosync, so pods of role readonly and none are \
        synchronous standbys like any other. In the -all modes every commit waits for them. In sync and \
        strict-sync it does so where there are fewer promotable standbys than syncInstances. Then a slow \
        reporting replica slows every write, and adds nothing to failover in return.",
    fix: "Choose sync or strict-sync with a syncInstances no larger than the number of promotable standbys, \
        or accept the wait.",
    reference: "patroni/postgresql/sync.py: members tagged nofailover are candidates for synchronous \
        standbys, after all others. Only nosync would leave them out, and StackGres sets it nowhere.",
    links: &[
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
        "https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/postgresql/sync.py#L232",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 4
              replication:
                mode: strict-sync-all
                groups:
                  - role: readonly
                    instances: 1
        "},
        &["spec.replication.groups[0].role"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          replication:
            mode: strict-sync
            syncInstances: 2
            groups:
              - role: readonly
                instances: 1
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "A standby tagged nofailover becomes synchronous like any other, and is awaited only after those \
        that may be promoted.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(mode), Some(topology)) = (cluster.mode(), cluster.topology()) else { return };
    let (instances, promotable) = (topology.instances(), topology.count(Role::is_promotable));
    // Without any promotable standby there is no failover at all, which another rule tells.
    if instances < 2 || promotable <= 1 || !mode.is_synchronous() {
        return;
    }
    let is_beyond = |count: &i64| promotable - 1 < *count && *count < instances;
    let count = if mode.is_all() { None } else { cluster.sync_instances().filter(is_beyond) };
    let waits = mode.is_all() || count.is_some();
    let unpromotable = |group: &&Group<'a>| group.role().is_some_and(|role| !role.is_promotable());
    if let Some(group) = cluster.groups().iter().find(unpromotable).filter(|_| waits) {
        let pods = instances - promotable;
        let awaited = count.map_or(pods, |count| count - (promotable - 1));
        let which = match (awaited, pods) {
            (1, 1) => "1 pod of role readonly or none, which is".to_owned(),
            _ if awaited == pods => format!("{pods} pods of role readonly or none, which are"),
            _ => format!("{awaited} of {pods} pods of role readonly or none, which are"),
        };
        let problem = problems.at(&group.role_field(), format!("commits wait for {which} never promoted"));
        problem.help(format!(
            "use sync or strict-sync with syncInstances: {} or less, or role: ha-read",
            promotable - 1
        ));
        match count {
            None => problem.see(&cluster.mode, "counts every standby, whatever its role"),
            Some(_) => {
                problem.see(&cluster.sync_instances, "more than there are standbys that can be promoted")
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated};

    #[test]
    fn it_says_for_how_many_of_them_a_commit_waits() {
        for (replication, words) in [
            (
                "{mode: sync, syncInstances: 3}",
                "commits wait for 1 of 3 pods of role readonly or none, which are never",
            ),
            ("{mode: sync, syncInstances: 4}", "commits wait for 2 of 3 pods"),
            ("{mode: sync, syncInstances: 5}", "commits wait for 3 pods"),
            ("{mode: sync-all}", "commits wait for 3 pods"),
        ] {
            cluster("{instances: 6}")
                .set("spec.replication", replication)
                .set("spec.replication.groups", "[{role: readonly, instances: 3}]")
                .says(&RULE, words);
        }
    }

    #[test]
    fn pods_that_cannot_take_over_are_waited_for() {
        let at = &["spec.replication.groups[0].role"][..];
        let readonly = "[{role: readonly, instances: 1}]";
        for (n, mode, count, groups, at) in [
            (4, "strict-sync-all", "null", readonly, at),
            (4, "sync-all", "null", "[{role: none, instances: 2}]", at),
            (4, "sync", "2", readonly, &[][..]),
            (4, "sync", "3", readonly, at),
            (4, "strict-sync", "4", readonly, &[]),
            (4, "async", "1", readonly, &[]),
            (3, "strict-sync-all", "null", "[{role: readonly, instances: 2}]", &[]),
            (4, "strict-sync-all", "null", "[{role: ha, instances: 1}]", &[]),
            (4, "sync", "x", readonly, &[]),
        ] {
            replicated(n, mode)
                .set("spec.replication.syncInstances", count)
                .set("spec.replication.groups", groups)
                .raises(&RULE, at);
        }
    }
}
