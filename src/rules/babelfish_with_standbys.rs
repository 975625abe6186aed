//! Babelfish runs on one instance only.

use crate::{
    cluster::Cluster,
    rule::{Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "babelfish-with-standbys",
    severity: Severity::Error,
    severity_note: "",
    parity: true,
    judges_stopped: false,
    summary: "the babelfish flavor cannot have more than one instance",
    rationale: "The operator refuses a cluster of flavor babelfish with standbys, and an SGShardedCluster of it \
        whose coordinator or shards have any.",
    fix: "set instances to 1, or use flavor: vanilla",
    blind_spot: "",
    reference: "StackGres operator: its validating webhooks.",
    bad: Example::cluster(
        "spec:
  instances: 2
  postgres:
    flavor: babelfish
",
        &["spec.instances"],
    ),
    good: "spec:
  instances: 1
  postgres:
    flavor: babelfish
",
    checks: &[Check::Cluster(check)],
};

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(instances) = cluster.instances().filter(|instances| *instances > 1) else { return };
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
        sharded("{postgres: {flavor: babelfish}, coordinator: {instances: 1}, shards: {clusters: 1, instancesPerCluster: 2}}")
            .raises(&RULE, &["spec.shards.instancesPerCluster"]);
    }
}
