//! A standby cluster that is called like the cluster it follows: the members of both have the same names.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    replication::Mode,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "standby-cluster-shares-name",
    severity: Severity::Warning,
    summary: "a standby cluster has the name of the cluster that it follows, so their members have the same \
        names",
    rationale: "Members are called after their cluster: db-0, db-1. Where a cluster follows another one of \
        the same name, its standby leader streams under a name that a member of the source has too. Patroni \
        and Postgres then mistake one connection for the other, so a member that the source cannot promote \
        acknowledges its commits. The source's own standby of that name is misjudged in one of two ways. \
        Either it counts as complete without being so, and a failover loses acknowledged commits. Or it \
        never counts again, and nobody is promoted.",
    fix: "Give the standby cluster a name of its own before it is made: names cannot be changed later.",
    reference: "Patroni: application_name and the names of replication slots are those of the members.",
    links: &[
        "https://stackgres.io/doc/latest/administration/replication/remote/replicatefrom/",
        "https://patroni.readthedocs.io/en/latest/standby_cluster.html",
        "https://github.com/patroni/patroni/blob/v4.1.0/patroni/postgresql/config.py#L630",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replicateFrom:
                instance:
                  external:
                    host: demo.other-site.example
                    port: 5433
        "},
        &["spec.replicateFrom.instance.external.host"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replicateFrom:
            instance:
              external:
                host: main.other-site.example
                port: 5433
    "},
    checks: &[Check::Cluster(check)],
})
.severity_note(
    "It is an error in the strict modes, where a failover of the source loses acknowledged commits or is \
    refused.",
)
.judges_stopped()
.limitations(
    "The source is known by its host, by its sgCluster or by the path of its archive alone. A host that is \
    another name for the source is not recognized.",
)
.observed(&[
    Observation {
        software: Software::Patroni,
        versions: &["3.3.0"],
        what: "In strict-sync-all with two instances, the failover of the source loses acknowledged commits.",
    },
    Observation {
        software: Software::Patroni,
        versions: &["4.1.0"],
        what: "In the same cluster the failover of the source promotes nobody.",
    },
]);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let (Some(name), Some(followed)) = (cluster.name(), cluster.followed()) else { return };
    let is_strict = cluster.mode().is_some_and(Mode::is_strict);
    let mut report = |field: &Field<'a>| {
        problems
            .at(field, format!("the cluster follows one that is called {name:?} like itself: members of both have the same names"))
            .severity(Severity::error_if(is_strict))
            .help("give the standby cluster a name of its own");
    };
    let label = followed.host.text().and_then(|host| host.split('.').next());
    let service = label.map(|label| label.strip_suffix("-primary").unwrap_or(label));
    if service == Some(name) || label == Some(name) {
        report(&followed.host);
    }
    if followed.sg_cluster.text() == Some(name) {
        report(&followed.sg_cluster);
    }
    if followed.path.text().is_some_and(|path| path.split('/').any(|part| part == name)) {
        report(&followed.path);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn a_source_of_the_same_name_is_recognized_by_what_names_it() {
        const HOST: &str = "spec.replicateFrom.instance.external.host";
        for (from, at) in [
            ("{instance: {external: {host: demo}}}", &[HOST][..]),
            ("{instance: {external: {host: demo-primary.default.svc}}}", &[HOST]),
            ("{instance: {external: {host: demo2.example}}}", &[]),
            ("{instance: {external: {host: example.demo}}}", &[]),
            ("{instance: {external: {host: 10.0.0.1}}}", &[]),
            ("{instance: {sgCluster: demo}}", &["spec.replicateFrom.instance.sgCluster"]),
            ("{instance: {sgCluster: main}}", &[]),
            (
                "{storage: {sgObjectStorage: a, path: sgbackups.stackgres.io/default/demo/16}}",
                &["spec.replicateFrom.storage.path"],
            ),
            ("{storage: {sgObjectStorage: a, path: sgbackups.stackgres.io/default/main/16}}", &[]),
        ] {
            cluster("{instances: 3}").set("spec.replicateFrom", from).raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_an_error_in_a_strict_mode() {
        for (mode, severity) in [("strict-sync", "error"), ("sync", "warning")] {
            cluster("{instances: 3, replicateFrom: {instance: {sgCluster: demo}}}")
                .set("spec.replication.mode", mode)
                .raises_as(&RULE, &[(severity, "spec.replicateFrom.instance.sgCluster")]);
        }
    }
}
