//! A field that a replication object does not have: a typing error that an API server may drop silently.

use indoc::indoc;

use crate::{
    cluster::{Base, FieldPath, Sharded, WorkersField, Written, no_postgres_configs},
    rule::{Check, Definition, Example, MAX_FINDINGS_PER_RULE, Problems, Rule, Severity},
    spelling::{self, nearest},
    view::{Autoscaling, Body, Coordinator, Group, Kind, Leaf, Replication, Spec, Workers, elements},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unknown-field",
    severity: Severity::Error,
    summary: "a field that does not exist, in a replication object or misspelled beside one",
    rationale: "The custom resource definition does not know the field. kubectl apply refuses it, while \
        Helm, Argo CD and client libraries let the API server drop it silently. A misspelled syncInstances \
        then counts as 1, and a misspelled mode as async: the cluster runs, and keeps fewer copies than its \
        manifest says. An SGShardedCluster has neither roles nor groups, although the SGClusters that are \
        made of it do.",
    fix: "Correct the name, or remove the field.",
    reference: "StackGres custom resource definitions: spec.replication of SGCluster; SGShardedCluster has \
        the same without role and groups, in four places.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning",
        "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: sync
                syncInstance: 2
        "},
        &["spec.replication.syncInstance"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: sync
            syncInstances: 2
    "},
    checks: &[Check::Manifest(check)],
})
.judges_stopped()
.limitations(
    "Only replication objects are checked, and beside them only fields that were surely meant for one. An \
    API server has dropped the field before a webhook sees the object, so only files can be judged.",
);

/// What a replication object of an SGShardedCluster can hold.
const SHARDED_KEYS: &[&str] = &["mode", "syncInstances", "initialization"];

fn check<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    let (Some(kind), Some(spec)) = (object.known_kind(), object.spec.get()) else { return };
    match kind {
        Kind::Cluster => {
            check_spec(spec, kind, problems);
            if let Some(replication) = spec.replication.get() {
                check_cluster(replication, problems);
            }
        }
        Kind::ShardedCluster => {
            check_spec(spec, kind, problems);
            check_parts(spec, problems);
            let sharded = Sharded::of(object, &no_postgres_configs);
            sharded.written().iter().for_each(|written| check_sharded(written, problems));
        }
        Kind::PostgresConfig | Kind::Scale => {}
    }
}

/// Beside `replication` stand fields that nobody here reads: only what was surely meant for one that is read is told.
fn check_spec<'a>(spec: &'a Spec<'a>, kind: Kind, problems: &mut Problems<'a>) {
    let place = FieldPath::new(Base::Spec, &[]);
    let unknown = spec.unread.iter().filter(|key| !kind.has_in_spec(key));
    for key in unknown.take(MAX_FINDINGS_PER_RULE) {
        if let Some(name) = Replication::KEYS.iter().find(|name| *name == key) {
            problems
                .at_name(
                    place.key(key).path(),
                    format!("spec has no field {name}: it stands one level too high"),
                )
                .help(format!("move it into replication: replication: {{{name}: …}}"));
        } else {
            misspelled(place, "spec", key, kind.read_in_spec(), problems);
        }
    }
    if let Some(autoscaling) = spec.autoscaling.get().filter(|_| kind == Kind::Cluster) {
        let place = FieldPath::new(Base::Spec, &["autoscaling"]);
        for key in autoscaling.unknown.iter().take(MAX_FINDINGS_PER_RULE) {
            misspelled(place, "autoscaling", key, Autoscaling::KEYS, problems);
        }
    }
}

/// The parts of an SGShardedCluster, of whose fields most are read by nobody here.
fn check_parts<'a>(spec: &'a Spec<'a>, problems: &mut Problems<'a>) {
    if let Some(coordinator) = spec.coordinator.get() {
        let place = FieldPath::new(Base::Coordinator, &[]);
        for key in coordinator.unknown.iter().take(MAX_FINDINGS_PER_RULE) {
            misspelled(place, "the coordinator", key, Coordinator::KEYS, problems);
        }
    }
    for (field, workers) in [(WorkersField::Workers, &spec.workers), (WorkersField::Shards, &spec.shards)] {
        for key in workers.get().into_iter().flat_map(|workers| &workers.unknown).take(MAX_FINDINGS_PER_RULE)
        {
            misspelled(FieldPath::new(Base::Workers(field), &[]), field.name(), key, Workers::KEYS, problems);
        }
    }
}

/// Tells of a key that surely stands for a field; of any other one an API server tells.
fn misspelled<'a>(
    holder: FieldPath<'a>,
    owner: &str,
    key: &'a str,
    known: &[&'static str],
    problems: &mut Problems<'a>,
) {
    if let Some(name) = spelling::surely(key, known.iter().copied()) {
        report(holder.key(key), key, owner, &[name], problems);
    }
}

fn check_cluster<'a>(replication: &'a Replication<'a>, problems: &mut Problems<'a>) {
    let place = FieldPath::new(Base::Spec, &["replication"]);
    for key in replication.unknown.iter().take(MAX_FINDINGS_PER_RULE) {
        report(place.key(key), key, "spec.replication", Replication::KEYS, problems);
    }
    for (index, group) in elements(&replication.groups) {
        let place = FieldPath::new(Base::Spec, &["replication", "groups"]).index(index);
        for key in group.unknown.iter().take(MAX_FINDINGS_PER_RULE) {
            report(place.key(key), key, "a replication group", Group::KEYS, problems);
        }
    }
}

fn check_sharded<'a>(written: &Written<'a>, problems: &mut Problems<'a>) {
    let (place, replication) = (FieldPath::new(written.base, &["replication"]), written.replication);
    for key in replication.unknown.iter().take(MAX_FINDINGS_PER_RULE) {
        report(place.key(key), key, "replication in an SGShardedCluster", SHARDED_KEYS, problems);
    }
    let role = (!replication.role.is_absent()).then_some("role");
    let groups = (!replication.groups.is_absent()).then_some("groups");
    for key in role.into_iter().chain(groups) {
        problems
            .at_name(
                place.key(key).path(),
                format!(
                    "replication in an SGShardedCluster has no field {key}: only an SGCluster has roles and \
                     groups"
                ),
            )
            .help(format!("remove {key}; all pods of a shard, or of the coordinator, have the same role"));
    }
}

fn report<'a>(
    place: FieldPath<'a>,
    key: &'a str,
    owner: &str,
    known: &[&'static str],
    problems: &mut Problems<'a>,
) {
    let shown = Leaf::Text(key.into());
    let help = match nearest(key, known.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("remove it; the fields here are {}", known.join(", ")),
    };
    problems
        .at_name(
            place.path(),
            format!(
                "{owner} has no field {shown}: kubectl apply refuses it, Helm and Argo CD drop it silently"
            ),
        )
        .help(help);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, postgres_config, sharded};

    #[test]
    fn every_unknown_key_of_replication_and_groups_is_found() {
        for (replication, at) in [
            ("{mode: sync, syncinstances: 2}", &["spec.replication.syncinstances"][..]),
            ("{Mode: sync, x y: 1}", &["spec.replication.Mode", "spec.replication[\"x y\"]"]),
            ("{groups: [{}, {size: 1}]}", &["spec.replication.groups[1].size"]),
            ("{minInstances: 1}", &["spec.replication.minInstances"]),
            ("{mode: sync, role: ha, syncInstances: 1, groups: [], initialization: {any: thing}}", &[]),
            ("{groups: [{name: a, role: ha, instances: 1, minInstances: 1}, null, 3]}", &[]),
            ("[mode]", &[]),
        ] {
            cluster("{instances: 0}").set("spec.replication", replication).raises(&RULE, at);
        }
        postgres_config("{replication: {x: 1}}").raises(&RULE, &[]);
    }

    #[test]
    fn what_was_meant_for_replication_is_found_beside_it() {
        for (spec, at) in [
            ("{replicaton: {mode: sync}}", &["spec.replicaton"][..]),
            ("{Replication: {mode: sync}}", &["spec.Replication"]),
            ("{replication: null, mode: sync, syncInstances: 1}", &["spec.mode", "spec.syncInstances"]),
            ("{instanses: 3}", &["spec.instanses"]),
            ("{autoscalling: {}, configuration: {}}", &["spec.autoscalling", "spec.configuration"]),
            ("{autoscaling: {minInstance: 3}}", &["spec.autoscaling.minInstance"]),
            ("{pods: {}, sgInstanceProfile: x, metadata: {}, managedSql: {}, somethingNew: {}}", &[]),
        ] {
            cluster(spec).raises(&RULE, at);
        }
        cluster("{replicaton: {}}").says(&RULE, "did you mean replication?");
        cluster("{mode: sync}").says(&RULE, "replication: {mode: …}");
    }

    #[test]
    fn parts_of_a_sharded_cluster_are_searched_for_misspelled_fields() {
        let spec = "{coordinater: {}, coordinator: {instance: 1}, workers: {cluster: 2, instancesPerClusters: 1, other: 2}}";
        let at = [
            "spec.coordinater",
            "spec.coordinator.instance",
            "spec.workers.cluster",
            "spec.workers.instancesPerClusters",
        ];
        sharded(spec).raises(&RULE, &at);
    }

    #[test]
    fn the_nearest_name_is_offered() {
        cluster("{replication: {sync_instance: 2}}").says(&RULE, "did you mean syncInstances?");
        cluster("{replication: {groups: [{min-instances: 2}]}}").says(&RULE, "did you mean minInstances?");
        cluster("{replication: {quorum: 2}}").says(&RULE, "role, syncInstances, groups");
        sharded("{replication: {rol: ha}}").says(&RULE, "mode, syncInstances, initialization");
    }

    #[test]
    fn all_four_places_of_a_sharded_cluster_are_searched_for_roles_and_groups_too() {
        let spec = "{replication: {role: ha, groups: [{x: 1}]}, coordinator: {replication: {groups: 5}}, \
            workers: {replication: {a: 1}, overrides: [{index: 0}, {replication: {mode: sync, role: 1}}]}}";
        let at = [
            "spec.replication.role",
            "spec.replication.groups",
            "spec.coordinator.replication.groups",
            "spec.workers.replication.a",
            "spec.workers.overrides[1].replication.role",
        ];
        sharded(spec).raises(&RULE, &at);
        sharded(spec).says(&RULE, "only an SGCluster has roles and groups");
    }
}
