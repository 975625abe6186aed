//! A group's size that the operator will write over.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "group-instances-overwritten",
    severity: Severity::Warning,
    summary: "the operator will recompute a group's instances to another number than is written",
    rationale: "Where autoscaling.minInstances and a group's minInstances are both set, the operator \
        overwrites the group's instances with minInstances * instances / autoscaling.minInstances, rounded \
        down. It does so on every full write and in every autoscaling mode. The written number is lost, and \
        pods change their group and with it their tags. Where the result is 0 the operator denies the \
        write, and such a cluster cannot even be stopped.",
    fix: "Write the number that the operator will compute, or remove minInstances from the group.",
    reference: "StackGres operator: its mutating webhook, on CREATE and UPDATE.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecautoscaling",
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicationgroupsindex",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 6
              autoscaling:
                mode: none
                minInstances: 3
              replication:
                groups:
                  - role: ha-read
                    instances: 1
                    minInstances: 2
        "},
        &["spec.replication.groups[0].instances"],
    ),
    good: indoc! {"
        spec:
          instances: 6
          autoscaling:
            mode: none
            minInstances: 3
          replication:
            groups:
              - role: ha-read
                instances: 4
                minInstances: 2
    "},
    checks: &[Check::Cluster(check)],
})
.severity_note("It is an error where the size becomes 0, because the operator denies that.")
.operator_denies()
.judges_stopped()
.limitations(
    "Scaling through /scale passes the operator by: there the groups change with the next full write, a \
    status write for instance.",
);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for group in cluster.groups() {
        let (Some(recomputed), Some(instances)) = (group.recomputed, cluster.instances()) else { continue };
        let written = group.instances_field();
        if recomputed == 0 {
            let message = format!(
                "at {instances} instances the operator makes group {} 0 pods, and then denies the cluster",
                group.name()
            );
            problems
                .at(&written, message)
                .help("remove minInstances from the group, or autoscaling.minInstances")
                .severity(Severity::Error)
                .see(&group.min_instances_field(), "times instances, divided by autoscaling.minInstances");
        } else if written.integer().is_some_and(|written| written != recomputed) {
            let message = format!(
                "the operator will make group {} {recomputed} pods, not {}",
                group.name(),
                written.leaf()
            );
            problems
                .at(&written, message)
                .help(format!("write {recomputed}, or remove minInstances from the group"))
                .see(&group.min_instances_field(), "times instances, divided by autoscaling.minInstances");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn the_operator_reckons_group_sizes_anew() {
        let at = "spec.replication.groups[0].instances";
        for (n, minimum, group, findings) in [
            (6, "3", "{instances: 4, minInstances: 2}", &[][..]),
            (6, "3", "{instances: 1, minInstances: 2}", &[("warning", at)]),
            (7, "3", "{instances: 4, minInstances: 2}", &[]),
            (2, "3", "{instances: 1, minInstances: 1}", &[("error", at)]),
            (0, "3", "{instances: 1, minInstances: 1}", &[("error", at)]),
            (6, "3", "{minInstances: 2}", &[]),
            (6, "null", "{instances: 1, minInstances: 2}", &[]),
            (6, "3", "{instances: 1}", &[]),
            (6, "3", "{instances: 1, minInstances: 0}", &[]),
        ] {
            cluster("{autoscaling: {mode: none}, replication: {groups: [{}]}}")
                .set("spec.instances", n)
                .set("spec.autoscaling.minInstances", minimum)
                .set("spec.replication.groups[0]", group)
                .raises_as(&RULE, findings);
        }
    }
}
