//! Clusters that follow another one, and what the members of both make of each other.

use serde_json::json;

use crate::cluster::Cluster;
use crate::explained::{Explained, written};
use crate::keeper::Keeper;
use crate::lab::{POSTGRES, Shipped};
use crate::patience::{LONG, wait};
use crate::session::ask;
use crate::table;

on_each_patroni! {
    a_standby_cluster_that_follows_an_archive_alone_is_listed_as_predicted: follows_an_archive;
}

fn follows_an_archive(shipped: Shipped) {
    let archive = Keeper::new();
    let directory = archive.directory.display();
    let parameters = json!({"archive_mode": "on", "archive_command": format!("cp %p {directory}/%f")});
    let source = Cluster::settled(&written((1, "mode: async"), &json!({}), &parameters, shipped));
    let source = source.unwrap_or_else(|problem| panic!("{problem}"));
    let port = source.members[0].port;
    let manifest = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {name: b}\nspec:\n  postgres: {version: VERSION}\n  \
        instances: 2\n  replication: {mode: async}\n  replicateFrom: {storage: {sgObjectStorage: archive, path: archive}}\n";
    // What the operator makes of `replicateFrom.storage`, but that a copy of the source takes the place of a backup.
    let backup =
        format!("{POSTGRES}/pg_basebackup -h 127.0.0.1 -p {port} -U postgres -X fetch -c fast -D data");
    let explained = Explained::of(manifest, shipped).with(&json!({
        "ttl": 20, "loop_wait": 1, "retry_timeout": 3,
        "standby_cluster": {
            "restore_command": format!("cp {directory}/%f %p"), "create_replica_methods": ["from_archive"],
        },
        "postgresql": {"from_archive": {"command": backup, "no_params": true, "no_leader": true}},
    }));
    let mut cluster = Cluster::new(&explained);
    let outcome = is_listed_as_predicted(&mut cluster, port);
    outcome.unwrap_or_else(|problem| panic!("{explained}\n{problem}\n{}{}", cluster.logs(), source.logs()));
}

fn is_listed_as_predicted(cluster: &mut Cluster, source: u16) -> Result<(), String> {
    cluster.members[0].start();
    let port = cluster.members[0].port;
    wait("a standby leader", LONG, || ask(port, "SELECT 1"))?;
    cluster.members[1].start();
    wait("the predicted list", LONG, || {
        ask(source, "SELECT pg_switch_wal()")?;
        table::agrees(&cluster.explained.list, &cluster.patronictl(&["list"])?)
    })
}
