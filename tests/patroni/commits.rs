//! What else commits wait for than a standby that has received them, and standbys that no longer come to receive anything.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    cluster::Cluster,
    experiment::{is_listed_as_healthy, open_transaction, shown_on},
    explained::{Explained, manifest, written},
    failures::outcome::{LOOKS, hangs},
    lab::Shipped,
    patience::{LONG, ensure, wait},
    session::{Session, ask},
    writer::goes_on,
};

on_each_patroni! {
    with_remote_apply_a_query_on_a_standby_holds_every_commit: |shipped| {
        let parameters = json!({"synchronous_commit": "remote_apply", "max_standby_streaming_delay": "-1"});
        shown_on(&written((2, "mode: sync-all"), &json!({}), &parameters, shipped), held_by_a_query);
    };
    with_remote_apply_a_delay_of_replay_is_one_of_each_commit: |shipped| {
        let parameters = json!({"synchronous_commit": "remote_apply", "recovery_min_apply_delay": "2s"});
        shown_on(&written((2, "mode: sync-all"), &json!({}), &parameters, shipped), delayed);
    };
    a_new_strict_cluster_makes_no_role_before_a_standby_streams: no_role_yet;
    a_standby_that_was_away_for_more_wal_than_its_slot_keeps_never_comes_back: |shipped| {
        let parameters = json!({"max_slot_wal_keep_size": "1MB", "wal_keep_size": "16MB"});
        shown_on(&written((2, "mode: strict-sync-all"), &json!({}), &parameters, shipped), stranded);
    };
}

/// replay-delays-commits: a report on the standby, and a TRUNCATE of what it reads.
fn held_by_a_query(cluster: &mut Cluster) -> Result<(), String> {
    let mut leader = Session::open(cluster.leader()?.port, "truncate", Some(LONG))?;
    leader.ask("CREATE TABLE read (id bigint)")?;
    let mut report = Session::open(cluster.members[1].port, "report", Some(LONG))?;
    report.ask("BEGIN")?;
    report.ask("SELECT * FROM read")?;
    leader.ask("SET synchronous_commit = local")?;
    leader.ask("TRUNCATE read")?;
    let writer = cluster.writer()?;
    hangs(cluster, &writer)?;
    cluster.members[0].looks(LOOKS)?;
    hangs(cluster, &writer)?;
    is_listed_as_healthy(cluster, "c-1")?;
    report.ask("COMMIT")?;
    goes_on(&writer)
}

/// replay-delays-commits: the delay is that of the manifest.
fn delayed(cluster: &mut Cluster) -> Result<(), String> {
    let port = cluster.leader()?.port;
    for id in [-1, -2] {
        let begin = Instant::now();
        ask(port, &format!("INSERT INTO kept VALUES ({id})"))?;
        let took = begin.elapsed();
        ensure(took >= Duration::from_secs(2), || format!("a commit was to take 2 s, and took {took:?}"))?;
    }
    is_listed_as_healthy(cluster, "c-1")
}

/// writes-block-during-clone: what managed SQL does to a cluster that comes into being.
fn no_role_yet(shipped: Shipped) {
    let explained = Explained::of(&manifest(2, "mode: strict-sync-all"), shipped);
    let mut cluster = Cluster::new(&explained);
    let outcome = makes_a_role(&mut cluster);
    outcome.unwrap_or_else(|problem| panic!("{explained}\n{problem}\n{}", cluster.logs()));
}

fn makes_a_role(cluster: &mut Cluster) -> Result<(), String> {
    cluster.members[0].start();
    cluster.led()?;
    cluster.settle()?;
    let port = cluster.leader()?.port;
    let mut session = Session::open(port, "managed-sql", None)?;
    let end = session.end();
    let role = thread::spawn(move || session.ask("CREATE ROLE managed"));
    let waits = || {
        let sql = "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'managed-sql'";
        let event = ask(port, sql)?;
        ensure(event == "SyncRep", || format!("CREATE ROLE waits for {event:?}"))
    };
    let made = wait("that CREATE ROLE waits for a standby", LONG, waits)
        .and_then(|()| cluster.members[0].looks(LOOKS))
        .and_then(|()| waits())
        .and_then(|()| cluster.heal());
    if made.is_err() {
        // Otherwise nothing would end it.
        end();
    }
    let role = role.join().map_err(|_| "the session panicked".to_owned())?;
    made.and(role.map(drop))
}

/// slot-limit-strands-standby: both members run, and no commit succeeds until the standby is made anew.
fn stranded(cluster: &mut Cluster) -> Result<(), String> {
    let mut bulk = open_transaction(cluster)?;
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    cluster.members[1].stop()?;
    hangs(cluster, &writer)?;
    // WAL that no commit waits for, and more of it than any setting keeps: 25 MB.
    bulk.ask("INSERT INTO bulk SELECT repeat('x', 1000) FROM generate_series(1, 25000)")?;
    let port = cluster.leader()?.port;
    ask(port, "CHECKPOINT")?;
    cluster.members[1].start();
    let removed = || cluster.members[1].has_logged("has already been removed");
    wait("that the WAL which c-1 lacks is gone", LONG, removed)?;
    hangs(cluster, &writer)?;
    ensure(cluster.members.iter().all(|member| ask(member.port, "SELECT 1").is_ok()), || {
        "both members were to run".to_owned()
    })?;
    cluster.reinitialize("c-1")?;
    goes_on(&writer)
}
