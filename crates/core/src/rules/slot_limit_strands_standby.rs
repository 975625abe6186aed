//! A limit on the WAL that slots keep, and no archive beside it: a standby that was away too long never comes back.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    postgres::mebibytes,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "slot-limit-strands-standby",
    severity: Severity::Warning,
    summary: "max_slot_wal_keep_size without backups: a synchronous standby that was away too long cannot \
        come back",
    rationale: "A replication slot keeps the WAL that its standby has not received yet. \
        max_slot_wal_keep_size limits how much, to protect the primary's disk. With backups a standby \
        fetches what is gone from the archive. Without them it asks for ever for WAL that nobody has any \
        more, and has to be made anew by hand. In a synchronous mode that is one copy less. In a strict \
        mode with two instances commits hang though both pods run.",
    fix: "Configure backups, or leave max_slot_wal_keep_size at -1 and watch the primary's disk.",
    reference: "PostgreSQL manual, Replication settings: max_slot_wal_keep_size.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE",
        "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync-all
              configurations:
                postgres:
                  postgresql.conf:
                    max_slot_wal_keep_size: 1GB
        "},
        &["spec.configurations.postgres[\"postgresql.conf\"].max_slot_wal_keep_size"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync-all
          configurations:
            backups:
            - sgObjectStorage: archive
            postgres:
              postgresql.conf:
                max_slot_wal_keep_size: 1GB
    "},
    checks: &[Check::Cluster(check)],
})
.limitations("Backups that are configured outside of the manifest are not seen.")
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["3.3.0", "4.1.0"],
    what: "In a strict mode with two instances, a standby that missed more WAL than its slot keeps never \
        streams again: commits hang with both members running, until it is made anew.",
}]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let is_synchronous = cluster.synchronous().is_some_and(|settings| settings.mode);
    if !is_synchronous || cluster.has_backups() || cluster.instances().is_none_or(|instances| instances < 2) {
        return;
    }
    let Some(setting) = cluster.parameter("max_slot_wal_keep_size") else { return };
    if setting.text().and_then(mebibytes).is_none_or(|size| size < 0) {
        return;
    }
    problems
        .at_parameter(
            &setting,
            format!("with {setting} and no backups, a synchronous standby that was away for more WAL than that can never catch up"),
        )
        .help("configure backups (spec.configurations.backups), or set it to \"-1\"");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{finds_parameter, replicated};

    #[test]
    fn a_limit_needs_an_archive_in_a_synchronous_mode() {
        const LIMIT: &str = "spec.configurations.postgres[\"postgresql.conf\"].max_slot_wal_keep_size";
        for (n, mode, value, backups, at) in [
            (3, "sync", "1GB", "null", &[LIMIT][..]),
            (3, "strict-sync-all", "'0'", "[]", &[LIMIT]),
            (3, "sync", "'-1'", "null", &[]),
            (3, "sync", "all", "null", &[]),
            (3, "sync", "1GB", "[{sgObjectStorage: a}]", &[]),
            (3, "async", "1GB", "null", &[]),
            (1, "sync-all", "1GB", "null", &[]),
        ] {
            replicated(n, mode)
                .set("spec.configurations.backups", backups)
                .set(LIMIT, value)
                .raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "sync", "{max_slot_wal_keep_size: 1GB}", "max_slot_wal_keep_size");
    }
}
