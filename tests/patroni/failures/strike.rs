//! How each failure of the table is done to a running cluster.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::{
    cluster::Cluster,
    member::Member,
    patience::{LONG, ensure, wait},
};

/// What was done.
pub struct Struck {
    /// When it was done.
    pub at: Instant,
    /// Who led before.
    pub leader: String,
    /// Whom commits waited for before.
    pub awaited: BTreeSet<String>,
    /// Who was hit.
    pub victims: BTreeSet<String>,
}

/// Does it.
pub fn strike(cluster: &mut Cluster, failure: &str) -> Result<Struck, String> {
    let leader = cluster.leader()?.name.clone();
    let awaited = cluster.awaited()?;
    // A standby that nobody waits for would prove nothing.
    let one = awaited.first().unwrap_or(&leader).clone();
    let at_one = cluster.index(&one);
    let everybody: Vec<_> = cluster.members.iter().map(|member| member.name.clone()).collect();
    let standbys = everybody.iter().filter(|name| **name != leader).cloned().collect();
    let mut at = Instant::now();
    let victims = match failure {
        "one-standby-stops" => {
            cluster.members[at_one].stop()?;
            vec![one]
        }
        "one-standby-crashes" => crash(cluster, vec![one]),
        "one-standby-node-vanishes" => {
            cluster.members[at_one].freeze();
            vec![one]
        }
        "one-standby-hangs" => {
            cluster.members[at_one].freeze_postgres();
            vec![one]
        }
        "all-standbys" => crash(cluster, standbys),
        "leader-postgres" => {
            cluster.members[cluster.index(&leader)].crash_postgres();
            vec![leader.clone()]
        }
        "leader-pod" => crash(cluster, vec![leader.clone()]),
        "leader-and-synchronous-standbys" => {
            crash(cluster, awaited.iter().chain([&leader]).cloned().collect())
        }
        "leader-and-standbys-at-once" => crash(cluster, everybody),
        "standbys-then-leader" => {
            crash(cluster, standbys);
            are_given_up(cluster)?;
            at = Instant::now();
            crash(cluster, vec![leader.clone()]);
            everybody
        }
        unknown => return Err(format!("explain tells of {unknown}, and the lab does not know how to do it")),
    };
    Ok(Struck { at, leader, awaited, victims: victims.into_iter().collect() })
}

fn crash(cluster: &mut Cluster, names: Vec<String>) -> Vec<String> {
    let hit = cluster.members.iter_mut().filter(|member| names.contains(&member.name));
    Member::crash(&mut hit.collect::<Vec<_>>());
    names
}

/// Waits until the leader has noticed that it is alone.
fn are_given_up(cluster: &Cluster) -> Result<(), String> {
    wait("that the lost standbys are given up", LONG, || {
        let (listed, named) = (cluster.sync_key()?, cluster.awaited()?);
        let alone = listed.is_empty() && (named.is_empty() || named.first().is_some_and(|name| name == "*"));
        ensure(alone, || format!("{listed:?} are in /sync, {named:?} in synchronous_standby_names"))
    })
}
