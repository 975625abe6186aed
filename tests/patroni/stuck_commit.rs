//! Patroni issue 3468: a standby that joins and leaves at once leaves commits hanging, on 3.3.0 and not on 4.1.0.

use crate::{
    cluster::Cluster,
    explained::{Explained, manifest},
    failures::outcome::{LOOKS, hangs},
    lab::Shipped,
    member::Member,
    patience::{LONG, ensure, wait},
    writer::{Writer, goes_on},
};

on_each_patroni! {
    a_standby_that_joins_and_leaves_at_once: holds;
}

fn holds(shipped: Shipped) {
    let explained = Explained::of(&manifest(3, "mode: sync-all"), shipped);
    let outcome = Cluster::settled(&explained).and_then(|mut cluster| {
        let outcome = join_and_leave(&mut cluster);
        outcome.map_err(|problem| problem + "\n" + &cluster.logs())
    });
    outcome.unwrap_or_else(|problem| panic!("Patroni {}: {problem}", shipped.patroni));
}

fn join_and_leave(cluster: &mut Cluster) -> Result<(), String> {
    let has_the_bug = cluster.explained.facts["patroni"]["has_stuck_commit_bug"] == true;
    let writer = cluster.writer()?;
    // The moment is short: until Patroni has promised the newcomer a promotion. Coming too late shows nothing, so it is done again.
    for _ in 0..5 {
        leave(cluster)?;
        if left_in_time(cluster)? {
            return if has_the_bug { is_stuck(cluster, &writer) } else { recovers(cluster, &writer) };
        }
    }
    Err("the standby was to leave before it was in /sync, and was there five times".to_owned())
}

/// The standby leaves, and the leader notices.
fn leave(cluster: &mut Cluster) -> Result<(), String> {
    Member::crash(&mut [&mut cluster.members[2]]);
    is_awaited(cluster, false)
}

/// The standby joins and leaves at once; whether it did so before it was in `/sync`.
fn left_in_time(cluster: &mut Cluster) -> Result<bool, String> {
    cluster.members[2].start();
    is_awaited(cluster, true)?;
    Member::crash(&mut [&mut cluster.members[2]]);
    Ok(!cluster.sync_key()?.contains("c-2"))
}

fn is_awaited(cluster: &Cluster, expected: bool) -> Result<(), String> {
    let what = if expected { "that commits wait for c-2" } else { "that commits do not wait for c-2" };
    wait(what, LONG, || {
        let awaited = cluster.awaited()?;
        ensure(awaited.contains("c-2") == expected, || format!("{awaited:?} are awaited"))
    })
}

fn is_stuck(cluster: &Cluster, writer: &Writer) -> Result<(), String> {
    hangs(cluster, writer)?;
    cluster.members[0].looks(3 * LOOKS)?;
    hangs(cluster, writer)?;
    is_awaited(cluster, true)
}

fn recovers(cluster: &Cluster, writer: &Writer) -> Result<(), String> {
    is_awaited(cluster, false)?;
    goes_on(writer)
}
