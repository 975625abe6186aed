//! What happens when something dies: every failure of a cluster, derived from its shape.
//!
//! The settled state comes first: the leader and every standby run. The facts are Patroni's: which member
//! may be promoted is decided by its tags, by the list of synchronous members that Patroni keeps (`/sync`),
//! and by `maximum_lag_on_failover`.

use super::{
    Timing,
    failure::{Failure, Leader, Loss, Then, Writes},
};
use crate::{
    postgres::SynchronousCommit,
    replication::Role,
    topology::{Synchronous, Topology},
};

/// What the failures happen to.
pub(super) struct Scene<'s> {
    /// In effect: off in a cluster that follows another.
    pub synchronous: Synchronous,
    pub topology: &'s Topology,
    pub timing: Timing,
    pub follows_another_cluster: bool,
    pub synchronous_commit: SynchronousCommit,
}

/// The failures that are told of a cluster of this shape, the harmless ones first.
pub(super) fn failures(scene: &Scene<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    if scene.standbys() >= 1 {
        failures.extend(Ending::ALL.map(|ending| scene.one_standby(ending)));
        failures.push(scene.all_standbys());
    }
    failures.push(scene.leaders_postgres());
    failures.push(scene.leaders_pod());
    if scene.standbys() >= 1 {
        if scene.has_asynchronous_standbys() {
            failures.push(scene.leader_and_synchronous_standbys());
        }
        failures.push(scene.everything_at_once());
        failures.push(scene.standbys_then_leader());
    }
    if !scene.synchronous_commit.waits_for_standbys() && !scene.follows_another_cluster {
        for failure in &mut failures {
            weaken(failure, scene.synchronous_commit);
        }
    }
    failures
}

/// What is left of an outcome where commits wait for no standby, whatever the mode says: writes go on, and what
/// only the leader had is lost with it. With `off` even a crash of its Postgres is enough.
fn weaken(failure: &mut Failure, commit: SynchronousCommit) {
    failure.writes = match failure.writes {
        Writes::Block { .. } | Writes::BlockForever | Writes::Hang { .. } => Writes::Continue,
        Writes::Interrupted { at_most_ms, .. } => Writes::Interrupted { at_most_ms, then: Then::Continue },
        writes => writes,
    };
    let is_lost = match failure.leader {
        Leader::Unchanged => false,
        Leader::RestartedInPlace | Leader::OldLeaderOnly => commit == SynchronousCommit::Off,
        _ => true,
    };
    if failure.leader == Leader::Unchanged {
        failure.note.clear();
    }
    if is_lost {
        failure.loss = Loss::Yes;
        let early = format!(
            "synchronous_commit is {}: the last commits were acknowledged before they were safe",
            commit.name()
        );
        let before = std::mem::take(&mut failure.note);
        failure.note = if before.is_empty() { early } else { format!("{early}; {before}") };
    }
}

/// How one standby can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stops,
    Crashes,
    NodeVanishes,
    Hangs,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Stops, Self::Crashes, Self::NodeVanishes, Self::Hangs];

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Stops => ("one-standby-stops", "a standby is stopped"),
            Self::Crashes => ("one-standby-crashes", "a standby crashes"),
            Self::NodeVanishes => ("one-standby-node-vanishes", "a standby's node vanishes"),
            Self::Hangs => ("one-standby-hangs", "a standby hangs"),
        }
    }
}

/// From the end of `ttl` to the promotion after the leader's death: observed, in milliseconds.
const PROMOTION_MS: u64 = 1_000;

impl Scene<'_> {
    fn standbys(&self) -> i64 {
        self.topology.instances() - 1
    }

    /// How many standbys a commit waits for, all standbys being there.
    fn awaited(&self) -> i64 {
        self.synchronous.node_count.unwrap_or(0).min(self.standbys())
    }

    fn has_asynchronous_standbys(&self) -> bool {
        self.synchronous.mode && self.awaited() < self.standbys()
    }

    /// Whether a standby can be promoted at all; the leader is a main pod and counts as one of the two.
    fn has_successor(&self) -> bool {
        self.topology.count(Role::is_promotable) >= 2
    }

    /// How long the leader waits for a standby that ended so; none where it is for ever.
    fn block_ms(&self, ending: Ending) -> Option<u64> {
        let look = self.timing.loop_wait.saturating_mul(1_000);
        match ending {
            Ending::Stops => Some(0),
            Ending::Crashes => Some(look),
            Ending::NodeVanishes | Ending::Hangs if self.timing.wal_sender_timeout_ms == 0 => None,
            Ending::NodeVanishes | Ending::Hangs => {
                Some(self.timing.wal_sender_timeout_ms.saturating_add(look))
            }
        }
    }

    /// The writes after a standby is gone, `left` being those that remain.
    fn writes_after(&self, block_ms: Option<u64>, left: i64) -> Writes {
        if self.follows_another_cluster {
            return Writes::NotTaken;
        }
        if !self.synchronous.mode {
            return Writes::Continue;
        }
        match block_ms {
            None => Writes::BlockForever,
            Some(at_most) if left == 0 && self.synchronous.strict => {
                Writes::Hang { after_at_most_ms: at_most }
            }
            Some(0) => Writes::Continue,
            Some(at_most_ms) => Writes::Block { at_most_ms },
        }
    }

    fn one_standby(&self, ending: Ending) -> Failure {
        let (id, event) = ending.words();
        let left = self.standbys() - 1;
        let writes = self.writes_after(self.block_ms(ending), left);
        let mut note = Vec::new();
        if self.has_asynchronous_standbys() {
            note.push("a standby that is not in synchronous_standby_names is not missed at all".to_owned());
        }
        if self.synchronous.mode && left == 0 && !self.synchronous.strict {
            note.push("from then on an acknowledged commit exists once, on the leader".to_owned());
        }
        if writes == Writes::BlockForever {
            note.push(
                "wal_sender_timeout is 0: the dead standby counts as connected until TCP gives up, one that hangs for ever, and patronictl list goes on showing a \
                 healthy Sync Standby; stop its pod to go on"
                    .to_owned(),
            );
        }
        if matches!(writes, Writes::Hang { .. }) {
            note.push(HANG.to_owned());
        }
        Failure { id, event, writes, loss: Loss::No, leader: Leader::Unchanged, note: note.join("; ") }
    }

    fn all_standbys(&self) -> Failure {
        let writes = self.writes_after(self.block_ms(Ending::Crashes), 0);
        let note = match writes {
            Writes::Hang { .. } => HANG,
            Writes::Block { .. } => "from then on an acknowledged commit exists once, on the leader",
            _ => "",
        };
        with_leader("all-standbys", "all standbys crash", writes, note)
    }

    fn leaders_postgres(&self) -> Failure {
        let at_most_ms = self.timing.primary_start_timeout.saturating_mul(1_000);
        Failure {
            id: "leader-postgres",
            event: "the leader's Postgres crashes",
            writes: self.interrupted(at_most_ms, Then::Continue),
            loss: Loss::No,
            leader: Leader::RestartedInPlace,
            note: "Patroni restarts it in place, and nobody is promoted before primary_start_timeout \
                   is over; then it is as if the pod were lost"
                .to_owned(),
        }
    }

    fn interrupted(&self, at_most_ms: u64, then: Then) -> Writes {
        if self.follows_another_cluster { Writes::NotTaken } else { Writes::Interrupted { at_most_ms, then } }
    }

    fn stopped(&self) -> Writes {
        if self.follows_another_cluster { Writes::NotTaken } else { Writes::Stopped }
    }

    fn leaders_pod(&self) -> Failure {
        let (id, event) = ("leader-pod", "the leader's pod or node is lost");
        if !self.has_successor() {
            let loss = if self.awaited() >= 1 { Loss::No } else { Loss::OnlyWithTheVolumes };
            let note = match (self.standbys(), loss) {
                (0, _) => "there is no standby",
                (_, Loss::No) => {
                    "no standby may be promoted (nofailover), though each synchronous one has every acknowledged commit"
                }
                _ => "no standby may be promoted (nofailover)",
            };
            let (writes, leader) = (self.stopped(), Leader::OldLeaderOnly);
            return Failure { id, event, writes, loss, leader, note: note.to_owned() };
        }
        let lonely = self.standbys() == 1;
        let then = if self.synchronous.strict { Then::HangUntilAStandbyFollows } else { Then::Continue };
        let writes =
            self.interrupted(self.timing.ttl.saturating_mul(1_000).saturating_add(PROMOTION_MS), then);
        let mut note = vec!["after a graceful stop of the leader it takes about 3 s".to_owned()];
        if self.synchronous.strict {
            note.push(format!(
                "synchronous_standby_names is * until another standby follows {}",
                if lonely {
                    "the new leader, and there is none but the old leader"
                } else {
                    "the new leader"
                }
            ));
        } else if self.synchronous.mode && lonely {
            note.push("until the old leader is back, an acknowledged commit exists once".to_owned());
        }
        let (loss, leader) = if self.synchronous.mode {
            (Loss::No, Leader::SynchronousStandby)
        } else {
            note.push(self.lag_note());
            (self.loss_to_lag(), Leader::AnyStandby)
        };
        Failure { id, event, writes, loss, leader, note: note.join("; ") }
    }

    fn lag_note(&self) -> String {
        if self.follows_another_cluster {
            return "the commits are acknowledged by the cluster that this one follows".to_owned();
        }
        let (limit, ttl) = (self.timing.maximum_lag_on_failover, self.timing.ttl);
        format!(
            "what the new leader had not received is lost: up to maximum_lag_on_failover ({limit} bytes), and what was \
             written since Patroni last noted the leader's position, at worst in the last {ttl} s"
        )
    }

    fn leader_and_synchronous_standbys(&self) -> Failure {
        let (leader, note) = if self.has_successor() {
            (
                Leader::FirstSynchronousMemberBack,
                "the survivor is not promoted by itself; `patronictl failover --candidate MEMBER --force` promotes it \
                 by hand (not a nofailover one), without what it had not received",
            )
        } else {
            (Leader::OldLeaderOnly, "no standby may be promoted (nofailover), by hand neither")
        };
        Failure {
            id: "leader-and-synchronous-standbys",
            event: "leader and sync standbys at once",
            writes: self.stopped(),
            loss: Loss::OnlyWithTheVolumes,
            leader,
            note: note.to_owned(),
        }
    }

    /// The leader and every standby are gone, and nobody keeps a list of synchronous members.
    fn asynchronous(&self, id: &'static str, event: &'static str) -> Failure {
        let writes = self.stopped();
        if self.has_successor() {
            let (loss, leader) = (self.loss_to_lag(), Leader::FirstMemberBack);
            return Failure { id, event, writes, loss, leader, note: self.lag_note() };
        }
        let (loss, leader) = (Loss::OnlyWithTheVolumes, Leader::OldLeaderOnly);
        Failure { id, event, writes, loss, leader, note: String::new() }
    }

    /// A cluster that follows another one gets what it missed from there.
    fn loss_to_lag(&self) -> Loss {
        if self.follows_another_cluster { Loss::No } else { Loss::Yes }
    }

    fn everything_at_once(&self) -> Failure {
        let (id, event) = ("leader-and-standbys-at-once", "leader and all standbys at once");
        let writes = self.stopped();
        if !self.synchronous.mode {
            return self.asynchronous(id, event);
        }
        let leader =
            if self.has_successor() { Leader::FirstSynchronousMemberBack } else { Leader::OldLeaderOnly };
        let mut notes = Vec::new();
        if self.synchronous.strict && self.has_successor() {
            notes.push("the first one back is promoted, and commits hang until another copy streams");
        }
        // Observed on 4.1.0, once: Postgres goes on saying that the new timeline forked off before its recovery
        // point, and Patroni does not rewind it.
        if self.has_successor() && self.topology.instances() > 2 {
            notes.push(
                "a member that has more WAL than the one that is promoted, of commits that nobody was told about, may \
                 not stream again by itself: patronictl reinit",
            );
        }
        Failure { id, event, writes, loss: Loss::OnlyWithTheVolumes, leader, note: notes.join("; ") }
    }

    fn standbys_then_leader(&self) -> Failure {
        let (id, event) = ("standbys-then-leader", "all standbys, then the leader");
        let writes = self.stopped();
        if !self.synchronous.mode {
            return self.asynchronous(id, event);
        }
        let note = if self.synchronous.strict {
            "nobody is left in /sync, so a standby that is back first is not promoted; no commit was acknowledged in \
             between, but for those that another WAL receiver acknowledged"
        } else {
            "nobody is left in /sync, so a standby that is back first is not promoted; what was committed in between \
             exists on the old leader alone"
        };
        let (loss, leader) = (Loss::OnlyWithTheVolumes, Leader::OldLeaderOnly);
        Failure { id, event, writes, loss, leader, note: note.to_owned() }
    }
}

/// A failure that leaves the leader where it is, and with it every commit.
fn with_leader(id: &'static str, event: &'static str, writes: Writes, note: &str) -> Failure {
    Failure { id, event, writes, loss: Loss::No, leader: Leader::Unchanged, note: note.to_owned() }
}

/// What a hanging commit means for the people who wait for it.
const HANG: &str = "synchronous_standby_names is *, and any WAL receiver that connects (pg_receivewal, a logical \
    decoder) can acknowledge; a cancelled wait returns success with a warning";

#[cfg(test)]
mod tests;
