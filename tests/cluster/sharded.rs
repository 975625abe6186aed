//! SGShardedClusters: judged by their parts in both versions and shapes, and given no defaults of ours.

use serde_json::{Value, json};

use crate::{
    audit::audit,
    namespace::{Namespace, cluster},
    webhook::STANDARD,
};

const CREATE: [&str; 3] = ["create", "-f", "-"];
const SHARDS: &str = "Warning: spec.shards: an SGShardedCluster with shards, which StackGres 1.19 calls workers \
     [shards-instead-of-workers]";

/// The manifest of an SGShardedCluster; what is unsaid of it is sound.
fn sharded(version: &str, name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: stackgres.io/{version}\nkind: SGShardedCluster\nmetadata: {{name: {name}{metadata}}}\n\
         spec: {{coordinator: {{instances: 3}}, replication: {{mode: sync-all}}, {spec}}}\n"
    )
}

fn stored(namespace: &Namespace, version: &str, name: &str) -> Value {
    let of = format!("sgshardedclusters.{version}.stackgres.io");
    let said = namespace.expect(&["get", &of, name, "-o", "json"], "");
    serde_json::from_str::<Value>(&said.stdout).unwrap()["spec"].clone()
}

#[test]
fn a_sound_sharded_cluster_is_stored_as_it_was_written() {
    let namespace = Namespace::guarded("sharded", &STANDARD);
    for (version, name) in [("v1beta1", "new"), ("v1alpha1", "old")] {
        let workers = json!({"clusters": 2, "instancesPerCluster": 3});
        namespace.passes(&CREATE, &sharded(version, name, "", &format!("workers: {workers}")), &[]);
        let expected = [json!({"instances": 3}), json!({"mode": "sync-all"}), workers];
        let stored = stored(&namespace, version, name);
        assert_eq!(
            ["coordinator", "replication", "workers"].map(|field| stored[field].clone()),
            expected,
            "{version}"
        );
    }
    let shards = "shards: {clusters: 2, instancesPerCluster: 3}";
    namespace.passes(&CREATE, &sharded("v1alpha1", "older", "", shards), &[SHARDS]);
}

#[test]
fn an_unsound_sharded_cluster_is_denied_with_every_reason() {
    let namespace = Namespace::guarded("sharded-denied", &STANDARD);
    let unsound = "{clusters: 2, instancesPerCluster: 2, overrides: [{index: 1, instancesPerCluster: 1}, {index: 5}], \
                   replication: {mode: strict-sync, syncInstances: 2}}";
    for (version, field) in [("v1beta1", "workers"), ("v1alpha1", "workers"), ("v1alpha1", "shards")] {
        let said = namespace.kubectl(&CREATE, &sharded(version, "db", "", &format!("{field}: {unsound}")));
        assert_eq!(said.code, Some(1), "{field} of {version} were to be denied: {said:?}");
        for expected in [
            format!("spec.{field}.replication.syncInstances: strict-sync waits for 2 synchronous standbys"),
            format!("spec.{field}.overrides[1].index: there is no"),
        ] {
            assert!(said.stderr.contains(&expected), "{expected} of {version}: {}", said.stderr);
        }
    }
}

#[test]
fn the_operators_move_to_workers_is_no_change_and_a_rename_by_hand_is_denied() {
    const NOTED: &str = ", annotations: {stackgres.io/operatorVersion: 1.18.6}";
    let namespace = Namespace::unguarded("moved");
    let shards = "shards: {clusters: 2, instancesPerCluster: 3}";
    for name in ["db", "by-hand"] {
        namespace.passes(&CREATE, &sharded("v1alpha1", name, NOTED, shards), &[]);
    }
    namespace.guard(&STANDARD);
    let replace = ["replace", "-f", "-"];
    let moved = "workers: {clusters: 2, instancesPerCluster: 3, clusterNameTemplate: db-shard}";
    namespace.passes(&replace, &sharded("v1beta1", "db", NOTED, moved), &[]);
    let renamed = "workers: {clusters: 2, instancesPerCluster: 3}";
    let said = namespace.kubectl(&replace, &sharded("v1beta1", "by-hand", NOTED, renamed));
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("[workers-renamed-without-template]"), "{}", said.stderr);
}

#[test]
fn a_shape_that_nobody_knows_passes_with_a_warning() {
    let namespace = Namespace::guarded("unexplained", &STANDARD);
    let pools = "pools: {clusters: 2, instancesPerCluster: 3}";
    let said = namespace.expect(&CREATE, &sharded("v1alpha1", "db", "", pools));
    assert!(said.stderr.contains("[unserved-version]"), "{}", said.stderr);
    // What the storage version does not know, an API server prunes; that is not ours to deny.
    assert_eq!(stored(&namespace, "v1alpha1", "db")["coordinator"], json!({"instances": 3}));
}

#[test]
fn both_shapes_are_audited() {
    let namespace = Namespace::unguarded("audited-shapes");
    let unsound = "{clusters: 2, instancesPerCluster: 2, replication: {mode: sync, syncInstances: 2}}";
    for (version, field) in [("v1beta1", "workers"), ("v1alpha1", "shards")] {
        namespace.passes(&CREATE, &sharded(version, field, "", &format!("{field}: {unsound}")), &[]);
    }
    let output = audit(&["-n", "audited-shapes", "-o", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    for field in ["workers", "shards"] {
        let path = format!("spec.{field}.replication.syncInstances");
        let is_found = |finding: &Value| finding["object"]["name"] == field && finding["path"] == path;
        assert!(said["findings"].as_array().unwrap().iter().any(is_found), "{path}: {said:#}");
    }
}

/// A change of settings that a part of a sharded cluster uses is refused.
#[track_caller]
pub fn settings_are_guarded(namespace: &Namespace, version: &str, field: &str, name: &str) {
    let settings = |sync: &str| {
        format!(
            "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {{name: {name}}}\n\
             spec: {{postgresVersion: '16', postgresql.conf: {{synchronous_commit: '{sync}'}}}}\n"
        )
    };
    namespace.expect(&CREATE, &settings("on"));
    let spec = format!(
        "{field}: {{clusters: 2, instancesPerCluster: 3, replication: {{mode: strict-sync, syncInstances: 1}}, \
         configurations: {{sgPostgresConfig: {name}}}}}"
    );
    namespace.expect(&CREATE, &sharded(version, name, "", &spec));
    let seen = crate::child_process::until(|| {
        let said = namespace.kubectl(&["replace", "--dry-run=server", "-f", "-"], &settings("off"));
        said.stderr.contains(&format!("SGShardedCluster {name}")).then_some(())
    });
    assert!(seen.is_some(), "settings of the {field} of {name} were to be guarded");
}

#[test]
fn settings_of_workers_are_guarded_in_both_shapes() {
    let namespace = Namespace::guarded("sharded-settings", &STANDARD);
    settings_are_guarded(&namespace, "v1beta1", "workers", "new");
    settings_are_guarded(&namespace, "v1alpha1", "shards", "old");
}

#[test]
fn the_cluster_of_a_worker_is_scaled_like_any_other() {
    let namespace = Namespace::guarded("scaled-child", &STANDARD);
    let workers = "workers: {clusters: 1, instancesPerCluster: 3}";
    namespace.passes(&CREATE, &sharded("v1beta1", "db", "", workers), &[]);
    let child = cluster("db-worker0", "{instances: 3, replication: {mode: strict-sync-all}}");
    namespace.passes(&CREATE, &child, &[]);
    let said = namespace.kubectl(&["scale", "sgcluster", "db-worker0", "--replicas=1"], "");
    assert!(said.stderr.contains("[strict-sync-all-without-standby]"), "{said:?}");
}
