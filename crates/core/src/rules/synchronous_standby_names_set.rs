//! `synchronous_standby_names` set by hand: two hands on one wheel, and Patroni's is the other.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Parameter},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "synchronous-standby-names-set",
    severity: Severity::Warning,
    summary: "synchronous_standby_names is set by hand, though Patroni owns it",
    rationale: "In a synchronous mode Patroni writes synchronous_standby_names itself, with the standbys \
        that it saw streaming, and promotes only from that list. That is why a failover loses nothing. A \
        list written by hand can only disagree with it. Outside of synchronous mode, Patroni before 3.2.0 \
        and from 3.3.2 on passes the list on to Postgres; the versions in between do not. Commits then wait \
        for standbys that Patroni does not watch. On a single instance they wait for ever, for nobody.",
    fix: "Remove synchronous_standby_names, and say with spec.replication.mode what a commit has to wait \
        for.",
    reference: "Patroni: synchronous mode manages synchronous_standby_names; PostgreSQL manual, Replication \
        settings.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#postgresql-synchronous-replication",
        "https://github.com/patroni/patroni/issues/3093",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              replication:
                mode: sync
                syncInstances: 1
              configurations:
                postgres:
                  postgresql.conf:
                    synchronous_standby_names: "*"
        "#},
        &["spec.configurations.postgres[\"postgresql.conf\"].synchronous_standby_names"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 1
    "},
    checks: &[Check::Cluster(check)],
})
.severity_note(
    "It is an error with one instance in async or an -all mode, which both run asynchronous, unless Patroni \
    is known to be from 3.2.0 up to 3.3.1: no commit can succeed. It stays a warning where \
    synchronous_commit is off or local.",
)
.limitations("ALTER SYSTEM and settings of Patroni beside postgresql.conf are not seen.")
.observed(&[
    Observation {
        software: Software::Patroni,
        versions: &["2.1.4", "3.0.2", "4.1.0"],
        what: "In mode async with one instance and * the setting reaches Postgres, and a commit hangs for \
            ever.",
    },
    Observation {
        software: Software::Patroni,
        versions: &["3.2.2", "3.3.0"],
        what: "In the same cluster the setting does not reach Postgres, and commits go on.",
    },
]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(setting) = cluster.standby_names_set_by_hand() else { return };
    let waits = cluster.passes_standby_names_on() && cluster.synchronous_commit().waits_for_standbys();
    let hangs = waits && cluster.instances() == Some(1);
    problems
        .at_parameter(&setting, message(&setting, cluster, waits, hangs))
        .severity(Severity::error_if(hangs))
        .help("remove it; spec.replication.mode says what a commit has to wait for");
}

fn message(setting: &Parameter<'_>, cluster: &Cluster<'_>, waits: bool, hangs: bool) -> String {
    const PASSED_ON: &str = "outside of synchronous mode this Patroni passes it on to Postgres";
    if hangs {
        format!(
            "with {setting} every commit hangs: {PASSED_ON}, and 1 instance has no standby that could acknowledge"
        )
    } else if waits {
        format!(
            "{setting} is set by hand: {PASSED_ON}, and commits wait for standbys that Patroni does not watch"
        )
    } else if cluster.passes_standby_names_on() {
        let commit = cluster.synchronous_commit().name();
        format!(
            "{setting} is set by hand: {PASSED_ON}, and only synchronous_commit = {commit} keeps commits from waiting for it"
        )
    } else {
        format!("{setting} is set by hand, but Patroni writes it itself, as the replication mode asks")
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_parameter};

    const INLINE: &str = "spec.configurations.postgres[\"postgresql.conf\"].synchronous_standby_names";
    const COMMIT: &str = "spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit";
    const CONFIG: &str = "spec.configurations.sgPostgresConfig";

    #[test]
    fn one_asynchronous_instance_hangs_where_patroni_passes_the_names_on() {
        for (spec, severity) in [
            ("{instances: 1}", "error"),
            ("{instances: 1, replication: {mode: async}, postgres: {version: '16.2'}}", "error"),
            ("{instances: 1, postgres: {version: latest}}", "error"),
            ("{instances: 1, postgres: {version: '16.1', flavor: babelfish}}", "error"),
            ("{instances: 1, postgres: {version: '18.99'}}", "error"),
            ("{instances: 1, postgres: {version: '14.2'}}", "error"),
            ("{instances: 1, postgres: {version: '15.0'}}", "error"),
            ("{instances: 1, postgres: {version: '16.0'}}", "warning"),
            ("{instances: 1, postgres: {version: '16.1'}}", "warning"),
            ("{instances: 2}", "warning"),
            ("{instances: 1, replication: {mode: sync-all}}", "error"),
            ("{instances: 1, replication: {mode: strict-sync-all}}", "error"),
            ("{instances: 1, replication: {mode: sync}}", "warning"),
            ("{instances: 3, replication: {mode: strict-sync}}", "warning"),
            ("{instances: 3, replication: {mode: quorum}}", "warning"),
            ("{replication: {mode: async}}", "warning"),
        ] {
            cluster(spec).set(INLINE, "'*'").raises_as(&RULE, &[(severity, INLINE)]);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "sync", "{synchronous_standby_names: '*'}", "synchronous_standby_names");
    }

    #[test]
    fn nothing_hangs_where_commits_wait_for_no_standby() {
        for (commit, severity, words) in [
            ("'on'", "error", None),
            ("remote_write", "error", None),
            ("local", "warning", Some("only synchronous_commit = local keeps commits from waiting")),
            ("'off'", "warning", Some("only synchronous_commit = off keeps commits from waiting")),
        ] {
            let case = cluster("{instances: 1}").set(INLINE, "'*'").set(COMMIT, commit);
            case.raises_as(&RULE, &[(severity, INLINE)]);
            if let Some(words) = words {
                case.says(&RULE, words);
            }
        }
    }

    #[test]
    fn it_says_who_writes_the_names() {
        for (spec, words) in [
            ("{instances: 3, postgres: {version: '16.2'}}", "standbys that Patroni does not watch"),
            ("{instances: 3, postgres: {version: '16.1'}}", "Patroni writes it itself"),
            ("{instances: 3, replication: {mode: sync}}", "Patroni writes it itself"),
            ("{instances: 1, replication: {mode: sync-all}}", "1 instance has no standby"),
        ] {
            cluster(spec).set(INLINE, "'*'").says(&RULE, words);
        }
    }

    #[test]
    fn an_empty_or_unreadable_list_and_a_stopped_cluster_are_nothing_to_report() {
        cluster("{instances: 0}").set(INLINE, "'*'").raises(&RULE, &[]);
        for (value, at) in [("''", &[][..]), ("null", &[]), ("1", &[]), ("'FIRST 1 (demo-1)'", &[INLINE])] {
            cluster("{instances: 1}").set(INLINE, value).raises(&RULE, at);
        }
        cluster("{instances: 3, configurations: {sgPostgresConfig: pg}}")
            .with_config("{synchronous_standby_names: demo-1}")
            .raises(&RULE, &[CONFIG]);
    }
}
