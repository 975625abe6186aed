//! Two clusters that are never stored: one that passes and is completed, and one that every rule book refuses.

use serde_json::{Value, json};
use syncguard_core::rules::{IGNORED_SYNC_INSTANCES, STRICT_SYNC_ALL_WITHOUT_STANDBY};

/// How many instances the sound one has.
pub(super) const INSTANCES: u64 = 3;
/// The rule that the unsound one breaks.
pub(super) fn broken_rule() -> &'static str {
    STRICT_SYNC_ALL_WITHOUT_STANDBY.id
}

/// The rule that speaks where somebody has overwritten what was filled in.
pub(super) fn overwritten_rule() -> &'static str {
    IGNORED_SYNC_INSTANCES.id
}

/// Sound, and without `syncInstances`, so that it shows whether that is filled in.
pub fn sound() -> Value {
    cluster("syncguard-doctor-sound", INSTANCES)
}

/// The strictest mode on a single instance, which would run asynchronous.
pub fn unsound() -> Value {
    cluster("syncguard-doctor-unsound", 1)
}

fn cluster(name: &str, instances: u64) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": name},
        "spec": {
            "instances": instances, "postgres": {"version": "18.3"},
            "pods": {"persistentVolume": {"size": "1Gi"}}, "replication": {"mode": "strict-sync-all"},
        },
    })
}
