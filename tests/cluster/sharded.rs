//! SGShardedClusters: judged by their parts, and given no defaults of ours.

use serde_json::{Value, json};

use crate::namespace::Namespace;
use crate::webhook::STANDARD;

const CREATE: [&str; 3] = ["create", "-f", "-"];
const REFUSAL: [&str; 4] = [
    "Warning: spec.shards.instancesPerCluster: a strict mode with two instances hangs writes as soon as \
     one pod is down [strict-with-one-standby]",
    "Warning: spec.coordinator.replication.mode: the root mode of an SGShardedCluster is strict, and its \
     coordinator is not [sharded-coordinator-not-strict]",
    "Warning: spec.shards.overrides[1].index: there is no shard of index 5, so this override has no \
     effect [sharded-unused-override]",
    "The SGShardedCluster \"db\" is invalid: spec.replication.syncInstances: strict-sync waits for 2 \
     synchronous standbys, and 2 instances can have at most 1; set it to 1 or less, or instances to 3 or \
     more [sync-instances-not-below-instances]",
];

fn sharded(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: stackgres.io/v1alpha1\nkind: SGShardedCluster\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

#[test]
fn a_sound_sharded_cluster_is_stored_as_it_was_written() {
    let namespace = Namespace::guarded("sharded", &STANDARD);
    let spec = "{coordinator: {instances: 3}, shards: {clusters: 2, instancesPerCluster: 3}, \
                replication: {mode: sync-all}}";
    namespace.passes(&CREATE, &sharded("db", spec), &[]);
    let said = namespace.expect(&["get", "sgshardedcluster", "db", "-o", "json"], "");
    let stored: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(stored["spec"]["replication"], json!({"mode": "sync-all"}));
    assert_eq!(stored["spec"]["coordinator"], json!({"instances": 3}));
}

#[test]
fn an_unsound_sharded_cluster_is_denied_with_every_reason() {
    let namespace = Namespace::guarded("sharded-denied", &STANDARD);
    let spec = "{coordinator: {instances: 3}, shards: {clusters: 2, instancesPerCluster: 2, \
                overrides: [{index: 1, instancesPerCluster: 1}, {index: 5}]}, \
                replication: {mode: strict-sync, syncInstances: 2}}";
    namespace.is_refused(&CREATE, &sharded("db", spec), &REFUSAL);
}
