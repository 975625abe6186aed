//! The smallest cluster that the autoscaler may make has no room for the groups.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "autoscaling-groups-exceed-minimum",
    severity: Severity::Error,
    summary: "autoscaling.minInstances is not above the sum of the groups' minInstances",
    rationale: "The autoscaler may shrink the cluster to its own minInstances. The groups' minInstances are \
        what must remain of the groups then, and one main pod must be left beside them. The operator checks \
        this in every autoscaling mode, even in none.",
    fix: "Raise autoscaling.minInstances above the sum of the groups' minInstances.",
    reference: "StackGres operator: its validating webhook.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecautoscaling",
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicationgroupsindex",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              autoscaling:
                mode: none
                minInstances: 2
              replication:
                groups:
                  - role: ha-read
                    instances: 1
                    minInstances: 1
                  - role: ha
                    instances: 1
                    minInstances: 1
        "},
        &["spec.autoscaling.minInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          autoscaling:
            mode: none
            minInstances: 3
          replication:
            groups:
              - role: ha-read
                instances: 1
                minInstances: 1
              - role: ha
                instances: 1
                minInstances: 1
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(field) = cluster.autoscaling.as_ref().map(|autoscaling| &autoscaling.min_instances) else {
        return;
    };
    let Some(minimum) = field.integer().filter(|minimum| *minimum >= 2) else { return };
    let grouped = cluster.groups().iter().filter_map(|group| group.min_instances_field().integer());
    let grouped = grouped.filter(|minimum| *minimum >= 1).fold(0_i64, i64::saturating_add);
    if minimum <= grouped {
        let message =
            format!("at {minimum} instances the groups, which keep {grouped} in all, leave no main pod");
        problems.at(field, message).help(format!("set it to {} or more", grouped.saturating_add(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn the_minimum_must_leave_a_main_pod_in_every_autoscaling_mode() {
        let at = &["spec.autoscaling.minInstances"][..];
        for (minimum, groups, at) in [
            ("3", "[{instances: 2, minInstances: 2}]", &[][..]),
            ("2", "[{instances: 2, minInstances: 2}]", at),
            ("3", "[{instances: 2, minInstances: 2}, {instances: 1, minInstances: 9223372036854775807}]", at),
            ("2", "[{instances: 2}]", &[]),
            ("x", "[{instances: 2, minInstances: 2}]", &[]),
        ] {
            for mode in ["none", "vertical", "horizontal"] {
                cluster("{instances: 6}")
                    .set("spec.autoscaling.mode", mode)
                    .set("spec.autoscaling.minInstances", minimum)
                    .set("spec.replication.groups", groups)
                    .raises(&RULE, at);
            }
        }
    }
}
