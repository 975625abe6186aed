//! Values that Patroni does not accept: it uses others, and only its log says so.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    patroni::parameters::{instead_of, replaceable},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "value-below-patronis-floor",
    severity: Severity::Warning,
    summary: "a value that Patroni does not accept and replaces by another",
    rationale: "Patroni passes some settings of Postgres on its command line, and uses its own default for \
        a value that it does not accept: max_wal_senders below 3 and max_replication_slots below 4 become \
        10, max_connections below 25 becomes 100, wal_level minimal becomes replica, and hot_standby is \
        always on. From 3.2.0 on it also raises ttl below 20, loop_wait below 1 and retry_timeout below 3. \
        Then it lowers loop_wait, and retry_timeout where that is not enough, until loop_wait + 2 * \
        retry_timeout is no more than ttl. Whoever reads the manifest plans with times and limits that are \
        not in effect: a failover takes 20 s and not 2.",
    fix: "Write the value that is meant, within what Patroni accepts. The command explain shows those in \
        effect.",
    reference: "patroni/config.py, _validate_and_adjust_timeouts; patroni/postgresql/config.py, \
        CMDLINE_OPTIONS.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
        "https://patroni.readthedocs.io/en/latest/patroni_configuration.html#postgresql-parameters-controlled-by-patroni",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/config.py#L283",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/postgresql/config.py#L355",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              configurations:
                patroni:
                  dynamicConfig:
                    loop_wait: 1
                    retry_timeout: 2
                postgres:
                  postgresql.conf:
                    max_connections: "20"
        "#},
        &[
            "spec.configurations.patroni.dynamicConfig.retry_timeout",
            "spec.configurations.postgres[\"postgresql.conf\"].max_connections",
        ],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          configurations:
            patroni:
              dynamicConfig:
                loop_wait: 1
                retry_timeout: 3
            postgres:
              postgresql.conf:
                max_connections: "25"
    "#},
    checks: &[Check::Cluster(check)],
})
.limitations("A value that Postgres could not read either is not reported.")
.observed(&[
    Observation {
        software: Software::Patroni,
        versions: &["2.1.4", "3.0.2", "3.2.2", "3.3.0", "4.1.0"],
        what: "One replication slot becomes ten, two WAL senders become ten, and 20 connections become 100.",
    },
    Observation {
        software: Software::Patroni,
        versions: &["3.2.2", "3.3.0", "4.1.0"],
        what: "With ttl 2 the leader's lock is kept for 20 s.",
    },
    Observation {
        software: Software::Patroni,
        versions: &["2.1.4", "3.0.2"],
        what: "With ttl 2 the leader's lock is kept for 2 s.",
    },
]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    check_timings(cluster, problems);
    for name in replaceable() {
        let Some(setting) = cluster.parameter(name) else { continue };
        if let Some(instead) = setting.text().and_then(|value| instead_of(name, value)) {
            problems
                .at_parameter(&setting, format!("Patroni does not accept {setting}, and uses {instead}"))
                .help(format!(
                    "remove it, or set {name} to what Patroni accepts: its default is \"{instead}\""
                ));
        }
    }
}

fn check_timings<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let used = cluster.timing();
    for (name, used) in
        [("ttl", used.ttl), ("loop_wait", used.loop_wait), ("retry_timeout", used.retry_timeout)]
    {
        let setting = cluster.dynamic(name);
        let Some(written) =
            cluster.dynamic_integer(name).filter(|written| i128::from(*written) != i128::from(used))
        else {
            continue;
        };
        problems
            .at(&setting, format!("{name} is {written}, and Patroni uses {used}"))
            .help(
                "keep ttl at 20 or more, loop_wait at 1, retry_timeout at 3 or more, and loop_wait + 2 * retry_timeout at no more \
                 than ttl",
            );
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_dynamic};

    const DYNAMIC: &str = "spec.configurations.patroni.dynamicConfig";

    #[test]
    fn times_that_patroni_changes_are_told_with_what_it_uses() {
        for (timings, keys, words) in [
            ("{ttl: 2}", &[".ttl"][..], "ttl is 2, and Patroni uses 20"),
            ("{ttl: '2'}", &[".ttl"], "ttl is 2, and Patroni uses 20"),
            ("{ttl: 45, loop_wait: 30}", &[".loop_wait"], "loop_wait is 30, and Patroni uses 25"),
            (
                "{ttl: 20, loop_wait: 10, retry_timeout: 10}",
                &[".loop_wait", ".retry_timeout"],
                "retry_timeout is 10, and Patroni uses 9",
            ),
            ("{retry_timeout: 0, loop_wait: 0}", &[".loop_wait", ".retry_timeout"], "Patroni uses 3"),
            ("{ttl: 60, loop_wait: 10, retry_timeout: 10}", &[], ""),
            ("{ttl: 2x}", &[], ""),
        ] {
            let case = cluster("{instances: 3}").set(DYNAMIC, timings);
            case.raises_below(&RULE, DYNAMIC, keys);
            if !words.is_empty() {
                case.says(&RULE, words);
            }
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "async", "ttl", "2");
    }

    #[test]
    fn an_old_patroni_uses_what_is_written() {
        for (version, keys) in [("'15.0'", &[][..]), ("'15.5'", &[".ttl"])] {
            cluster("{instances: 3}")
                .set("spec.postgres.version", version)
                .set(DYNAMIC, "{ttl: 2}")
                .raises_below(&RULE, DYNAMIC, keys);
        }
    }

    #[test]
    fn settings_of_postgres_that_patroni_replaces_are_told() {
        for (settings, words) in [
            ("{max_replication_slots: '1'}", "and uses 10"),
            ("{MAX_WAL_SENDERS: '2'}", "and uses 10"),
            ("{hot_standby: 'off'}", "and uses on"),
            ("{wal_level: minimal}", "and uses replica"),
        ] {
            cluster("{instances: 2}")
                .set("spec.configurations.postgres[\"postgresql.conf\"]", settings)
                .says(&RULE, words);
        }
        cluster("{instances: 2, configurations: {sgPostgresConfig: pg}}")
            .with_config("{max_connections: '10'}")
            .raises(&RULE, &["spec.configurations.sgPostgresConfig"]);
    }
}
