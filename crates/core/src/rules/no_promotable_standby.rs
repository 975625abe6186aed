//! Every standby is one that is never promoted.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    replication::Role,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "no-promotable-standby",
    severity: Severity::Warning,
    summary: "no standby may be promoted, so the loss of the primary is the loss of the service",
    rationale: "The roles readonly and none become Patroni's tag nofailover. Where every pod but one has \
        it, each synchronous standby holds every acknowledged commit and none may take over. After the loss \
        of the leader nobody leads until it is back. Nothing is lost, and nothing works.",
    fix: "Give at least one standby the role ha-read or ha, better two.",
    reference: "Patroni: members tagged nofailover take no part in the leader race.",
    links: &[
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
        "https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync
                groups:
                  - role: readonly
                    instances: 2
        "},
        &["spec.replication.groups"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          replication:
            mode: sync
            groups:
              - role: readonly
                instances: 2
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "With every standby tagged nofailover nobody leads after the loss of the leader, nor after \
        patronictl failover to such a standby.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(mode), Some(topology)) = (cluster.mode(), cluster.topology()) else { return };
    if mode.is_synchronous() && topology.instances() >= 2 && topology.count(Role::is_promotable) == 1 {
        let standbys = topology.instances() - 1;
        let message = format!(
            "{} standby{} nofailover (readonly, none): when the primary is lost, nobody is promoted",
            if standbys == 1 { "the one".to_owned() } else { format!("all {standbys}") },
            if standbys == 1 { " is" } else { "s are" },
        );
        problems
            .at_path(cluster.groups_place().path(), message)
            .help("give a group the role ha-read or ha, or raise instances for another main pod");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::replicated;

    #[test]
    fn a_standby_that_can_be_promoted_is_enough() {
        let at = &["spec.replication.groups"][..];
        for (n, mode, groups, at) in [
            (3, "strict-sync-all", "[{role: readonly, instances: 2}]", at),
            (3, "sync", "[{role: readonly, instances: 1}, {role: none, instances: 1}]", at),
            (2, "sync", "[{role: none, instances: 1}]", at),
            (4, "strict-sync-all", "[{role: readonly, instances: 2}]", &[][..]),
            (3, "sync", "[{role: ha, instances: 1}, {role: none, instances: 1}]", &[]),
            (3, "async", "[{role: readonly, instances: 2}]", &[]),
            (1, "strict-sync-all", "[]", &[]),
            (3, "sync", "[{role: x, instances: 2}]", &[]),
        ] {
            replicated(n, mode).set("spec.replication.groups", groups).raises(&RULE, at);
        }
    }
}
