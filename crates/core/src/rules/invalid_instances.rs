//! The number of pods is missing or no number that a cluster can have.

use indoc::indoc;

use crate::{
    cluster::{Child, Cluster, Field, Sharded},
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-instances",
    severity: Severity::Error,
    summary: "instances is missing, not an integer, or negative",
    rationale: "Everything else is computed from the number of instances: who is synchronous, how many may \
        fail, who can be promoted. 0 is a valid number, which stops the cluster on purpose. A number in \
        quotes is a string, and the API server refuses it.",
    fix: "Write a whole number: 0 stops the cluster, 1 has no standby, 3 survives the loss of a node.",
    reference: "StackGres operator: its validating webhook and the minimum of the CRD.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspec"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: -1
              replication:
                mode: async
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: async
    "},
    checks: &[Check::Cluster(check), Check::Sharded(check_workers)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    if cluster.instances().is_none() && !cluster.instances_may_be_renamed {
        tell("instances", &cluster.instances, problems);
    }
}

/// The number of workers is one as well.
fn check_workers<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let clusters = sharded.count_field(Child::Worker);
    let may_be_renamed = clusters.is_absent() && sharded.workers_hold_unknown_fields();
    if sharded.knows_workers() && sharded.count(Child::Worker).is_none() && !may_be_renamed {
        tell("clusters", &clusters, problems);
    }
}

fn tell<'a>(of: &str, field: &Field<'a>, problems: &mut Problems<'a>) {
    let message = format!("the number of {of} {}", is_not(field, "a whole number from 0 to 2147483647"));
    let problem = problems.at(field, message);
    if let Some(number) = field.text().and_then(|text| text.parse::<u32>().ok()) {
        problem.help(format!("write it without quotes: {number}")).suggest(number);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn instances_are_a_whole_number_of_at_least_0() {
        let at = &["spec.instances"][..];
        for (spec, at) in [
            ("{instances: 0}", &[][..]),
            ("{instances: 2000000000}", &[]),
            ("{instances: 3.0}", &[]),
            ("{instances: -1}", at),
            ("{instances: 2.5}", at),
            ("{instances: '3'}", at),
            ("{instances: 1e30}", at),
            ("{instances: null}", at),
            ("{replication: {mode: sync}}", at),
        ] {
            cluster(spec).raises(&RULE, at);
        }
        // A spec that is no object has no instances that could be wrong; its type is.
        cluster("[1]").raises(&RULE, &[]);
        cluster("{instances: '${REPLICAS}'}").says(&RULE, "a variable that nothing has replaced");
    }

    #[test]
    fn each_part_of_a_sharded_cluster_has_a_number_of_its_own() {
        sharded(
            "{coordinator: {instances: x}, workers: {clusters: 2, instancesPerCluster: 2, \
                 overrides: [{index: 0}, {index: 1, instancesPerCluster: -3}]}}",
        )
        .raises(&RULE, &["spec.coordinator.instances", "spec.workers.overrides[1].instancesPerCluster"]);
        sharded("{coordinator: {instances: 1}, workers: {clusters: 2, overrides: [{index: 0}]}}")
            .raises(&RULE, &["spec.workers.instancesPerCluster"]);
    }
}
