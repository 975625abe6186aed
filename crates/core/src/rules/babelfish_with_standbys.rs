//! Babelfish runs on one instance only.

use indoc::indoc;

use crate::{
    cluster::{Child, Cluster, Part},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "babelfish-with-standbys",
    severity: Severity::Error,
    summary: "the babelfish flavor cannot have more than one instance",
    rationale: "The operator refuses a cluster of flavor babelfish that has standbys. It also refuses an \
        SGShardedCluster of that flavor whose coordinator or workers have any.",
    fix: "Set instances to 1, or use flavor: vanilla.",
    reference: "StackGres operator: its validating webhooks.",
    links: &["https://stackgres.io/doc/latest/features/babelfish/"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 2
              postgres:
                flavor: babelfish
              nonProductionOptions:
                enabledFeatureGates:
                  - babelfish-flavor
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 1
          postgres:
            flavor: babelfish
          nonProductionOptions:
            enabledFeatureGates:
              - babelfish-flavor
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    // Of overrides and query routers the operator looks at the SGClusters that it makes of them: sharded-child-refused.
    let is_compared = matches!(cluster.part, Part::Whole | Part::Coordinator | Part::Plain(Child::Worker));
    let instances = cluster.instances().filter(|instances| is_compared && *instances > 1);
    let Some(instances) = instances else { return };
    if cluster.postgres_flavor.text() == Some("babelfish") {
        problems
            .at(
                &cluster.instances,
                format!("babelfish runs on 1 instance only, and {instances} are asked for"),
            )
            .help("set it to 1, or use postgres.flavor: vanilla")
            .see(&cluster.postgres_flavor, "cannot have standbys");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn babelfish_has_no_standbys() {
        cluster("{instances: 1, postgres: {flavor: babelfish}}").raises(&RULE, &[]);
        cluster("{instances: 2, postgres: {flavor: babelfish}}").raises(&RULE, &["spec.instances"]);
        cluster("{instances: 2, postgres: {flavor: vanilla}}").raises(&RULE, &[]);
        sharded("{postgres: {flavor: babelfish}, coordinator: {instances: 1}, workers: {clusters: 1, instancesPerCluster: 2}}")
            .raises(&RULE, &["spec.workers.instancesPerCluster"]);
    }
}
