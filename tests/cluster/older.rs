//! An API server with the CRDs of StackGres 1.18, which the operator then upgrades to those of 1.19.

use std::sync::LazyLock;

use serde_json::{Value, json};
use syncguard_lint::render::crd::crds;

use crate::{
    api_server::ApiServer, child_process::until, namespace::Namespace, sharded::settings_are_guarded,
    webhook::Setup,
};

static OLDER: LazyLock<Setup> = LazyLock::new(|| Setup::as_the_chart("older"));

/// SGShardedClusters are served as `v1alpha1` alone, with a schema that has `shards`.
fn crds_of_1_18() -> Value {
    let mut crds = crds();
    for crd in crds["items"].as_array_mut().unwrap() {
        if crd["spec"]["names"]["kind"] == "SGShardedCluster" {
            let mut version = crd["spec"]["versions"][0].take();
            version["name"] = json!("v1alpha1");
            let spec = &mut version["schema"]["openAPIV3Schema"]["properties"]["spec"];
            spec["properties"]["shards"] = spec["properties"]["workers"].take();
            spec["properties"].as_object_mut().unwrap().remove("workers");
            crd["spec"]["versions"] = json!([version]);
        }
    }
    crds
}

#[test]
fn sharded_clusters_are_known_before_and_after_an_upgrade_of_the_operator() {
    let server: &'static ApiServer = Box::leak(Box::new(ApiServer::with(&crds_of_1_18()).unwrap()));
    let namespace = Namespace::guarded_on(server, "upgraded", &OLDER);
    settings_are_guarded(&namespace, "v1alpha1", "shards", "before");
    namespace.expect(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &crds().to_string());
    let followed = until(|| OLDER.wrote().contains("served under another version").then_some(()));
    assert!(followed.is_some(), "the newer version was to be followed, and the log is: {}", OLDER.wrote());
    settings_are_guarded(&namespace, "v1beta1", "workers", "after");
}
