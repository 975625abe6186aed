//! `fsync` or `full_page_writes` off in a synchronous mode: every copy is one power failure from being none.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    postgres::boolean,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "fsync-off",
    severity: Severity::Error,
    summary: "fsync or full_page_writes is off in a synchronous mode",
    rationale: "A synchronous commit is worth what the standby's flush is worth. With fsync off Postgres \
        reports a flush that never happened, on the primary and on every standby alike, because all of them \
        share the setting. After a crash of the operating system the data directory may be corrupt, not \
        just a little behind. Without full_page_writes a page that was half written in the crash stays \
        torn, because WAL replay has no whole page to start from.",
    fix: "Leave fsync and full_page_writes on. Where speed matters more than the data, choose mode: async \
        too.",
    reference: "PostgreSQL manual, Write Ahead Log settings: fsync, full_page_writes; booleans may be \
        abbreviated.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FSYNC",
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FULL-PAGE-WRITES",
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
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
                    fsync: "off"
                    full_page_writes: "off"
        "#},
        &[
            "spec.configurations.postgres[\"postgresql.conf\"].fsync",
            "spec.configurations.postgres[\"postgresql.conf\"].full_page_writes",
        ],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 1
          configurations:
            postgres:
              postgresql.conf:
                fsync: "on"
                wal_compression: "on"
    "#},
    checks: &[Check::Cluster(check)],
})
.severity_note("It is a warning where the mode is not strict.")
.judges_stopped()
.limitations("Whether the disks and the storage layer below honor a flush cannot be seen in a manifest.");

/// What a crash does without each of the settings.
const DAMAGE: [(&str, &str); 2] = [
    ("fsync", "a commit that counts as flushed may be on no disk, neither the primary's nor a standby's"),
    ("full_page_writes", "a page that is half written in a crash stays corrupt"),
];

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_synchronous()) else { return };
    for (name, damage) in DAMAGE {
        let Some(setting) = cluster.parameter(name) else { continue };
        if setting.text().and_then(boolean) != Some(false) {
            continue;
        }
        problems
            .at_parameter(&setting, format!("the mode is {}, but with {setting} {damage}", mode.name()))
            .severity(Severity::error_if(mode.is_strict()))
            .help(format!("set {name} to \"on\""));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_parameter, replicated};

    const CONF: &str = "spec.configurations.postgres[\"postgresql.conf\"]";
    const FSYNC: &str = "spec.configurations.postgres[\"postgresql.conf\"].fsync";
    const PAGES: &str = "spec.configurations.postgres[\"postgresql.conf\"].full_page_writes";
    const CONFIG: &str = "spec.configurations.sgPostgresConfig";

    #[test]
    fn both_settings_count_in_every_spelling_of_false() {
        for (mode, settings, found) in [
            ("strict-sync", "{fsync: 'off'}", &[("error", FSYNC)][..]),
            ("strict-sync-all", "{full_page_writes: 'F'}", &[("error", PAGES)]),
            ("sync", "{fsync: of, full_page_writes: '0'}", &[("warning", FSYNC), ("warning", PAGES)]),
            ("sync-all", "{fsync: 'no'}", &[("warning", FSYNC)]),
            ("sync", "{fsync: o}", &[]),
            ("sync", "{fsync: 'on', full_page_writes: 'on'}", &[]),
            ("sync", "{fsync: false}", &[]),
            ("sync", "{}", &[]),
            ("async", "{fsync: 'off'}", &[]),
        ] {
            replicated(3, mode).set(CONF, settings).raises_as(&RULE, found);
        }
    }

    #[test]
    fn both_are_found_wherever_settings_stand() {
        finds_parameter(&RULE, "sync", "{fsync: 'off'}", "fsync");
        finds_parameter(&RULE, "sync", "{full_page_writes: 'off'}", "full_page_writes");
    }

    #[test]
    fn two_settings_of_one_sg_postgres_config_are_two_faults() {
        let case =
            cluster("{instances: 3, replication: {mode: sync}, configurations: {sgPostgresConfig: pg}}")
                .with_config("{fsync: 'off', FULL_PAGE_WRITES: 'off'}");
        case.raises(&RULE, &[CONFIG, CONFIG]);
        case.says(&RULE, "FULL_PAGE_WRITES = \"off\" in the SGPostgresConfig \"pg\"");
    }
}
