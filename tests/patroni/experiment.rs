//! What experiments have in common: a settled cluster, made for one claim, and the ways to bring it into the state of the claim.

use crate::{
    cluster::Cluster,
    explained::Explained,
    lab::Shipped,
    member::Member,
    patience::{LONG, ensure},
    session::Session,
};

/// Shows something on a settled cluster of this manifest.
pub fn shown(manifest: &str, shipped: Shipped, show: impl Fn(&mut Cluster) -> Result<(), String>) {
    shown_on(&Explained::of(manifest, shipped), show);
}

/// The same on one that is explained already.
pub fn shown_on(explained: &Explained, show: impl Fn(&mut Cluster) -> Result<(), String>) {
    let outcome = Cluster::settled(explained).and_then(|mut cluster| {
        let outcome = show(&mut cluster);
        outcome.map_err(|problem| problem + "\n" + &cluster.logs())
    });
    outcome.unwrap_or_else(|problem| panic!("{explained}\n{problem}"));
}

/// Members crash, and the leader's lock is free.
pub fn crash(cluster: &mut Cluster, ordinals: &[usize]) -> Result<(), String> {
    let members = cluster.members.iter_mut().enumerate();
    let hit = members.filter(|(ordinal, _)| ordinals.contains(ordinal)).map(|(_, member)| member);
    Member::crash(&mut hit.collect::<Vec<_>>());
    cluster.expire_lock()
}

/// A transaction that stays open, with a table to fill.
pub fn open_transaction(cluster: &Cluster) -> Result<Session, String> {
    let mut session = Session::open(cluster.leader()?.port, "bulk", Some(LONG))?;
    session.ask("CREATE TABLE bulk (text text)")?;
    session.ask("BEGIN")?;
    Ok(session)
}

/// Nothing in `patronictl list` says that commits wait for this member in vain.
pub fn is_listed_as_healthy(cluster: &Cluster, member: &str) -> Result<(), String> {
    let list = cluster.patronictl(&["list"])?;
    let row = list.lines().find(|line| line.contains(&format!("| {member} "))).unwrap_or_default();
    let healthy = row.contains("Sync Standby") && row.contains("streaming");
    ensure(healthy, || format!("{member} was to be listed as a healthy Sync Standby:\n{list}"))
}
