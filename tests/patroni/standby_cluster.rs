//! Clusters that follow another one, and what the members of both make of each other.

use serde_json::json;

use crate::{
    cluster::Cluster,
    experiment::{crash, is_listed_as_healthy, shown_on},
    explained::{Explained, written},
    failures::outcome::LOOKS,
    lab::{POSTGRES, Shipped},
    patience::{LONG, ensure, wait},
    process_dir::ProcessDir,
    processes::signal,
    session::ask,
    table,
    writer::goes_on,
};

on_each_patroni! {
    a_standby_cluster_that_follows_an_archive_alone_is_listed_as_predicted: follows_an_archive;
    a_standby_cluster_of_the_same_name_acknowledges_commits_that_a_failover_loses_or_refuses: |shipped| {
        let parameters = json!({"wal_sender_timeout": "0"});
        let source = written((2, "mode: strict-sync-all"), &json!({}), &parameters, shipped);
        shown_on(&source, namesakes);
    };
}

fn follows_an_archive(shipped: Shipped) {
    let archive = ProcessDir::new();
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

/// standby-cluster-shares-name: the standby leader connects while the source's own standby is away, and counts as it ever after.
fn namesakes(source: &mut Cluster) -> Result<(), String> {
    let manifest = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {name: c}\nspec:\n  postgres: {version: VERSION}\n  \
        instances: 2\n  replicateFrom: {instance: {external: {host: c-primary, port: 5433}}}\n";
    let port = source.leader()?.port;
    let explained = Explained::of(manifest, source.explained.shipped).with(&json!({
        "ttl": 20, "loop_wait": 1, "retry_timeout": 3, "standby_cluster": {"host": "127.0.0.1", "port": port},
    }));
    let mut follower = Cluster::new(&explained);
    source.members[1].stop()?;
    follower.members[1].start();
    let sql = "SELECT pid FROM pg_stat_replication WHERE application_name = 'c-1' AND state = 'streaming'";
    let foreign = wait("the namesake's connection", LONG, || {
        let sender = ask(port, sql)?;
        ensure(!sender.is_empty(), || "it does not stream".to_owned()).map(|()| sender)
    });
    let foreign = foreign.map_err(|problem| problem + "\n" + &follower.logs())?;
    source.members[1].start();
    let own = wait("c-1's own connection", LONG, || {
        let sender = ask(port, &format!("{sql} AND pid <> {foreign}"))?;
        sender.parse().map_err(|_| "it does not stream".to_owned())
    })?;
    // 3.3.0 takes the namesake for its own standby, 4.1.0 never gets to count its own.
    let is_fooled = source.explained.shipped.patroni.starts_with('3');
    if is_fooled {
        source.settle()?;
        is_listed_as_healthy(source, "c-1")?;
    } else {
        source.members[0].looks(LOOKS)?;
    }
    let counted = source.sync_key()?.contains("c-1");
    ensure(counted == is_fooled, || format!("c-1 in /sync was to be {is_fooled}, and is {counted}"))?;
    signal("STOP", &[own]);
    let writer = source.writer()?;
    goes_on(&writer)?;
    source.remember(writer);
    crash(source, &[0])?;
    if !is_fooled {
        return source.nobody_leads(LOOKS);
    }
    let leader = &source.led()?.name;
    ensure(leader == "c-1", || format!("c-1 was to lead, and {leader} does"))?;
    let kept = source.keeps_everything();
    ensure(kept.is_err(), || "commits that the namesake alone had were to be lost, and are there".to_owned())
}
