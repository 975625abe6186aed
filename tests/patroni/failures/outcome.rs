//! What follows a failure: whether writes go on, and who leads, held against the prediction.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Predicted, Then, Writes, strike::Struck};
use crate::{
    cluster::Cluster,
    patience::{GRACE, LONG, ensure, wait},
    session::ask,
    writer::{self, Writer, goes_on},
};

/// How many looks of a Patroni are taken for "never": after a few it has done what it would do.
pub const LOOKS: usize = 4;

/// Holds the writes that were under way against the prediction.
pub fn of_writes(cluster: &Cluster, row: &Predicted, struck: &Struck, writer: &Writer) -> Result<(), String> {
    match row.writes {
        Writes::Continue => block(writer, 0),
        Writes::Block { at_most_ms } => {
            block(writer, at_most_ms)?;
            // A silent loss is one that commits have waited for: otherwise nothing was lost.
            let silent = row.id == "one-standby-node-vanishes" || row.id == "one-standby-hangs";
            let waited = writer.longest() >= Duration::from_millis(at_most_ms) / 2;
            ensure(!silent || waited, || {
                format!("commits were to wait, and the longest took {:?}", writer.longest())
            })
        }
        Writes::Hang { after_at_most_ms } => hang(cluster, writer, after_at_most_ms),
        // The connection is gone; whoever leads next is asked.
        Writes::Interrupted { at_most_ms, then } => interrupted(cluster, row, struck, (at_most_ms, then)),
        Writes::UntilRestarted => interrupted(cluster, row, struck, (60_000, Then::Continue)),
        Writes::Stopped => {
            cluster.expire_lock()?;
            cluster.nobody_leads(LOOKS)
        }
    }
}

fn block(writer: &Writer, at_most_ms: u64) -> Result<(), String> {
    let bound = Duration::from_millis(at_most_ms) + GRACE;
    writer.more(5, bound + GRACE)?;
    let longest = writer.longest();
    ensure(longest <= bound, || format!("a commit was to take {bound:?} at most, and one took {longest:?}"))
}

/// Commits hang: with `*` in place a few looks of the leader change nothing.
fn hang(cluster: &Cluster, writer: &Writer, after_at_most_ms: u64) -> Result<(), String> {
    let bound = Duration::from_millis(after_at_most_ms) + GRACE;
    wait("`*` in synchronous_standby_names", bound, || {
        let named = cluster.leader()?.standby_names()?;
        ensure(named == "*", || format!("it is {named:?}"))
    })?;
    hangs(cluster, writer)
}

/// A commit waits for a standby, and after a few looks of Patroni it is still the same one.
pub fn hangs(cluster: &Cluster, writer: &Writer) -> Result<(), String> {
    let leader = cluster.leader()?;
    let sql = format!("SELECT wait_event FROM pg_stat_activity WHERE application_name = '{}'", writer::NAME);
    let waits = || {
        let event = ask(leader.port, &sql)?;
        ensure(event == "SyncRep", || format!("the writer's backend waits for {event:?}"))
    };
    wait("a commit that waits for a standby", LONG, waits)?;
    // An acknowledgement can have been on its way.
    leader.looks(1)?;
    let before = writer.count();
    leader.looks(LOOKS)?;
    waits()?;
    let since = writer.count() - before;
    ensure(since == 0, || format!("commits were to hang, and {since} were acknowledged"))
}

fn interrupted(
    cluster: &Cluster,
    row: &Predicted,
    struck: &Struck,
    (at_most_ms, then): (u64, Then),
) -> Result<(), String> {
    let bound = Duration::from_millis(at_most_ms) + GRACE;
    let leader = wait("a leader", bound.saturating_sub(struck.at.elapsed()), || {
        let leader = cluster.leader()?;
        // A leader whose Postgres was killed has answered just before.
        let is_new = row.id == "leader-postgres" || leader.name != struck.leader;
        ensure(is_new, || format!("{} still leads", leader.name))?;
        Ok(leader)
    })?;
    let writer = cluster.writer()?;
    if then == Then::HangUntilAStandbyFollows {
        if cluster.members.iter().filter(|member| member.runs()).count() == 1 {
            return hangs(cluster, &writer);
        }
        goes_on(&writer)?;
        let sql = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        let followers = ask(leader.port, sql)?;
        return ensure(followers != "0", || "a commit was acknowledged without a second copy".to_owned());
    }
    goes_on(&writer)
}

/// Holds who leads next against the prediction; whoever must come back for that does.
pub fn of_leadership(cluster: &mut Cluster, row: &Predicted, struck: &Struck) -> Result<(), String> {
    match row.leader.as_str() {
        "unchanged" | "restarted-in-place" => leads(cluster, &BTreeSet::from([struck.leader.clone()])),
        "synchronous-standby" => leads(cluster, &struck.awaited),
        "any-standby" => {
            let leader = &cluster.led()?.name;
            ensure(*leader != struck.leader, || format!("another member was to lead, and {leader} does"))
        }
        "old-leader-only" => {
            if let Some(first) = return_standby(cluster, struck) {
                let port = cluster.members[cluster.index(&first)].port;
                wait("a standby that is back", LONG, || ask(port, "SELECT 1"))?;
            }
            cluster.nobody_leads(LOOKS)?;
            let old = cluster.index(&struck.leader);
            cluster.members[old].start();
            leads(cluster, &BTreeSet::from([struck.leader.clone()]))
        }
        "first-synchronous-member-back" => {
            let Some(first) = return_standby(cluster, struck) else {
                return Err("no synchronous standby was lost".to_owned());
            };
            leads(cluster, &BTreeSet::from([first]))?;
            let alone = cluster.members.iter().filter(|member| member.runs()).count() == 1;
            let writer = cluster.writer()?;
            if cluster.explained.is_strict() && alone { hangs(cluster, &writer) } else { goes_on(&writer) }
        }
        unknown => Err(format!("explain tells of {unknown}, and the lab does not know how to find it")),
    }
}

/// Brings back a standby that commits waited for, and that may be promoted.
fn return_standby(cluster: &mut Cluster, struck: &Struck) -> Option<String> {
    let may = |name: &&String| struck.victims.contains(*name) && cluster.explained.may_be_promoted(name);
    let first = struck.awaited.iter().find(may)?.clone();
    let index = cluster.index(&first);
    cluster.members[index].start();
    Some(first)
}

fn leads(cluster: &Cluster, expected: &BTreeSet<String>) -> Result<(), String> {
    let leader = &cluster.led()?.name;
    ensure(expected.contains(leader), || format!("one of {expected:?} was to lead, and {leader} does"))
}
