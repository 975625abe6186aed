//! A role that is none of the four, or one that the main pods cannot have.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    replication::Role,
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not, one_of},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unknown-role",
    severity: Severity::Error,
    summary: "a role is unknown, or not one that the main pods can have",
    rationale: "Roles become tags of Patroni: ha adds noloadbalance, readonly adds nofailover, none adds \
        both. One of the main pods starts as the primary, so they must be promotable: only ha-read and ha \
        can stand there. A group can have any of the four. The names are compared exactly, so HA_READ is \
        unknown.",
    fix: "Write ha-read, ha, readonly or none; for the main pods ha-read or ha.",
    reference: "StackGres operator: its validating webhook, and its translation of roles into Patroni tags.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://stackgres.io/doc/latest/administration/replication/modes/replication-group/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                role: readonly
        "},
        &["spec.replication.role"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            role: ha-read
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    judge(&cluster.role, "the role of the main pods", &Role::OF_MAIN.map(Role::name), problems);
    for group in cluster.groups() {
        let what = format!("the role of group {}", group.name());
        judge(&group.role_field(), &what, &Role::OF_GROUPS.map(Role::name), problems);
    }
}

fn judge<'a>(role: &Field<'a>, what: &str, names: &[&'static str], problems: &mut Problems<'a>) {
    let text = role.text().unwrap_or_default();
    if role.is_absent() || names.contains(&text) {
        return;
    }
    let problem = problems.at(role, format!("{what} {}", is_not(role, &one_of(names))));
    problem.help(format!("write {}", one_of(names)));
    problem.offer_name("role", text, names);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn main_pods_have_two_roles_and_groups_four() {
        let main = &["spec.replication.role"][..];
        for (role, at) in [
            ("ha-read", &[][..]),
            ("ha", &[]),
            ("null", &[]),
            ("readonly", main),
            ("none", main),
            ("HA", main),
            ("''", main),
            ("3", main),
        ] {
            cluster("{instances: 3}").set("spec.replication.role", role).raises(&RULE, at);
        }
        let group = &["spec.replication.groups[1].role"][..];
        for (role, at) in [
            ("readonly", &[][..]),
            ("none", &[]),
            ("null", &[]),
            ("read-only", group),
            ("HA_READ", group),
            ("leader", group),
            ("[]", group),
        ] {
            cluster("{instances: 5, replication: {groups: [{instances: 1}, {instances: 1}]}}")
                .set("spec.replication.groups[1].role", role)
                .raises(&RULE, at);
        }
        cluster("{instances: 0, replication: {role: HA_READ}}").says(&RULE, "write role: ha-read");
    }
}
