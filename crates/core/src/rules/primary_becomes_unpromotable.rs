//! A change that moves the present primary into a group whose pods can never be promoted.

use indoc::indoc;

use crate::{
    rule::{Change, Check, Definition, Example, Problems, Rule, Severity},
    view::{Body, Leaf, PodStatus, elements},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "primary-becomes-unpromotable",
    severity: Severity::Warning,
    summary: "the present primary falls into a readonly or none group",
    rationale: "Pods get their roles by ordinal: the main pods first, then group after group. A change of \
        instances or of a group moves the borders, and the pod that is the primary today can find itself on \
        the other side. It goes on as the primary with the tag nofailover. But once it has lost the \
        leadership, to a failover or a switchover, it cannot be promoted again. Where it was the only \
        member that had every commit, nobody is promoted.",
    fix: "Switch over to a main pod first, or choose the sizes so that the primary's ordinal keeps a role \
        of ha or ha-read.",
    reference: "StackGres operator: a pod's ordinal is its index in the list of main pods and groups; \
        readonly and none become Patroni's tag nofailover.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplicationgroupsindex",
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
        "https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags",
    ],
    bad: Example::change(
        indoc! {"
            spec:
              instances: 4
            status:
              podStatuses:
                - name: demo-3
                  primary: true
        "},
        indoc! {"
            spec:
              instances: 4
              replication:
                groups:
                  - name: reports
                    role: readonly
                    instances: 1
            status:
              podStatuses:
                - name: demo-3
                  primary: true
        "},
        &["spec.replication.groups[0].role"],
    ),
    good: indoc! {"
        spec:
          instances: 5
          replication:
            groups:
              - name: reports
                role: readonly
                instances: 1
        status:
          podStatuses:
            - name: demo-3
              primary: true
    "},
    checks: &[Check::Change(check)],
})
.limitations("The primary is the one in the status of the stored object. A failover since then is not seen.");

fn check<'a>(change: &Change<'_, 'a>, problems: &mut Problems<'a>) {
    let (Some(before), Some(now)) = (change.before.topology(), change.now.topology()) else { return };
    let Some(primary) = primary_of(change.stored) else { return };
    let Some(run) = now.runs().iter().find(|run| run.contains(primary)) else { return };
    let was_unpromotable = before.role_of(primary).is_some_and(|role| !role.is_promotable());
    if run.role.is_promotable() || was_unpromotable {
        return;
    }
    let Some(group) = run.group.and_then(|index| change.now.groups().get(index)) else { return };
    let scaled = change.before.instances() != change.now.instances();
    let moved = if scaled { change.now.instances } else { group.role_field() };
    problems
        .at(
            &moved,
            format!(
                "the present primary, ordinal {primary}, falls into the group {} of role {}: once it has \
                 lost the leadership it cannot be promoted again",
                Leaf::Text(group.name().into()),
                run.role.name()
            ),
        )
        .help("switch over to a main pod first, or leave the primary's ordinal outside the group");
}

/// The ordinal of the pod that the status calls the primary.
fn primary_of(stored: &Body<'_>) -> Option<i64> {
    let cluster = stored.name()?;
    let ordinal = |pod: &PodStatus<'_>| {
        let (prefix, digits) = pod.name.text()?.rsplit_once('-')?;
        let is_ordinal = prefix == cluster && digits.bytes().all(|b| b.is_ascii_digit());
        is_ordinal.then(|| digits.parse().ok())?
    };
    let mut pods = elements(&stored.status.get()?.pod_statuses);
    pods.find_map(|(_, pod)| ordinal(pod).filter(|_| pod.primary.flag() == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{Case, cluster};

    const ROLE: &str = "spec.replication.groups[0].role";

    /// Of this many pods, some in groups, the primary is this one.
    fn led_by(primary: &str, instances: i64, groups: &str) -> Case {
        cluster("{}")
            .set("status.podStatuses", "[{name: demo-0, primary: false}, null, {primary: true}]")
            .set("status.podStatuses[2].name", primary)
            .set("spec.instances", instances)
            .set("spec.replication.groups", groups)
    }

    #[test]
    fn the_field_that_moved_the_border_is_at_fault() {
        const READONLY: &str = "[{role: readonly, instances: 1}]";
        const NONE: &str = "[{role: none, instances: 2}]";
        const HA: &str = "[{role: ha, instances: 2}]";
        let led = |(instances, groups)| led_by("demo-3", instances, groups);
        for (before, now, at) in [
            ((4, "[]"), (4, READONLY), &[ROLE][..]),
            ((4, HA), (4, NONE), &[ROLE]),
            ((6, NONE), (5, NONE), &["spec.instances"]),
            ((3, READONLY), (4, READONLY), &["spec.instances"]),
            ((4, READONLY), (5, READONLY), &[]),
            ((4, READONLY), (4, NONE), &[]),
            ((4, READONLY), (3, READONLY), &[]),
            ((4, "[]"), (4, HA), &[]),
            ((0, READONLY), (4, READONLY), &[]),
            ((4, "[]"), (0, READONLY), &[]),
            ((4, "[]"), (1, READONLY), &[]),
            ((4, "[]"), (i64::MAX, READONLY), &[]),
            ((4, "[{role: read, instances: 1}]"), (4, READONLY), &[]),
        ] {
            led(now).after(led(before)).raises(&RULE, at);
        }
    }

    #[test]
    fn only_a_primary_of_this_cluster_counts() {
        for (name, at) in [
            ("demo-3", &[ROLE][..]),
            ("demo-2", &[]),
            ("other-3", &[]),
            ("my-demo-3", &[]),
            ("demo-", &[]),
            ("demo-+3", &[]),
            ("demo-99999999999999999999", &[]),
            ("'3'", &[]),
            ("3", &[]),
        ] {
            led_by(name, 4, "[{role: none, instances: 1}]").after(led_by(name, 4, "[]")).raises(&RULE, at);
        }
    }

    #[test]
    fn nothing_is_said_without_a_status() {
        for status in ["{}", "null", "{podStatuses: 3}", "{podStatuses: [{name: demo-3}]}"] {
            let case = |spec| cluster(spec).set("status", status);
            case("{instances: 4, replication: {groups: [{role: none, instances: 1}]}}")
                .after(case("{instances: 4, replication: {groups: []}}"))
                .raises(&RULE, &[]);
        }
    }
}
