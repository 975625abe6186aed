//! One Postgres setting under several spellings: which of them counts is chance.

use std::collections::BTreeMap;

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problem, Problems, Rule, Severity},
    view::{Body, Kind, Leaf, Parameters},
};
use syncguard_manifest::path::Path;

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "duplicate-parameter",
    severity: Severity::Warning,
    summary: "a Postgres setting is written twice, in names that differ only in upper and lower case",
    rationale: "Postgres knows its settings by name in any case, but a manifest takes Fsync and fsync for \
        two. Both reach Patroni, and so do those of an SGPostgresConfig that the cluster spells otherwise. \
        Either the order decides which of them Postgres uses, or the operator refuses both. Every rule here \
        judges the worst of them.",
    fix: "Keep one of them, in lower case.",
    reference: "PostgreSQL manual: parameter names are case-insensitive; patroni/collections.py, \
        CaseInsensitiveDict. StackGres merges the two configurations by the name as it is spelled.",
    links: &[
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/collections.py#L110",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              configurations:
                postgres:
                  postgresql.conf:
                    work_mem: 8MB
                    Work_Mem: 16MB
        "},
        &["spec.configurations.postgres[\"postgresql.conf\"].Work_Mem"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          configurations:
            postgres:
              postgresql.conf:
                work_mem: 8MB
    "},
    checks: &[Check::Cluster(check), Check::Object(check_config)],
})
.severity_note(
    "It is an error where one setting has more than eight spellings, because not all of them are judged \
    then.",
)
.limitations("An SGPostgresConfig that only an override of a shard names is judged by itself alone.");

/// So many spellings of one setting are judged.
const MOST_SPELLINGS: usize = 8;

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let settings = cluster.own_parameters().map(|setting| (setting.key, setting));
    report(settings, problems, |problems, setting, message| problems.at_parameter(&setting, message));
}

/// The same in an SGPostgresConfig.
fn check_config<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    let Some(spec) = object.spec.get().filter(|_| object.known_kind() == Some(Kind::PostgresConfig)) else {
        return;
    };
    let settings = spec.postgresql_conf.get().into_iter().flat_map(Parameters::iter);
    report(settings.map(|(key, _)| (key, key)), problems, |problems, key, message| {
        problems.at_name(Path::of(&["spec", "postgresql.conf"]).key(key), message)
    });
}

/// Of settings that one name in lower case stands for, reports all but the one to keep: that in lower case, if there is such a one.
fn report<'a, T>(
    settings: impl Iterator<Item = (&'a str, T)>,
    problems: &mut Problems<'a>,
    at: impl for<'p> Fn(&'p mut Problems<'a>, T, String) -> &'p mut Problem<'a>,
) {
    let mut by_name = BTreeMap::<String, BTreeMap<&'a str, T>>::new();
    for (key, setting) in settings {
        // The first of two that are spelled alike stays: inline ones come first.
        by_name.entry(key.to_ascii_lowercase()).or_default().entry(key).or_insert(setting);
    }
    for mut spellings in by_name.into_values() {
        // Lower case letters sort behind upper case ones.
        let Some((kept, _)) = spellings.pop_last() else { continue };
        let severity = Severity::error_if(spellings.len() >= MOST_SPELLINGS);
        for (key, setting) in spellings.into_iter().take(MOST_SPELLINGS) {
            at(problems, setting, message(key, kept))
                .severity(severity)
                .help("keep one of them, in lower case");
        }
    }
}

fn message(key: &str, other: &str) -> String {
    let [key, other] = [key, other].map(|key| Leaf::Text(key.into()).to_string());
    format!(
        "{key} and {other} are one setting to Postgres, and which of them counts is chance: the worst is judged"
    )
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::{
        fsync_off, synchronous_commit_off,
        testing::{cluster, postgres_config},
    };

    const CONF: &str = "spec.configurations.postgres[\"postgresql.conf\"]";

    #[test]
    fn names_that_differ_in_case_are_one_setting() {
        for (settings, keys) in [
            ("{fsync: 'on', Fsync: 'on'}", &[".Fsync"][..]),
            ("{FSYNC: 'on', fsync: 'on', Fsync: 'on'}", &[".FSYNC", ".Fsync"]),
            ("{FSYNC: 'on', Fsync: 'on'}", &[".FSYNC"]),
            ("{fsync: 'on', work_mem: 1MB}", &[]),
            ("{fsync: 'on', Fsync: null}", &[]),
        ] {
            cluster("{instances: 2}").set(CONF, settings).raises_below(&RULE, CONF, keys);
        }
        postgres_config("{postgresql.conf: {fsync: 'on', Fsync: 'on'}}")
            .raises(&RULE, &["spec[\"postgresql.conf\"].Fsync"]);
    }

    #[test]
    fn the_cluster_overrides_only_what_it_spells_alike() {
        for (inline, twice, off) in [
            ("{Fsync: 'on'}", &[".Fsync"][..], &["spec.configurations.sgPostgresConfig"][..]),
            ("{fsync: 'on'}", &[], &[]),
        ] {
            let case =
                cluster("{instances: 3, replication: {mode: sync}, configurations: {sgPostgresConfig: pg}}")
                    .with_config("{fsync: 'off'}")
                    .set(CONF, inline);
            case.raises_below(&RULE, CONF, twice);
            case.raises(&fsync_off::RULE, off);
        }
    }

    #[test]
    fn the_worst_of_all_spellings_is_judged_in_either_order() {
        for settings in [
            "{synchronous_commit: 'off', Synchronous_commit: 'on'}",
            "{Synchronous_commit: 'on', synchronous_commit: 'off'}",
        ] {
            cluster("{instances: 3, replication: {mode: strict-sync-all}}").set(CONF, settings).raises_below(
                &synchronous_commit_off::RULE,
                CONF,
                &[".synchronous_commit"],
            );
        }
    }

    #[test]
    fn more_spellings_than_are_judged_are_an_error() {
        const SPELLINGS: [&str; 9] = [
            "Work_memory",
            "wOrk_memory",
            "woRk_memory",
            "worK_memory",
            "work_Memory",
            "work_mEmory",
            "work_meMory",
            "work_memOry",
            "work_memoRy",
        ];
        for (spellings, severity) in [(&SPELLINGS[..8], "warning"), (&SPELLINGS[..], "error")] {
            let case = spellings
                .iter()
                .fold(cluster("{instances: 2}"), |case, name| case.set(&format!("{CONF}.{name}"), "a"));
            let found = case.severities(&RULE);
            let as_told = !found.is_empty() && found.iter().all(|found| *found == severity);
            assert!(as_told, "{spellings:?} give {found:?}");
        }
    }
}
