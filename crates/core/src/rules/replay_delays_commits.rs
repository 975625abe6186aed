//! `remote_apply` beside a standby that replays late on purpose: every commit waits as long.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Parameter},
    postgres::SynchronousCommit,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "replay-delays-commits",
    severity: Severity::Warning,
    summary: "synchronous_commit is remote_apply and standbys may replay late, so commits wait for that",
    rationale: "With remote_apply a commit waits until its synchronous standbys have replayed it, not only \
        written it down. recovery_min_apply_delay makes every standby replay that much later, and each \
        commit takes as long. With max_standby_streaming_delay -1 a query on a standby, a report for \
        example, may hold up replay for as long as it runs. Every commit of the cluster then waits for that \
        query, while patronictl list shows a healthy Sync Standby.",
    fix: "Set synchronous_commit to \"on\", which keeps the same promise of durability, or remove the delay.",
    reference: "PostgreSQL manual: synchronous_commit, recovery_min_apply_delay, \
        max_standby_streaming_delay.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT",
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-RECOVERY-MIN-APPLY-DELAY",
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-STANDBY-STREAMING-DELAY",
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
                    synchronous_commit: remote_apply
                    max_standby_streaming_delay: "-1"
        "#},
        &["spec.configurations.postgres[\"postgresql.conf\"].max_standby_streaming_delay"],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          replication:
            mode: sync-all
          configurations:
            postgres:
              postgresql.conf:
                synchronous_commit: "on"
                max_standby_streaming_delay: "-1"
    "#},
    checks: &[Check::Cluster(check)],
})
.severity_note("It is an error in the strict modes, in which nothing lets such a commit go.")
.judges_stopped()
.limitations(
    "ALTER SYSTEM, and settings of a role, a database or a session are not seen. The default of \
    max_standby_streaming_delay, 30 s, is not reported.",
)
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "With a delay of 2 s every commit takes at least 2 s. A query on the standby holds commits for as \
        long as it runs.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|_| cluster.synchronous().is_some_and(|settings| settings.mode))
    else {
        return;
    };
    // Without a standby nothing is replayed.
    let is_alone = cluster.instances() == Some(1);
    if is_alone || cluster.synchronous_commit() != SynchronousCommit::RemoteApply {
        return;
    }
    let grave = Severity::error_if(mode.is_strict());
    let mut report = |setting: &Parameter<'a>, consequence: &str| {
        problems
            .at_parameter(
                setting,
                format!("synchronous_commit is remote_apply, and with {setting} {consequence}"),
            )
            .severity(grave)
            .help("set synchronous_commit to \"on\", which keeps the same promise, or remove this setting");
    };
    let value = |name: &str| {
        let setting = cluster.parameter(name)?;
        Some((setting.milliseconds()?, setting))
    };
    if let Some((_, setting)) = value("recovery_min_apply_delay").filter(|(delay, _)| *delay > 0) {
        report(&setting, "every commit takes as long");
    }
    if let Some((_, setting)) = value("max_standby_streaming_delay").filter(|(delay, _)| *delay == -1) {
        report(&setting, "a query on a standby holds every commit for as long as it runs");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{finds_parameter, replicated};

    const CONF: &str = "spec.configurations.postgres[\"postgresql.conf\"]";
    const COMMIT: &str = "spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit";
    const DELAY: &str = "spec.configurations.postgres[\"postgresql.conf\"].recovery_min_apply_delay";
    const STREAMING: &str = "spec.configurations.postgres[\"postgresql.conf\"].max_standby_streaming_delay";

    #[test]
    fn a_delay_of_replay_is_one_of_commits() {
        for (n, mode, settings, findings) in [
            (3, "sync", "{recovery_min_apply_delay: 20s}", &[("warning", DELAY)][..]),
            (3, "strict-sync-all", "{recovery_min_apply_delay: 20s}", &[("error", DELAY)]),
            (3, "strict-sync", "{max_standby_streaming_delay: '-1'}", &[("error", STREAMING)]),
            (
                3,
                "sync",
                "{max_standby_streaming_delay: '-1', recovery_min_apply_delay: '1'}",
                &[("warning", DELAY), ("warning", STREAMING)],
            ),
            (3, "sync", "{max_standby_streaming_delay: 30s}", &[]),
            (3, "sync", "{recovery_min_apply_delay: '0'}", &[]),
            (3, "async", "{recovery_min_apply_delay: 20s}", &[]),
            (1, "strict-sync-all", "{recovery_min_apply_delay: 20s}", &[]),
            (1, "strict-sync", "{recovery_min_apply_delay: 20s}", &[]),
        ] {
            let committing = |commit| replicated(n, mode).set(CONF, settings).set(COMMIT, commit);
            committing("remote_apply").raises_as(&RULE, findings);
            committing("'on'").raises(&RULE, &[]);
        }
    }

    #[test]
    fn both_are_found_wherever_settings_stand() {
        finds_parameter(
            &RULE,
            "sync",
            "{synchronous_commit: remote_apply, recovery_min_apply_delay: 20s}",
            "recovery_min_apply_delay",
        );
        finds_parameter(
            &RULE,
            "sync",
            "{synchronous_commit: remote_apply, max_standby_streaming_delay: '-1'}",
            "max_standby_streaming_delay",
        );
    }
}
