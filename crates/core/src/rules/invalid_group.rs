//! A group that the operator cannot read: no list, no object, or a size that is none.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Group},
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-group",
    severity: Severity::Error,
    summary: "groups is not a list of objects with a size of at least 1",
    rationale: "A group adds pods with a role of their own after the main ones, so its size decides which \
        ordinals get which tags. The operator refuses a group without a size of at least 1. A missing name \
        or role is filled in and is no fault. Where autoscaling.minInstances and the group's minInstances \
        are both set, the operator recomputes the size, and the result is what counts.",
    fix: "Give every group instances: 1 or more.",
    reference: "StackGres operator: its validating webhook, after its own recomputation of group sizes.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicationgroupsindex"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                groups:
                  - role: readonly
                    instances: 0
        "},
        &["spec.replication.groups[0].instances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            groups:
              - role: readonly
                instances: 1
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    if let Some(other) = cluster.groups_other() {
        let message = format!("groups {}", is_not(other, "a list of groups"));
        let help = match other.too_long() {
            Some(_) => "make one group of those that are alike",
            None => "begin each group with a dash, as in - role: readonly",
        };
        problems.at_path(cluster.groups_place().path(), message).help(help);
    }
    for group in cluster.groups() {
        if let Some(other) = group.other() {
            problems.at_path(
                group.place().path(),
                format!("this group {}", is_not(other, "an object with instances")),
            );
        } else {
            check_group(group, problems);
        }
    }
}

fn check_group<'a>(group: &Group<'a>, problems: &mut Problems<'a>) {
    let (instances, minimum, name) =
        (group.instances_field(), group.min_instances_field(), group.name_field());
    // A size that is recomputed to 0 is told by group-instances-overwritten.
    let size = group.recomputed.or_else(|| instances.integer().filter(|size| *size >= 1));
    // Beside a field that nobody knows it may have another name.
    let may_be_renamed = instances.is_absent() && group.holds_unknown_fields();
    if size.is_none() && !may_be_renamed {
        let message = format!(
            "the size of group {} {}",
            group.name(),
            is_not(&instances, "a whole number of at least 1")
        );
        problems.at(&instances, message);
    }
    if !minimum.is_absent() && minimum.integer().is_none_or(|minimum| minimum < 1) {
        let message = format!(
            "minInstances of group {} {}",
            group.name(),
            is_not(&minimum, "a whole number of at least 1")
        );
        problems.at(&minimum, message).help("write a whole number of at least 1, or leave it out");
    }
    if !name.is_absent() && name.text().is_none() {
        problems
            .at(&name, format!("the name of a group {}", is_not(&name, "a string")))
            .help("put the name in quotes");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn a_group_is_an_object_with_a_size() {
        let instances = &["spec.replication.groups[0].instances"][..];
        for (groups, at) in [
            ("[]", &[][..]),
            ("[{instances: 1}]", &[]),
            ("[{instances: 1.0, role: null, name: null}]", &[]),
            ("{instances: 1, role: ha}", &["spec.replication.groups"]),
            ("[3]", &["spec.replication.groups[0]"]),
            ("[null]", instances),
            ("[{role: ha}]", instances),
            ("[{instances: 0}]", instances),
            ("[{instances: '1'}]", instances),
            ("[{instances: 1, minInstances: 0}]", &["spec.replication.groups[0].minInstances"]),
            ("[{instances: 1, name: 5}]", &["spec.replication.groups[0].name"]),
        ] {
            for n in [0, 3] {
                cluster("{}")
                    .set("spec.instances", n)
                    .set("spec.replication.groups", groups)
                    .raises(&RULE, at);
            }
        }
    }

    #[test]
    fn a_size_that_the_operator_recomputes_need_not_be_written() {
        cluster("{instances: 4, autoscaling: {mode: none, minInstances: 2}, replication: {groups: [{minInstances: 1}]}}")
            .raises(&RULE, &[]);
    }
}
