//! An object that no known version of StackGres explains: what is unknown in it is not judged.

use indoc::indoc;

use crate::{
    cluster::{Base, FieldPath, Sharded, WorkersField, no_postgres_configs},
    rule::{Check, Definition, Example, Problems, Rule, Severity, one_of},
    view::{Body, Given, Kind, Leaf, Spec, Workers},
};
use syncguard_manifest::path::Path;

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unserved-version",
    severity: Severity::Warning,
    summary: "no known version of StackGres explains the object, so what is unknown of it is not judged",
    rationale: "An API server refuses an apiVersion that it does not serve. Where the fields that \
        everything else depends on are missing, or are something else than they were, the object is of a \
        StackGres that syncguard does not know. It is not denied for that, and nothing is said of what it \
        may mean. It is not called sound either.",
    fix: "Correct the apiVersion or the name of the field. If the object is for a newer StackGres, use a \
        newer syncguard.",
    reference: "StackGres custom resource definitions from 1.0 to 1.19: SGCluster and SGPostgresConfig are \
        v1; SGShardedCluster is v1alpha1 with shards, and from 1.19 v1beta1 with workers.",
    links: &[
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
        "https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/",
    ],
    bad: Example::sharded(
        indoc! {"
            spec:
              coordinator:
                instances: 1
              pools:
                clusters: 3
                instancesPerCluster: 1
        "},
        &["spec.workers"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            instancesPerCluster: 1
    "},
    checks: &[Check::Object(check)],
})
.judges_stopped()
.limitations("A field that keeps its name and changes its meaning is not noticed.");

fn check<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    let Some(kind) = object.known_kind() else { return };
    if !object.is_served(kind) {
        check_version(object, kind, problems);
    }
    match &object.spec {
        Given::Other(leaf) => not_an_object(Path::of(&["spec"]), leaf, problems),
        Given::Absent if !object.unknown.is_empty() => {
            let unknown = object.unknown.iter().map(|key| &**key);
            may_be_renamed(Path::of(&["spec"]), "the object", unknown, problems);
        }
        Given::Absent => {}
        Given::Is(spec) => match kind {
            Kind::Cluster => check_cluster(object, spec, problems),
            Kind::ShardedCluster => check_sharded(object, spec, problems),
            Kind::PostgresConfig | Kind::Scale => {}
        },
    }
}

fn check_version<'a>(object: &'a Body<'a>, kind: Kind, problems: &mut Problems<'a>) {
    let served: Vec<_> = kind.api_versions().collect();
    let served: Vec<_> = served.iter().map(String::as_str).collect();
    problems
        .at_path(
            Path::of(&["apiVersion"]),
            format!("no StackGres that is known here serves {} as {}", kind.name(), object.api_version.0),
        )
        .help(format!("write apiVersion: {}", one_of(&served)));
}

fn check_cluster<'a>(object: &'a Body<'a>, spec: &'a Spec<'a>, problems: &mut Problems<'a>) {
    if spec.instances.is_absent() {
        may_be_renamed(at(Base::Spec, "instances"), "spec", object.unknown_in_spec(Kind::Cluster), problems);
    }
}

fn check_sharded<'a>(object: &'a Body<'a>, spec: &'a Spec<'a>, problems: &mut Problems<'a>) {
    let sharded = Sharded::of(object, &no_postgres_configs);
    let unknown = || object.unknown_in_spec(Kind::ShardedCluster);
    match &spec.coordinator {
        Given::Other(leaf) => not_an_object(Base::Coordinator.path(), leaf, problems),
        Given::Absent => may_be_renamed(Base::Coordinator.path(), "spec", unknown(), problems),
        Given::Is(coordinator) if coordinator.instances.is_absent() => {
            let unknown = coordinator.unknown.iter().map(|key| &**key);
            may_be_renamed(at(Base::Coordinator, "instances"), "the coordinator", unknown, problems);
        }
        Given::Is(_) => {}
    }
    let described = [(WorkersField::Workers, &spec.workers), (WorkersField::Shards, &spec.shards)];
    for (field, workers) in described {
        match workers {
            Given::Absent => {}
            Given::Other(leaf) => not_an_object(Base::Workers(field).path(), leaf, problems),
            Given::Is(workers) => check_workers(field, workers, problems),
        }
    }
    if spec.workers.is_absent() && spec.shards.is_absent() {
        problems
            .at_path(
                sharded.workers_place().path(),
                "the SGShardedCluster has neither workers nor shards: what holds its data is not known, and not judged",
            )
            .help("describe the clusters that hold the data in workers, or in shards until StackGres 1.18");
    }
}

fn check_workers<'a>(field: WorkersField, workers: &'a Workers<'a>, problems: &mut Problems<'a>) {
    for (leaf, key) in
        [(&workers.clusters, "clusters"), (&workers.instances_per_cluster, "instancesPerCluster")]
    {
        if leaf.is_absent() {
            let unknown = workers.unknown.iter().map(|key| &**key);
            may_be_renamed(at(Base::Workers(field), key), field.name(), unknown, problems);
        }
    }
}

fn at(base: Base, key: &str) -> Path<'_> {
    FieldPath::new(base, &[]).key(key).path()
}

fn not_an_object<'a>(path: Path<'a>, found: &Leaf<'_>, problems: &mut Problems<'a>) {
    let message =
        format!("{} is {found} where every known StackGres has an object; it is not judged", path.name());
    problems.at_path(path, message).help("make it an object");
}

/// Of something that is missing beside fields that nobody knows, one may be the new name.
fn may_be_renamed<'a, 'k>(
    path: Path<'a>,
    holder: &str,
    unknown: impl Iterator<Item = &'k str>,
    problems: &mut Problems<'a>,
) {
    const MAX_NAMED_FIELDS: usize = 3;
    let named: Vec<_> =
        unknown.take(MAX_NAMED_FIELDS).map(|key| Leaf::Text(key.into()).to_string()).collect();
    if named.is_empty() {
        return;
    }
    let (missing, named) = (path.name().to_owned(), named.join(", "));
    problems.at_path(
        path,
        format!(
            "{missing} is missing, and {holder} has {named}, which no known StackGres has: what depends on {missing} is not \
             judged"
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, postgres_config, sharded};

    #[test]
    fn an_unknown_version_is_told_and_what_is_known_is_judged_all_the_same() {
        for (version, at) in [
            ("stackgres.io/v1", &[][..]),
            ("stackgres.io/v1beta1", &["apiVersion"]),
            ("stackgres.io/v2", &["apiVersion"]),
            ("stackgres.io/", &["apiVersion"]),
        ] {
            cluster("{instances: 1}").set("apiVersion", version).raises(&RULE, at);
        }
        for (version, at) in [
            ("stackgres.io/v1beta1", &[][..]),
            ("stackgres.io/v1alpha1", &[]),
            ("stackgres.io/v1", &["apiVersion"]),
        ] {
            sharded("{coordinator: {instances: 1}, workers: {clusters: 1, instancesPerCluster: 1}}")
                .set("apiVersion", version)
                .raises(&RULE, at);
        }
        postgres_config("{}").set("apiVersion", "stackgres.io/v1beta1").raises(&RULE, &["apiVersion"]);
        let unsound = cluster("{instances: 1, replication: {mode: strict-sync-all}}")
            .set("apiVersion", "stackgres.io/v2");
        unsound.raises_as(
            &crate::rules::strict_sync_all_without_standby::RULE,
            &[("warning", "spec.instances")],
        );
    }

    #[test]
    fn an_sgcluster_hangs_on_its_instances() {
        for (spec, at) in [
            ("{size: 3, replication: {mode: sync}}", &["spec.instances"][..]),
            ("{replicas: 3}", &["spec.instances"]),
            ("{instances: 3, size: 3}", &[]),
            // Forgotten, not renamed: another rule says so.
            ("{postgres: {version: '16.1'}, pods: {}, managedSql: {}}", &[]),
            ("{}", &[]),
            ("[1]", &["spec"]),
            ("none", &["spec"]),
        ] {
            cluster(spec).raises(&RULE, at);
        }
        cluster("null").set("specification", "{instances: 3}").raises(&RULE, &["spec"]);
    }

    #[test]
    fn an_sgshardedcluster_hangs_on_its_coordinator_and_workers() {
        for (spec, at) in [
            ("{coordinator: {instances: 1}, workers: {clusters: 1, instancesPerCluster: 1}}", &[][..]),
            ("{coordinator: {instances: 1}, shards: {clusters: 1, instancesPerCluster: 1}}", &[]),
            ("{coordinator: {instances: 1}}", &["spec.workers"]),
            ("{coordinator: {instances: 1}, workers: [1]}", &["spec.workers"]),
            ("{coordinator: {instances: 1}, shards: some}", &["spec.shards"]),
            (
                "{coordinator: {instances: 1}, workers: true, shards: {a: null}}",
                &["spec.workers", "spec.shards.clusters", "spec.shards.instancesPerCluster"],
            ),
            (
                "{coordinator: {instances: 1}, workers: {count: 1, instancesPerCluster: 1}}",
                &["spec.workers.clusters"],
            ),
            ("{head: {instances: 1}, workers: {clusters: 1, instancesPerCluster: 1}}", &["spec.coordinator"]),
            (
                "{coordinator: {size: 1}, workers: {clusters: 1, instancesPerCluster: 1}}",
                &["spec.coordinator.instances"],
            ),
            ("{coordinator: 5, workers: {clusters: 1, instancesPerCluster: 1}}", &["spec.coordinator"]),
            ("{workers: {clusters: 1, instancesPerCluster: 1}}", &[]),
        ] {
            sharded(spec).raises(&RULE, at);
        }
    }
}
