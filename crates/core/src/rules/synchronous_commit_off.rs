//! `synchronous_commit` off or local: the standbys are there, and no commit waits for them.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    postgres::SynchronousCommit,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "synchronous-commit-off",
    severity: Severity::Error,
    summary: "synchronous_commit is off or local in a synchronous mode, so no commit waits for a standby",
    rationale: "Patroni's part of a synchronous mode is the list of standbys in synchronous_standby_names. \
        Whether a commit waits for them is decided by synchronous_commit, session by session. With local a \
        commit returns after the flush to the primary's own disk, with off not even after that. From \
        outside the replication looks perfect: patronictl list shows healthy Sync Standbys. A failover \
        still loses commits that clients were told about.",
    fix: "Set synchronous_commit to \"on\" (Postgres' default) or remote_apply, or choose mode: async.",
    reference: "PostgreSQL manual, Write Ahead Log settings: synchronous_commit, which also lists the \
        spellings.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              replication:
                mode: strict-sync
                syncInstances: 1
              configurations:
                postgres:
                  postgresql.conf:
                    synchronous_commit: "off"
        "#},
        &["spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit"],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          replication:
            mode: strict-sync
            syncInstances: 1
          configurations:
            postgres:
              postgresql.conf:
                synchronous_commit: "on"
    "#},
    checks: &[Check::Cluster(check)],
})
.severity_note("It is a warning where the mode is not strict.")
.judges_stopped()
.limitations(
    "Every session, role or database can set synchronous_commit for itself, in both directions. Only the \
    server's default is seen here.",
)
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "With local in strict-sync-all a failover loses acknowledged commits, while patronictl list shows \
        a healthy Sync Standby.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_synchronous()) else { return };
    let Some(setting) = cluster.parameter("synchronous_commit") else { return };
    let wait = match setting.text().and_then(SynchronousCommit::read) {
        Some(SynchronousCommit::Off) => "neither for a disk nor for a standby",
        Some(SynchronousCommit::Local) => "for the primary's own disk, and for no standby",
        _ => return,
    };
    problems
        .at_parameter(
            &setting,
            format!("the mode is {}, but with {setting} a commit waits {wait}", mode.name()),
        )
        .severity(Severity::error_if(mode.is_strict()))
        .help("set synchronous_commit to \"on\", or choose mode: async if commits shall not wait");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_parameter, replicated, sharded};

    const INLINE: &str = "spec.configurations.postgres[\"postgresql.conf\"].synchronous_commit";
    const CONFIG: &str = "spec.configurations.sgPostgresConfig";

    #[test]
    fn every_spelling_of_off_and_local_counts_in_a_synchronous_mode() {
        for (mode, value, found) in [
            ("strict-sync", "'off'", &[("error", INLINE)][..]),
            ("strict-sync-all", "LOCAL", &[("error", INLINE)]),
            ("sync", "'No'", &[("warning", INLINE)]),
            ("sync-all", "'0'", &[("warning", INLINE)]),
            ("strict-sync", "'false'", &[("error", INLINE)]),
            ("strict-sync", "remote_write", &[]),
            ("strict-sync", "'on'", &[]),
            ("strict-sync", "nonsense", &[]),
            ("strict-sync", "false", &[]),
            ("strict-sync", "null", &[]),
            ("async", "'off'", &[]),
            ("quorum", "'off'", &[]),
        ] {
            replicated(3, mode).set(INLINE, value).raises_as(&RULE, found);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "sync", "{synchronous_commit: 'off'}", "synchronous_commit");
    }

    #[test]
    fn the_written_mode_counts_at_any_number_of_instances() {
        // While a cluster is stopped too: a stop launders nothing.
        for (instances, at) in [("1", &[INLINE][..]), ("many", &[INLINE]), ("0", &[INLINE])] {
            cluster("{replication: {mode: sync-all}}")
                .set("spec.instances", instances)
                .set(INLINE, "local")
                .raises(&RULE, at);
        }
    }

    #[test]
    fn an_inline_setting_wins_over_the_sg_postgres_config() {
        let spec = "{instances: 3, replication: {mode: sync}, configurations: {sgPostgresConfig: pg}}";
        let case = cluster(spec).with_config("{Synchronous_Commit: 'off'}");
        case.raises(&RULE, &[CONFIG]);
        case.says(&RULE, "Synchronous_Commit = \"off\" in the SGPostgresConfig \"pg\"");
        let spec = "{instances: 3, replication: {mode: sync}, configurations: {sgPostgresConfig: pg, \
            postgres: {postgresql.conf: {synchronous_commit: 'on'}}}}";
        cluster(spec).with_config("{synchronous_commit: 'off'}").raises(&RULE, &[]);
    }

    #[test]
    fn each_part_of_a_sharded_cluster_has_its_own_mode_and_settings() {
        let coordinator = &INLINE.replace("spec.", "spec.coordinator.");
        let workers = &INLINE.replace("spec.", "spec.workers.");
        sharded(
            "{replication: {mode: async}, coordinator: {instances: 3}, workers: {clusters: 2, \
            instancesPerCluster: 3, overrides: [{index: 1, replication: {mode: strict-sync-all}}]}}",
        )
        .set(coordinator, "'off'")
        .set(workers, "'off'")
        .raises_as(&RULE, &[("warning", coordinator), ("error", workers)]);
    }
}
