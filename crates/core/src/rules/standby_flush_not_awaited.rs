//! `synchronous_commit = remote_write` in a strict mode: the second copy is in memory, not on a disk.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    postgres::SynchronousCommit,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "standby-flush-not-awaited",
    severity: Severity::Warning,
    summary: "a strict mode with synchronous_commit = remote_write does not wait for the standby's disk",
    rationale: "With remote_write the standby acknowledges a commit as soon as it has handed the WAL to its \
        operating system. A crash of Postgres alone loses nothing. A crash of the standby's node loses what \
        was not flushed yet. Where a power failure takes both nodes, a commit that the strict mode promised \
        to keep twice may be on one disk only, and that may be the disk that does not come back.",
    fix: "Set synchronous_commit to \"on\", which waits for the flush on the standby, or to remote_apply.",
    reference: "PostgreSQL manual, Write Ahead Log settings: synchronous_commit, remote_write.",
    links: &["https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: strict-sync
                syncInstances: 1
              configurations:
                postgres:
                  postgresql.conf:
                    synchronous_commit: remote_write
        "},
        &["spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: strict-sync
            syncInstances: 1
          configurations:
            postgres:
              postgresql.conf:
                synchronous_commit: remote_apply
    "},
    checks: &[Check::Cluster(check)],
})
.limitations(
    "Every session, role or database can set synchronous_commit for itself. Only the server's default is \
    seen here.",
);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_strict()) else { return };
    let Some(setting) = cluster.parameter("synchronous_commit") else { return };
    if setting.text().and_then(SynchronousCommit::read) != Some(SynchronousCommit::RemoteWrite) {
        return;
    }
    problems
        .at_parameter(
            &setting,
            format!(
                "the mode is {}, but with {setting} a commit waits until a standby has written it, not until \
                 it is on the standby's disk",
                mode.name()
            ),
        )
        .help("set synchronous_commit to \"on\", which waits for the flush on the standby");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_parameter, replicated};

    const INLINE: &str = "spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit";

    #[test]
    fn only_the_strict_modes_promise_a_flush_on_a_standby() {
        for (mode, value, at) in [
            ("strict-sync", "remote_write", &[INLINE][..]),
            ("strict-sync-all", "' Remote_Write '", &[INLINE]),
            ("sync", "remote_write", &[]),
            ("sync-all", "remote_write", &[]),
            ("async", "remote_write", &[]),
            ("strict-sync", "'off'", &[]),
            ("strict-sync", "'on'", &[]),
            ("strict-sync", "remote_apply", &[]),
            ("strict-sync", "[remote_write]", &[]),
        ] {
            replicated(3, mode).set(INLINE, value).raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "strict-sync", "{synchronous_commit: remote_write}", "synchronous_commit");
    }

    #[test]
    fn a_stopped_cluster_and_an_absent_setting_say_nothing() {
        cluster("{instances: 0, replication: {mode: strict-sync}}")
            .set(INLINE, "remote_write")
            .raises(&RULE, &[]);
        cluster("{instances: 3, replication: {mode: strict-sync}}").raises(&RULE, &[]);
    }
}
