//! `wal_sender_timeout = 0`: commits wait for a standby that died without a word, for ever.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "dead-standby-never-noticed",
    severity: Severity::Warning,
    summary: "wal_sender_timeout is 0 in a synchronous mode, so a silent standby blocks commits without \
        limit",
    rationale: "A standby whose node loses power or network closes no connection. The primary takes it for \
        streaming until wal_sender_timeout ends the connection. Only then can Patroni drop it from the \
        synchronous standbys, and commits go on. At the default of 60 s that is a pause of about a minute. \
        At 0 the pause has no end, even in the modes that are not strict, and patronictl list goes on \
        showing a healthy Sync Standby.",
    fix: "Remove wal_sender_timeout (60 s then), or set it to the longest pause that writers can bear.",
    reference: "PostgreSQL manual, Replication settings: wal_sender_timeout, which 0 disables. Patroni \
        picks synchronous standbys among those that pg_stat_replication shows as streaming.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-WAL-SENDER-TIMEOUT",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              replication:
                mode: sync-all
              configurations:
                postgres:
                  postgresql.conf:
                    wal_sender_timeout: "0"
        "#},
        &["spec.configurations.postgres[\"postgresql.conf\"].wal_sender_timeout"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync-all
          configurations:
            postgres:
              postgresql.conf:
                wal_sender_timeout: 30s
    "},
    checks: &[Check::Cluster(check)],
})
.limitations("TCP keepalive settings, which can end a dead connection too, are not considered.")
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "With wal_sender_timeout 0 commits wait for a standby that hangs for as long as it does, also in \
        sync-all.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_synchronous()) else { return };
    let Some(setting) = cluster.parameter("wal_sender_timeout") else { return };
    let Some(timeout) = setting.milliseconds() else { return };
    let consequence = match timeout {
        0 => "is never noticed: commits wait for it without limit".to_owned(),
        TOO_LONG.. => format!("is noticed after {} minutes: commits wait for it as long", timeout / 60_000),
        _ => return,
    };
    problems
        .at_parameter(
            &setting,
            format!(
                "the mode is {}, and with {setting} a synchronous standby that dies silently {consequence}",
                mode.name()
            ),
        )
        .help("set wal_sender_timeout to a time that writers can wait, such as \"60s\", the default");
}

/// So long no writer waits, in milliseconds.
const TOO_LONG: i64 = 5 * 60_000;

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{finds_parameter, replicated, sharded};

    const INLINE: &str = "spec.configurations.postgres[\"postgresql.conf\"].wal_sender_timeout";

    #[test]
    fn zero_is_no_timeout_in_any_unit() {
        for (mode, value, at) in [
            ("sync", "'0'", &[INLINE][..]),
            ("strict-sync-all", "0min", &[INLINE]),
            ("sync-all", "' 0 ms '", &[INLINE]),
            ("sync", "5min", &[INLINE]),
            ("sync", "'300000'", &[INLINE]),
            ("sync", "1d", &[INLINE]),
            ("sync", "299s", &[]),
            ("sync", "'1'", &[]),
            ("sync", "60s", &[]),
            ("sync", "'-1'", &[]),
            ("sync", "never", &[]),
            ("sync", "0", &[]),
            ("async", "'0'", &[]),
            ("null", "'0'", &[]),
        ] {
            replicated(3, mode).set(INLINE, value).raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "sync", "{wal_sender_timeout: '0'}", "wal_sender_timeout");
    }

    #[test]
    fn an_override_without_configurations_shares_the_workers_fault() {
        let spec = "{replication: {mode: sync-all}, coordinator: {instances: 2}, workers: {clusters: 3, \
            instancesPerCluster: 2, configurations: {sgPostgresConfig: pg}, overrides: [{index: 1}]}}";
        sharded(spec)
            .with_config("{wal_sender_timeout: '0'}")
            .raises(&RULE, &["spec.workers.configurations.sgPostgresConfig"]);
    }
}
