//! The reasons that rules give: one experiment for each claim about what Postgres and Patroni do.

use std::process::Stdio;

use serde_json::json;

use crate::{
    cluster::Cluster,
    experiment::{crash, is_listed_as_healthy, open_transaction, shown},
    explained::{Explained, manifest, manifest_with},
    failures::outcome::{LOOKS, hangs},
    lab::{POSTGRES, command},
    patience::{GRACE, LONG, ensure, wait},
    processes::signal,
    session::{Session, ask},
    writer::goes_on,
};

on_each_patroni! {
    a_canceled_wait_is_a_success_and_any_receiver_acknowledges: |shipped| {
        shown(&manifest(2, "mode: strict-sync-all"), shipped, waits_that_end_otherwise);
    };
    standbys_that_are_never_promoted_refuse_it_by_hand_too: |shipped| {
        let replication = "mode: strict-sync-all, groups: [{role: readonly, instances: 1}]";
        shown(&manifest(2, replication), shipped, no_promotion_by_hand);
    };
    an_asynchronous_survivor_is_promoted_by_hand_alone: |shipped| {
        shown(&manifest(3, "mode: strict-sync"), shipped, promotion_by_hand);
    };
    the_first_standby_blocks_writes_until_it_is_cloned: |shipped| {
        shown(&manifest(1, "mode: strict-sync-all"), shipped, |cluster| clone(cluster, "strict-sync-all"));
    };
    the_first_standby_blocks_nothing_where_the_mode_is_not_strict: |shipped| {
        shown(&manifest(1, "mode: sync-all"), shipped, |cluster| clone(cluster, "sync-all"));
    };
    synchronous_commit_local_loses_acknowledged_commits: |shipped| {
        let postgres = "wal_sender_timeout: '0', synchronous_commit: local";
        shown(&manifest_with(2, "mode: strict-sync-all", "", postgres), shipped, loss_in_a_strict_mode);
    };
    a_silent_standby_blocks_without_limit_where_nothing_times_out: |shipped| {
        let manifest = manifest_with(3, "mode: sync-all", "", "wal_sender_timeout: '0'");
        shown(&manifest, shipped, a_block_without_limit);
    };
    a_slow_standby_leaves_those_that_are_awaited: |shipped| {
        let (patroni, postgres) = (", maximum_lag_on_syncnode: 1048576", "wal_sender_timeout: '0'");
        let manifest = manifest_with(3, "mode: strict-sync-all", patroni, postgres);
        shown(&manifest, shipped, a_slow_standby);
    };
    a_small_failover_lag_keeps_a_complete_standby_from_being_promoted: |shipped| {
        shown(&lagging(", maximum_lag_on_failover: 1"), shipped, |cluster| lag_at_failover(cluster, false));
    };
    the_same_standby_is_promoted_with_the_limit_that_is_patronis_own: |shipped| {
        shown(&lagging(""), shipped, |cluster| lag_at_failover(cluster, true));
    };
    members_with_more_than_the_promoted_one_lose_nothing_acknowledged: |shipped| {
        let manifest = manifest_with(3, "mode: sync-all", "", "wal_sender_timeout: '0'");
        shown(&manifest, shipped, members_ahead);
    };
}

/// strict-with-one-standby: what ends a wait in a strict mode, other than a standby.
fn waits_that_end_otherwise(cluster: &mut Cluster) -> Result<(), String> {
    let writer = cluster.writer()?;
    cluster.members[1].stop()?;
    hangs(cluster, &writer)?;
    let port = cluster.leader()?.port;
    let before = writer.count();
    ask(port, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'writer'")?;
    wait("that the canceled commit is a success", LONG, || {
        let warned = writer.warnings().iter().any(|warning| warning.contains("synchronous replication"));
        ensure(warned && writer.count() > before, || format!("it said {:?}", writer.warnings()))
    })?;
    hangs(cluster, &writer)?;
    let archive = cluster.directory().join("archive");
    let made = command("mkdir").arg(&archive).status().is_ok_and(|status| status.success());
    ensure(made, || "a directory for pg_receivewal cannot be made".to_owned())?;
    let mut receiver = command(format!("{POSTGRES}/pg_receivewal"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "--synchronous", "-D", "."])
        // It ends with the cluster.
        .current_dir(&archive)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("pg_receivewal cannot be run: {error}"))?;
    let outcome = goes_on(&writer);
    signal("KILL", &[receiver.id()]);
    // It was killed.
    let _ = receiver.wait();
    outcome
}

/// no-promotable-standby, commits-wait-for-unpromotable-standby.
fn no_promotion_by_hand(cluster: &mut Cluster) -> Result<(), String> {
    crash(cluster, &[0])?;
    cluster.nobody_leads(LOOKS)?;
    // How it refuses is patronictl's affair; that nobody leads then is ours.
    let said = cluster.patronictl(&["failover", "c", "--candidate", "c-1", "--force"]);
    cluster.nobody_leads(LOOKS).map_err(|problem| format!("{problem}; patronictl said {said:?}"))
}

/// What `explain` says of the loss of the leader and all synchronous standbys.
fn promotion_by_hand(cluster: &mut Cluster) -> Result<(), String> {
    let awaited = cluster.awaited()?;
    let survivor = if awaited.contains("c-1") { "c-2" } else { "c-1" };
    let lost = [0, 3 - cluster.index(survivor)];
    crash(cluster, &lost)?;
    cluster.nobody_leads(LOOKS)?;
    let said = cluster.patronictl(&["failover", "c", "--candidate", survivor, "--force"]);
    let leader = cluster.led().map_err(|problem| format!("{problem}; patronictl said {said:?}"))?;
    ensure(leader.name == survivor, || format!("{survivor} was to lead, and {} does", leader.name))
}

/// writes-block-during-clone: the settings of two instances come before the second one does.
fn clone(cluster: &mut Cluster, mode: &str) -> Result<(), String> {
    let two = Explained::of(&manifest(2, &format!("mode: {mode}")), cluster.explained.shipped);
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    cluster.grow(&two);
    cluster.reconfigure(&two)?;
    if two.is_strict() {
        hangs(cluster, &writer)?;
    } else {
        cluster.members[0].looks(LOOKS)?;
        goes_on(&writer)?;
    }
    cluster.heal()?;
    goes_on(&writer)?;
    let longest = writer.longest();
    ensure(two.is_strict() || longest <= GRACE, || format!("writes were to go on, and one took {longest:?}"))
}

/// synchronous-commit-off: a healthy list, and commits that are gone after a failover.
fn loss_in_a_strict_mode(cluster: &mut Cluster) -> Result<(), String> {
    let sender = cluster.members[0].wal_sender("c-1")?;
    signal("STOP", &[sender]);
    let writer = cluster.writer()?;
    writer.more(5, GRACE)?;
    is_listed_as_healthy(cluster, "c-1")?;
    cluster.remember(writer);
    crash(cluster, &[0])?;
    let leader = cluster.led()?;
    ensure(leader.name == "c-1", || format!("c-1 was to lead, and {} does", leader.name))?;
    let kept = cluster.keeps_everything();
    ensure(kept.is_err(), || "commits that no standby had received were to be lost, and are there".to_owned())
}

/// dead-standby-never-noticed.
fn a_block_without_limit(cluster: &mut Cluster) -> Result<(), String> {
    let rows = cluster.explained.facts["failures"].as_array().into_iter().flatten();
    let predicted = rows.filter(|row| row["id"] == "one-standby-hangs").map(|row| &row["writes"]).next();
    ensure(predicted == Some(&json!({"outcome": "block-forever"})), || {
        format!("{predicted:?} is predicted")
    })?;
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    let receiver = cluster.members[1].wal_receiver()?;
    signal("STOP", &[receiver]);
    hangs(cluster, &writer)?;
    // Longer than the lab's own wal_sender_timeout would have let it.
    cluster.members[0].looks(2 * LOOKS)?;
    hangs(cluster, &writer)?;
    is_listed_as_healthy(cluster, "c-1")?;
    signal("CONT", &[receiver]);
    goes_on(&writer)
}

/// lagging-standby-leaves-sync-set.
fn a_slow_standby(cluster: &mut Cluster) -> Result<(), String> {
    let writer = cluster.writer()?;
    let mut bulk = open_transaction(cluster)?;
    // The sender must go on: one that is stopped never learns that it is no longer synchronous, and c-1 would stay behind it.
    let receiver = cluster.members[2].wal_receiver()?;
    signal("STOP", &[receiver]);
    hangs(cluster, &writer)?;
    // WAL that no commit waits for: 3 MB of it.
    bulk.ask("INSERT INTO bulk SELECT repeat('x', 1000) FROM generate_series(1, 3000)")?;
    wait("that c-2 is no longer awaited", LONG, || {
        let awaited = cluster.awaited()?;
        ensure(!awaited.contains("c-2"), || format!("{awaited:?} are"))
    })?;
    goes_on(&writer)?;
    let state =
        ask(cluster.leader()?.port, "SELECT state FROM pg_stat_replication WHERE application_name = 'c-2'")?;
    ensure(state == "streaming", || format!("c-2 was to be there all the while, and is {state:?}"))
}

fn lagging(patroni: &str) -> String {
    manifest_with(2, "mode: sync-all", patroni, "wal_sender_timeout: '0'")
}

/// failover-lag-blocks-promotion: the only standby has every acknowledged commit, and lacks WAL of a transaction that is open.
fn lag_at_failover(cluster: &mut Cluster, is_promoted: bool) -> Result<(), String> {
    let _open = c_1_falls_behind(cluster, 200)?;
    // The leader writes its position down once a look.
    cluster.members[0].looks(LOOKS)?;
    crash(cluster, &[0])?;
    if is_promoted {
        cluster.led()?;
    } else {
        cluster.nobody_leads(LOOKS)?;
        cluster.members[0].start();
    }
    cluster.keeps_everything()
}

/// What `explain` says of the loss of all at once: the old leader and c-2 have WAL of an open transaction that c-1, which is
/// promoted, never got. Nearly always Patroni rewinds both; what helps otherwise is done to one of them.
fn members_ahead(cluster: &mut Cluster) -> Result<(), String> {
    let _open = c_1_falls_behind(cluster, 1)?;
    let sql = "SELECT flush_lsn = pg_current_wal_flush_lsn() FROM pg_stat_replication WHERE application_name = 'c-2'";
    wait("that c-2 has everything", LONG, || {
        let has = ask(cluster.leader()?.port, sql)?;
        ensure(has == "t", || format!("{has:?} is the answer"))
    })?;
    crash(cluster, &[0, 1, 2])?;
    cluster.members[1].start();
    let leader = &cluster.led()?.name;
    ensure(leader == "c-1", || format!("c-1 was to lead, and {leader} does"))?;
    cluster.heal_by_hand()?;
    cluster.keeps_everything()?;
    cluster.reinitialize("c-0")?;
    cluster.settle()?;
    cluster.keeps_everything()
}

/// Every acknowledged commit is on c-1, and so many kilobytes of WAL are not: of a transaction that is open for as long as its session.
fn c_1_falls_behind(cluster: &mut Cluster, kilobytes: u32) -> Result<Session, String> {
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    let mut bulk = open_transaction(cluster)?;
    cluster.remember(writer);
    let sender = cluster.members[0].wal_sender("c-1")?;
    signal("STOP", &[sender]);
    bulk.ask(&format!("INSERT INTO bulk SELECT repeat('x', 1000) FROM generate_series(1, {kilobytes})"))?;
    Ok(bulk)
}
