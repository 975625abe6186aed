//! Two synchronous standbys beside a Patroni that can leave commits waiting for one that is gone.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    facts::patroni::STUCK_COMMITS,
    patroni::{Deployed, first_fixed},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
    view::Leaf,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "stuck-commit-bug",
    severity: Severity::Warning,
    summary: "the Patroni of this Postgres version can leave commits hanging with two or more synchronous \
        standbys",
    rationale: "Which Patroni runs follows from the Postgres version that runs: status.postgresVersion, or \
        spec.postgres.version. The bug is in Patroni before 3.3.7, and in 4.0 before 4.0.6. There a standby \
        that joins and leaves at once can leave synchronous_standby_names at a list such as 2 (a,b) though \
        only one of the two is alive. Commits then hang for ever, even in the modes that are not strict, \
        and nothing recovers by itself. It takes a count of two or more, which the -all modes have from \
        three instances on.",
    fix: "Move to a minor version of Postgres that comes with Patroni 4.0.6 or later. It only needs a \
        restart.",
    reference: "Patroni issue 3468, fixed in 3.3.7 and 4.0.6.",
    links: &[
        "https://github.com/patroni/patroni/issues/3468",
        "https://patroni.readthedocs.io/en/latest/releases.html#version-4-0-6",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              postgres:
                version: "16.1"
              replication:
                mode: sync-all
        "#},
        &["spec.postgres.version"],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          postgres:
            version: "16.9"
          replication:
            mode: sync-all
    "#},
    checks: &[Check::Cluster(check)],
})
.limitations(
    "The newest build of each Postgres version is assumed. The Patroni is unknown, and the rule is silent, \
    where status.postgresVersion is missing and the manifest names only latest, a major version or another \
    flavor.",
)
.observed(&[
    Observation {
        software: Software::Patroni,
        versions: &["3.3.0"],
        what: "A standby that joins and leaves at once leaves commits hanging.",
    },
    Observation { software: Software::Patroni, versions: &["4.1.0"], what: "After the same, commits go on." },
]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let count = cluster.synchronous().and_then(|settings| settings.node_count);
    let Some(count) = count.filter(|count| *count >= 2) else { return };
    let (Deployed::Exactly(patroni), Some(running)) = (cluster.patroni(), cluster.running_postgres()) else {
        return;
    };
    if !STUCK_COMMITS.is_in(patroni) {
        return;
    }
    problems
        .at(
            &cluster.postgres_version,
            format!(
                "Patroni {patroni}, which runs beside Postgres {}, has issue 3468: with a \
                 synchronous_node_count of {count}, a standby that joins and leaves at once can make \
                 commits hang for ever",
                Leaf::Text(running.into())
            ),
        )
        .help(way_out(cluster, running).unwrap_or_default())
        .see(&cluster.mode, format!("asks for up to {count} synchronous standbys"));
}

/// What to do, as long as the manifest does not already ask for a version that has it fixed.
fn way_out(cluster: &Cluster<'_>, running: &str) -> Option<String> {
    let fixed = first_fixed(running)?;
    let wanted = cluster.postgres_version.text().filter(|wanted| *wanted != running);
    let wanted = wanted.map(|wanted| Deployed::with_postgres(wanted, cluster.made_by()));
    let is_wanted = wanted.and_then(Deployed::version).is_some_and(|wanted| !STUCK_COMMITS.is_in(wanted));
    Some(if is_wanted {
        "let an SGDbOps do the minor version upgrade: the operator says that the old version still runs"
            .to_owned()
    } else {
        format!("set it to \"{fixed}\" or a later minor version")
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn two_synchronous_standbys_and_an_old_patroni_are_needed() {
        const AT: &[&str] = &["spec.postgres.version"];
        for (postgres, instances, replication, at) in [
            ("{version: '16.1'}", "3", "{mode: sync-all}", AT),
            ("{version: '16.1'}", "6", "{mode: strict-sync-all, syncInstances: 1}", AT),
            ("{version: '16.8'}", "3", "{mode: sync, syncInstances: 2}", AT),
            ("{version: ' 16.1 '}", "2147483647", "{mode: sync-all}", AT),
            ("{version: '16.9'}", "3", "{mode: sync-all}", &[]),
            ("{version: '16.99'}", "3", "{mode: sync-all}", &[]),
            ("{version: '16.1'}", "2", "{mode: sync-all}", &[]),
            ("{version: '16.1'}", "3", "{mode: sync}", &[]),
            ("{version: '16.1'}", "3", "{mode: strict-sync, syncInstances: 1}", &[]),
            ("{version: '16.1'}", "3", "{mode: strict-sync, syncInstances: two}", &[]),
            ("{version: '16.1'}", "3", "{mode: async, syncInstances: 2}", &[]),
            ("{version: '16.1'}", "0", "{mode: sync-all}", &[]),
            ("{version: '16.1'}", "three", "{mode: sync-all}", &[]),
            ("{version: 16.1}", "3", "{mode: sync-all}", &[]),
            ("{version: latest}", "3", "{mode: sync-all}", &[]),
            ("{version: '16'}", "3", "{mode: sync-all}", &[]),
            ("{version: '16.1', flavor: babelfish}", "3", "{mode: sync-all}", &[]),
        ] {
            cluster("{}")
                .set("spec.instances", instances)
                .set("spec.postgres", postgres)
                .set("spec.replication", replication)
                .raises(&RULE, at);
        }
    }

    #[test]
    fn it_names_the_patroni_and_the_next_good_minor_version() {
        let case = cluster("{instances: 6, postgres: {version: '13.5'}, replication: {mode: sync-all}}");
        case.says(&RULE, "Patroni 2.1.4");
        case.says(&RULE, "\"13.21\"");
    }

    #[test]
    fn what_runs_counts_and_not_what_is_asked_for() {
        const AT: &[&str] = &["spec.postgres.version"];
        for (wanted, runs, at) in [
            ("'16'", "'16.1'", AT),
            ("latest", "'16.1'", AT),
            ("'16.9'", "'16.1'", AT),
            ("'16.1'", "'16.9'", &[]),
            ("'16.1'", "null", AT),
        ] {
            cluster("{instances: 3, replication: {mode: sync-all}}")
                .set("spec.postgres.version", wanted)
                .set("status.postgresVersion", runs)
                .raises(&RULE, at);
        }
        cluster("{instances: 3, postgres: {version: '16.9'}, replication: {mode: sync-all}}")
            .set("status.postgresVersion", "'16.1'")
            .says(&RULE, "minor version upgrade");
    }

    #[test]
    fn all_parts_of_a_sharded_cluster_share_one_version() {
        let spec = "{postgres: {version: '15.5'}, coordinator: {instances: 3}, workers: {clusters: 4, \
            instancesPerCluster: 3, replication: {mode: sync-all}, overrides: [{index: 0}]}}";
        sharded(spec).raises(&RULE, &["spec.postgres.version"]);
    }
}
