//! A recovery setting among the Postgres parameters: Patroni takes it for the whole recovery configuration.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "recovery-setting-drops-restore-command",
    severity: Severity::Warning,
    summary: "a recovery setting among the Postgres parameters makes standbys lose the operator's \
        restore_command",
    rationale: "Patroni has a section of its own for what a standby recovers with, and the operator writes \
        restore_command there where backups are configured. If any recovery setting stands among the \
        parameters of Postgres, Patroni takes those for the whole section, and restore_command of the \
        standbys becomes empty. A standby that was away for longer than the primary keeps WAL then cannot \
        fetch it from the archive, and has to be made anew. In a strict mode writes may hang until it is.",
    fix: "Remove the setting, because the operator decides how standbys recover. A recovery target belongs \
        in spec.initialData.restore.",
    reference: "patroni/postgresql/config.py, _adjust_recovery_parameters.",
    links: &[
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND",
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/postgresql/config.py#L1046",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              configurations:
                postgres:
                  postgresql.conf:
                    recovery_target_timeline: current
        "},
        &["spec.configurations.postgres[\"postgresql.conf\"].recovery_target_timeline"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          configurations:
            postgres:
              postgresql.conf:
                wal_keep_size: 2GB
    "},
    checks: &[Check::Cluster(check)],
})
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["2.1.4", "3.0.2", "3.2.2", "3.3.0", "4.1.0"],
    what: "With recovery_target_timeline among the parameters of Postgres, restore_command of the standby \
        is empty.",
}]);

/// What Patroni counts as recovery settings.
const RECOVERY: [&str; 16] = [
    "archive_cleanup_command",
    "primary_conninfo",
    "primary_slot_name",
    "promote_trigger_file",
    "recovery_end_command",
    "recovery_min_apply_delay",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "restore_command",
    "trigger_file",
];

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for setting in RECOVERY.iter().filter_map(|name| cluster.parameter(name)) {
        problems
            .at_parameter(
                &setting,
                format!("{setting} is a recovery setting: Patroni takes it for all of them, and standbys lose the operator's restore_command"),
            )
            .help("remove it; the operator decides how standbys recover");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, finds_parameter};

    #[test]
    fn every_recovery_setting_is_reported_in_any_case() {
        let conf = "spec.configurations.postgres[\"postgresql.conf\"]";
        for (settings, keys) in [
            ("{restore_command: cp}", &[".restore_command"][..]),
            ("{Recovery_Target_LSN: 0/1}", &[".Recovery_Target_LSN"]),
            (
                "{primary_conninfo: host=a, recovery_min_apply_delay: 5s}",
                &[".primary_conninfo", ".recovery_min_apply_delay"],
            ),
            ("{archive_timeout: 5min}", &[]),
            ("{restore_command: null}", &[]),
        ] {
            cluster("{instances: 2}").set(conf, settings).raises_below(&RULE, conf, keys);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_parameter(&RULE, "async", "{restore_command: cp}", "restore_command");
    }
}
