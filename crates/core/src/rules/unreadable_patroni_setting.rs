//! A setting of Patroni whose type the operator cannot take: it stops looking after the whole cluster.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    patroni::written::{Taken, Type, boolean, integer, type_of},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software, is_not},
    view::Leaf,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unreadable-patroni-setting",
    severity: Severity::Error,
    summary: "a Patroni setting has a type that the operator cannot read, and stops reconciliation",
    rationale: "The operator reads dynamicConfig into a class whose fields have types, each time it \
        reconciles the cluster. A whole number may stand in quotes. What the operator cannot read are 90s, \
        a number beyond 32 bits, on for true, and synchronous_mode: quorum. Then the whole reconciliation \
        fails, and an event tells of a failed cycle. No change of the manifest takes effect any more, and a \
        new cluster never comes up. The operator's webhook lets such a manifest in.",
    fix: "Write a whole number without a unit, or true or false.",
    reference: "StackGres operator: its class of Patroni's dynamic configuration, and Jackson's coercions.",
    links: &[
        "https://stackgres.io/doc/latest/administration/patroni/configuration/",
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              configurations:
                patroni:
                  dynamicConfig:
                    failsafe_mode: "on"
                    ttl: 90s
        "#},
        &[
            "spec.configurations.patroni.dynamicConfig.failsafe_mode",
            "spec.configurations.patroni.dynamicConfig.ttl",
        ],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          configurations:
            patroni:
              dynamicConfig:
                ttl: "90"
                failsafe_mode: true
    "#},
    checks: &[Check::Cluster(check)],
})
.judges_stopped()
.limitations(
    "The fields inside slots, ignore_slots and pg_hba have types too, and are not checked. A fraction, \
    which the operator cuts off, is not reported.",
)
.observed(&[Observation {
    software: Software::StackGres,
    versions: &["1.18.6", "1.19.0-rc5"],
    what: "The operator reads whole numbers in quotes, and fails on 90s, on for true, and numbers beyond 32 \
        bits.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for (name, setting, _) in cluster.own_dynamic() {
        if let Some(expected) = expected(name, setting.leaf()) {
            report(name, &setting, expected, problems);
        }
    }
}

/// What the field takes, where it does not take this.
fn expected(name: &str, value: &Leaf<'_>) -> Option<&'static str> {
    match type_of(name)? {
        Type::Integer => (integer(value) == Taken::Unreadable).then_some("a whole number within 32 bits"),
        Type::Boolean => (boolean(value) == Taken::Unreadable).then_some("true or false"),
        Type::Object => {
            let is_empty_text = value.text().is_some_and(|text| text.trim().is_empty());
            (!matches!(value, Leaf::Object(_)) && !is_empty_text).then_some("an object")
        }
        Type::List => (!matches!(value, Leaf::List(_))).then_some("a list"),
        Type::Duration => matches!(value, Leaf::List(_) | Leaf::Object(_))
            .then_some("a duration in quotes, such as \"30min\""),
    }
}

fn report<'a>(name: &str, setting: &Field<'a>, expected: &'static str, problems: &mut Problems<'a>) {
    let problem = problems.at(
        setting,
        format!(
            "{name} {}: the operator cannot read it, and stops looking after the cluster",
            is_not(setting, expected)
        ),
    );
    problem.help(format!("write {expected}, or remove {name}"));
    let digits = setting
        .text()
        .and_then(|text| text.trim().strip_suffix('s'))
        .and_then(|text| text.trim().parse::<i32>().ok());
    if let Some(seconds) =
        digits.filter(|_| name == "ttl" || name.ends_with("_wait") || name.ends_with("_timeout"))
    {
        problem.help(format!("write {name}: {seconds}, in seconds and without a unit")).suggest(seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_dynamic, sharded};

    #[test]
    fn what_the_operators_types_do_not_take_is_an_error() {
        for (key, value, is_read) in [
            ("ttl", "90", true),
            ("ttl", "'90'", true),
            ("ttl", "''", true),
            ("ttl", "null", true),
            ("ttl", "90s", false),
            ("ttl", "ten", false),
            ("ttl", "true", false),
            ("ttl", "'{{ .Values.ttl }}'", false),
            ("loop_wait", "[]", false),
            ("maximum_lag_on_failover", "2147483647", true),
            ("maximum_lag_on_failover", "2147483648", false),
            ("maximum_lag_on_failover", "1MB", false),
            ("maximum_lag_on_syncnode", "-1", true),
            ("primary_start_timeout", "-2147483649", false),
            ("master_start_timeout", "'0'", true),
            ("synchronous_mode", "quorum", false),
            ("synchronous_mode", "'on'", false),
            ("synchronous_mode", "on", true),
            ("failsafe_mode", "'true'", true),
            ("failsafe_mode", "'yes'", false),
            ("check_timeline", "{}", false),
            ("synchronous_node_count", "two", false),
            ("slots", "[]", false),
            ("slots", "{}", true),
            ("ignore_slots", "{}", false),
            ("postgresql", "5", false),
            ("member_slots_ttl", "30min", true),
            ("pause", "perhaps", true),
        ] {
            let at = format!("spec.configurations.patroni.dynamicConfig.{key}");
            let expected: &[&str] = if is_read { &[] } else { &[&at] };
            cluster("{instances: 3}").set(&at, value).raises(&RULE, expected);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "async", "ttl", "x");
    }

    #[test]
    fn seconds_with_a_unit_are_offered_without_it() {
        cluster("{instances: 3, configurations: {patroni: {dynamicConfig: {ttl: 90s}}}}")
            .says(&RULE, "write ttl: 90, in seconds");
    }

    #[test]
    fn a_stopped_cluster_and_each_part_of_a_sharded_one_are_judged() {
        let at = "spec.configurations.patroni.dynamicConfig.ttl";
        cluster("{instances: 0}").set(at, "x").raises(&RULE, &[at]);
        let at = "spec.coordinator.configurations.patroni.dynamicConfig.ttl";
        sharded("{coordinator: {instances: 2}, shards: {clusters: 1, instancesPerCluster: 1}}")
            .set(at, "x")
            .raises(&RULE, &[at]);
    }
}
