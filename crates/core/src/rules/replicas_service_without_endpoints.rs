//! The service for reads selects nobody.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    replication::Role,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "replicas-service-without-endpoints",
    severity: Severity::Warning,
    summary: "no pod serves reads, so the service NAME-replicas has no endpoints",
    rationale: "The service NAME-replicas selects replicas that are not tagged noloadbalance: pods of role \
        ha-read and readonly. Where all pods are ha or none, connections to it are refused, even while \
        everything is healthy.",
    fix: "Give some pods the role ha-read or readonly, or switch the service off with \
        postgresServices.replicas.enabled: false.",
    reference: "StackGres operator: roles ha and none become Patroni's tag noloadbalance, which the service \
        leaves out.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecpostgresservicesreplicas",
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                role: ha
        "},
        &["spec.replication.role"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            role: ha
            groups:
              - role: readonly
                instances: 1
    "},
    checks: &[Check::Cluster(check)],
});

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(topology) = cluster.topology().filter(|_| !cluster.replicas_service_is_off()) else { return };
    if topology.instances() >= 2 && topology.count(Role::serves_reads) == 0 {
        problems
            .at(&cluster.role, "no pod has a role that serves reads (ha-read, readonly): the service for replicas has no endpoints")
            .help("write role: ha-read, add a readonly group, or set postgresServices.replicas.enabled: false");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn one_pod_that_serves_reads_is_enough() {
        let at = &["spec.replication.role"][..];
        for (spec, at) in [
            ("{instances: 2, replication: {role: ha}}", at),
            ("{instances: 3, replication: {role: ha, groups: [{role: none, instances: 1}]}}", at),
            ("{instances: 3, replication: {role: ha, groups: [{role: readonly, instances: 1}]}}", &[][..]),
            ("{instances: 1, replication: {role: ha}}", &[]),
            ("{instances: 3, replication: {role: ha-read}}", &[]),
            ("{instances: 2, replication: {role: ha}, postgresServices: {replicas: {enabled: false}}}", &[]),
            ("{instances: 2, replication: {role: ha}, postgresServices: {replicas: {enabled: true}}}", at),
        ] {
            cluster(spec).raises(&RULE, at);
        }
    }
}
