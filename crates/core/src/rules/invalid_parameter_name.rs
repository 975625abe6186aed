//! A key of `postgresql.conf` that is no name of a setting: Patroni writes it into the file as it stands.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
    view::{Body, Kind, Leaf, Parameters},
};
use syncguard_manifest::path::Path;

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-parameter-name",
    severity: Severity::Error,
    summary: "a key of postgresql.conf is no name of a Postgres setting",
    rationale: "Patroni writes the settings into postgresql.conf, and escapes their values but not their \
        names. So a key with a line break, a quote or an equals sign can hold settings that nobody sees as \
        such. For example, a name with a dot passes every check, because Postgres takes it for a setting of \
        an extension, and the line behind it turns fsync off. Any other such key makes a file that Postgres \
        cannot read, and then Postgres does not start.",
    fix: "Write a name as Postgres knows it: letters, digits and underscores. A setting of an extension has \
        the extension's prefix and a dot.",
    reference: "PostgreSQL manual: parameter names and values; patroni/postgresql/config.py, \
        write_postgresql_conf.",
    links: &[
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/postgresql/config.py#L541",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              configurations:
                postgres:
                  postgresql.conf:
                    "zz.a = '1'\nfsync": "off"
        "#},
        &["spec.configurations.postgres[\"postgresql.conf\"][\"zz.a = '1'\\nfsync\"]"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          configurations:
            postgres:
              postgresql.conf:
                pg_stat_statements.track: all
    "},
    checks: &[Check::Cluster(check), Check::Object(check_config)],
})
.judges_stopped()
.limitations(
    "Whether Postgres has a setting of this name is not checked. An SGPostgresConfig that only an override \
    of a shard names is judged by itself alone.",
);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for setting in cluster.own_parameters().filter(|setting| !is_name(setting.key)) {
        let shown = Leaf::Text(setting.key.into());
        problems.at_parameter(&setting, message(&shown)).help(HELP);
    }
}

/// The same in an SGPostgresConfig.
fn check_config<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    let Some(spec) = object.spec.get().filter(|_| object.known_kind() == Some(Kind::PostgresConfig)) else {
        return;
    };
    let settings = spec.postgresql_conf.get().into_iter().flat_map(Parameters::iter);
    for (key, _) in settings.filter(|(key, _)| !is_name(key)) {
        let path = Path::of(&["spec", "postgresql.conf"]).key(key);
        problems.at_name(path, message(&Leaf::Text(key.into()))).help(HELP);
    }
}

const HELP: &str =
    "write a name of letters, digits and underscores, an extension's with its prefix and a dot";

fn message(key: &Leaf<'_>) -> String {
    format!("{key} is no name of a setting, and Patroni writes it into postgresql.conf as it stands")
}

/// Whether Postgres reads it as the name of a setting, one of an extension or not.
fn is_name(key: &str) -> bool {
    let is_identifier = |part: &str| {
        let starts = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        starts && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
    };
    key.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_name};
    use crate::rules::testing::{cluster, postgres_config};

    #[test]
    fn a_name_is_an_identifier_or_several_with_dots() {
        for (key, is) in [
            ("fsync", true),
            ("Fsync", true),
            ("pg_stat_statements.max", true),
            ("a.b.c", true),
            ("_x$1", true),
            ("", false),
            (".a", false),
            ("a.", false),
            ("1a", false),
            ("a b", false),
            ("a-b", false),
            ("fsync = off", false),
            ("zz.a = '1'\nfsync", false),
            ("a'", false),
            ("a#", false),
            ("größe", false),
        ] {
            assert_eq!(is_name(key), is, "{key:?} as a name of a setting");
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        cluster("{instances: 0, configurations: {postgres: {postgresql.conf: {'a b': '1'}}}}")
            .raises(&RULE, &["spec.configurations.postgres[\"postgresql.conf\"][\"a b\"]"]);
        cluster("{instances: 3, configurations: {sgPostgresConfig: pg}}")
            .with_config("{\"a\\nb\": '1'}")
            .raises(&RULE, &["spec.configurations.sgPostgresConfig"]);
        postgres_config("{postgresql.conf: {'a b': '1', fsync: 'on'}}")
            .raises(&RULE, &["spec[\"postgresql.conf\"][\"a b\"]"]);
    }
}
