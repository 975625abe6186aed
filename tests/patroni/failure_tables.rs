//! Tables of failures: every row that `explain` prints for these clusters.

use crate::{
    cluster::Cluster,
    explained::{Explained, manifest},
    failures::{Predicted, happens},
    lab::Shipped,
};

on_each_patroni! {
    strict_sync_all: |shipped| holds(&manifest(3, "mode: strict-sync-all"), shipped);
    sync_all: |shipped| holds(&manifest(3, "mode: sync-all"), shipped);
    strict_sync: |shipped| holds(&manifest(4, "mode: strict-sync, syncInstances: 2"), shipped);
    sync: |shipped| holds(&manifest(3, "mode: sync"), shipped);
    two_instances: |shipped| holds(&manifest(2, "mode: strict-sync-all"), shipped);
    no_standby_that_may_be_promoted: |shipped| {
        let groups = "groups: [{role: readonly, instances: 1}, {role: none, instances: 1}]";
        holds(&manifest(3, &format!("mode: strict-sync-all, {groups}")), shipped);
    };
    one_instance: |shipped| holds(&manifest(1, "mode: strict-sync-all"), shipped);
}

/// Does each row to one cluster, which is healed in between; after a row that does not hold the next one gets a new cluster.
fn holds(manifest: &str, shipped: Shipped) {
    let explained = Explained::of(manifest, shipped);
    let observed = explained.facts["patroni"]["observed_on"].as_array().unwrap();
    assert!(
        observed.iter().any(|version| version == shipped.patroni),
        "explain names the Patroni that it was held against"
    );
    let rows: Vec<Predicted> = serde_json::from_value(explained.facts["failures"].clone()).unwrap();
    let (mut cluster, mut problems) = (None, Vec::new());
    // What the operator does to a cluster, or a user, the lab does not.
    let done_elsewhere = ["rolling-restart", "standby-replay-held"];
    for row in rows.into_iter().filter(|row| !done_elsewhere.contains(&row.id.as_str())) {
        let outcome = of_row(cluster.take(), &explained, &row);
        match outcome {
            Ok(healed) => cluster = Some(healed),
            Err(problem) => problems.push(format!("when {} ({}):\n{problem}", row.event, row.id)),
        }
    }
    assert!(problems.is_empty(), "Patroni {}, {manifest}\n{}", shipped.patroni, problems.join("\n"));
}

fn of_row(cluster: Option<Cluster>, explained: &Explained, row: &Predicted) -> Result<Cluster, String> {
    let mut cluster = cluster.map_or_else(|| Cluster::settled(explained), Ok)?;
    let outcome = happens(&mut cluster, row);
    outcome.map_err(|problem| format!("{problem}\n{row:?}\n{}", cluster.logs()))?;
    Ok(cluster)
}
