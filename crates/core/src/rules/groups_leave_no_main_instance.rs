//! The groups take every instance, and none is left to be the primary.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "groups-leave-no-main-instance",
    severity: Severity::Error,
    summary: "the replication groups together take all instances",
    rationale: "The main pods are what remains after the groups, and ordinal 0, the first primary, is one \
        of them. The operator refuses a cluster whose groups take all instances or more.",
    fix: "Raise instances above the sum of the groups, or make the groups smaller.",
    reference: "StackGres operator: its validating webhook; the main group is implicit and comes first.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicationgroupsindex",
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                groups:
                  - role: ha-read
                    instances: 3
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          replication:
            groups:
              - role: ha-read
                instances: 3
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(instances), Some(grouped)) = (cluster.instances(), cluster.grouped_instances()) else { return };
    if grouped >= instances && !cluster.groups().is_empty() {
        let message = format!(
            "{instances} instance{} and groups that take {grouped} leave no main pod, and one must be the primary",
            if instances == 1 { "" } else { "s" }
        );
        let help = format!("set it to {} or more, or make the groups smaller", grouped.saturating_add(1));
        problems.at(&cluster.instances, message).help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn the_groups_must_leave_one_instance() {
        let at = &["spec.instances"][..];
        for (spec, at) in [
            ("{instances: 2, replication: {groups: [{instances: 1}]}}", &[][..]),
            ("{instances: 1, replication: {groups: [{instances: 1}]}}", at),
            ("{instances: 3, replication: {groups: [{instances: 1}, {instances: 9223372036854775806}]}}", at),
            ("{instances: 0, replication: {groups: [{instances: 1}]}}", &[]),
            ("{instances: 2, replication: {groups: [{instances: x}, {instances: 2}]}}", &[]),
            // The operator makes one instance of these two.
            (
                "{instances: 2, autoscaling: {mode: none, minInstances: 2}, replication: {groups: [{instances: 2, minInstances: 1}]}}",
                &[],
            ),
        ] {
            cluster(spec).raises(&RULE, at);
        }
    }
}
