//! What happens when something dies: every failure of a cluster, derived from its shape.
//!
//! The settled state comes first: the leader and every standby run. The facts are Patroni's: which member
//! may be promoted is decided by its tags, by the list of synchronous members that Patroni keeps (`/sync`),
//! and by `maximum_lag_on_failover`.

use super::{
    failure::{Event, Failure, Leader, Loss, Then, Writes},
    note::{Commits, Note, Promotion, Restart, Return},
};
use crate::{
    patroni::{DEFAULT_MAXIMUM_LAG, Timing},
    postgres::SynchronousCommit,
    replication::Role,
    topology::{Synchronous, Topology},
};

/// What the failures happen to.
pub(super) struct FailureModel<'s> {
    /// In effect: off in a cluster that follows another.
    pub synchronous: Synchronous,
    pub topology: &'s Topology,
    pub timing: Timing,
    pub follows_another_cluster: bool,
    pub synchronous_commit: SynchronousCommit,
    /// How long a query on a standby may hold up replay, in milliseconds; none where it may for ever.
    pub streaming_delay_ms: Option<u64>,
}

/// The failures that are told of a cluster of this shape, the harmless ones first.
pub(super) fn failures(model: &FailureModel<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    if model.standbys() >= 1 {
        failures.extend(ENDINGS.map(|ending| model.one_standby(ending)));
        failures.extend(model.replay_held());
        failures.push(model.all_standbys());
    }
    failures.push(model.leaders_postgres());
    failures.extend(model.rolling_restart());
    failures.push(model.leaders_pod());
    if model.standbys() >= 1 {
        if model.has_asynchronous_standbys() {
            failures.push(model.leader_and_synchronous_standbys());
        }
        failures.push(model.everything_at_once());
        failures.push(model.standbys_then_leader());
    }
    if !model.synchronous_commit.waits_for_standbys() && !model.follows_another_cluster {
        for failure in &mut failures {
            weaken(failure, model.synchronous_commit);
        }
    }
    failures
}

/// What is left of an outcome where commits wait for no standby, whatever the mode says: writes go on, and what
/// only the leader had is lost with it. With `off` even a crash of its Postgres is enough.
fn weaken(failure: &mut Failure, synchronous_commit: SynchronousCommit) {
    failure.writes = match failure.writes {
        Writes::Block { .. } | Writes::BlockForever | Writes::Hang { .. } => Writes::Continue,
        Writes::Interrupted { at_most_ms, .. } => Writes::Interrupted { at_most_ms, then: Then::Continue },
        writes => writes,
    };
    let is_lost = match failure.leader {
        // Handing over in order takes everything along.
        _ if failure.id == Event::RollingRestart => false,
        Leader::Unchanged => false,
        Leader::RestartedInPlace | Leader::OldLeaderOnly => synchronous_commit == SynchronousCommit::Off,
        _ => true,
    };
    if failure.leader == Leader::Unchanged {
        failure.notes.clear();
    }
    if is_lost {
        failure.loss = Loss::Yes;
        failure.notes.insert(0, Commits::AcknowledgedBeforeSafe { synchronous_commit }.into());
    }
}

/// How one standby can end.
const ENDINGS: [Event; 4] =
    [Event::OneStandbyStops, Event::OneStandbyCrashes, Event::OneStandbyNodeVanishes, Event::OneStandbyHangs];

/// From the end of `ttl` to the promotion after the leader's death: observed, in milliseconds.
const PROMOTION_MS: u64 = 1_000;

/// From the crash of the leader's Postgres to the promotion of another where Patroni gives up the lead at once: observed on
/// 4.1.0 as 4 to 6 s, in milliseconds.
const GIVEN_UP_MS: u64 = 6_000;

impl FailureModel<'_> {
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

    /// Whether the roles let a standby be promoted; the leader is a main pod and counts as one of the two.
    fn has_promotable_standby(&self) -> bool {
        self.topology.count(Role::is_promotable) >= 2
    }

    /// Whether a standby can be promoted by itself while nothing is written.
    fn has_successor(&self) -> bool {
        self.has_promotable_standby() && !self.timing.promotes_nobody_idle()
    }

    /// Why nobody is promoted, where nobody is.
    fn obstacle(&self, nobody: Promotion) -> Note {
        if self.has_promotable_standby() {
            Promotion::LagLimitIsNegative { limit: self.timing.maximum_lag_on_failover }.into()
        } else {
            nobody.into()
        }
    }

    /// What is to be known of the lag limit in a synchronous mode, where it is smaller than usual.
    fn lag_limit(&self) -> Option<Note> {
        let limit = self.timing.maximum_lag_on_failover;
        (limit < DEFAULT_MAXIMUM_LAG).then(|| Promotion::LagLimit { limit }.into())
    }

    /// How long the leader waits for a standby that ended so; none where it is for ever.
    fn block_ms(&self, ending: Event) -> Option<u64> {
        let look = self.timing.loop_wait.saturating_mul(1_000);
        match ending {
            Event::OneStandbyStops => Some(0),
            Event::OneStandbyNodeVanishes | Event::OneStandbyHangs => {
                let timeout = self.timing.wal_sender_timeout_ms;
                (timeout > 0).then(|| timeout.saturating_add(look))
            }
            _ => Some(look),
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

    fn one_standby(&self, id: Event) -> Failure {
        let left = self.standbys() - 1;
        let writes = self.writes_after(self.block_ms(id), left);
        let loses_second_copy = self.synchronous.mode && left == 0 && !self.synchronous.strict;
        let notes = [
            self.has_asynchronous_standbys().then_some(Commits::AsynchronousStandbyNotMissed),
            loses_second_copy.then_some(Commits::OneCopyLeft),
            (writes == Writes::BlockForever).then_some(Commits::DeadStandbyNeverNoticed),
            matches!(writes, Writes::Hang { .. }).then_some(Commits::AnyReceiverAcknowledges),
        ];
        with_leader(id, writes, notes.into_iter().flatten().map(Note::from).collect())
    }

    /// A report on a standby, where commits wait for replay: the standby is healthy and listed so, and commits hang.
    fn replay_held(&self) -> Option<Failure> {
        let waits = self.synchronous_commit == SynchronousCommit::RemoteApply && self.awaited() >= 1;
        let writes = match self.streaming_delay_ms {
            Some(0) => return None,
            Some(at_most_ms) => Writes::Block { at_most_ms },
            None => Writes::BlockForever,
        };
        let note = Commits::ReplayHeld { at_most_ms: self.streaming_delay_ms };
        waits.then(|| with_leader(Event::StandbyReplayHeld, writes, vec![note.into()]))
    }

    fn all_standbys(&self) -> Failure {
        let writes = self.writes_after(self.block_ms(Event::OneStandbyCrashes), 0);
        let note = match writes {
            Writes::Hang { .. } => Some(Commits::AnyReceiverAcknowledges),
            Writes::Block { .. } => Some(Commits::OneCopyLeft),
            _ => None,
        };
        with_leader(Event::AllStandbys, writes, note.into_iter().map(Note::from).collect())
    }

    fn leaders_postgres(&self) -> Failure {
        let (id, loss) = (Event::LeaderPostgres, Loss::No);
        if self.has_successor() && self.timing.primary_start_timeout == 0 {
            return self.promotion(id, GIVEN_UP_MS, vec![Restart::FailsOverAtOnce.into()]);
        }
        let (writes, note) = if self.has_successor() {
            let at_most_ms = self.timing.primary_start_timeout.saturating_mul(1_000);
            (self.interrupted(at_most_ms, Then::Continue), Restart::CrashLoopWithoutBound)
        } else {
            let writes = if self.follows_another_cluster { Writes::NotTaken } else { Writes::UntilRestarted };
            (writes, Restart::RestartWithoutBound)
        };
        let meanwhile = self.has_successor().then_some(Restart::NobodyPromotedMeanwhile);
        let notes = meanwhile.into_iter().chain([note]).map(Note::from).collect();
        Failure { id, writes, loss, leader: Leader::RestartedInPlace, notes }
    }

    /// A restart of all pods one by one comes to the leader last, and hands over to a standby that has been restarted; where only
    /// some are synchronous, it may name another.
    fn rolling_restart(&self) -> Option<Failure> {
        let may_be_refused = self.has_asynchronous_standbys() && self.has_promotable_standby();
        let notes = vec![Restart::SwitchoverToAsynchronousRefused.into()];
        may_be_refused.then(|| with_leader(Event::RollingRestart, Writes::Continue, notes))
    }

    fn interrupted(&self, at_most_ms: u64, then: Then) -> Writes {
        if self.follows_another_cluster { Writes::NotTaken } else { Writes::Interrupted { at_most_ms, then } }
    }

    fn stopped(&self) -> Writes {
        if self.follows_another_cluster { Writes::NotTaken } else { Writes::Stopped }
    }

    fn leaders_pod(&self) -> Failure {
        let id = Event::LeaderPod;
        if self.has_successor() {
            let at_most_ms = self.timing.ttl.saturating_mul(1_000).saturating_add(PROMOTION_MS);
            return self.promotion(id, at_most_ms, vec![Restart::GracefulStopIsFaster.into()]);
        }
        let loss = if self.awaited() >= 1 { Loss::No } else { Loss::OnlyWithTheVolumes };
        let note = match (self.standbys(), loss) {
            (0, _) => Promotion::NoStandby.into(),
            (_, Loss::No) => self.obstacle(Promotion::NobodyPromotableWithEveryCommit),
            _ => self.obstacle(Promotion::NobodyPromotable),
        };
        Failure { id, writes: self.stopped(), loss, leader: Leader::OldLeaderOnly, notes: vec![note] }
    }

    /// The leader is gone and a standby takes over.
    fn promotion(&self, id: Event, at_most_ms: u64, mut notes: Vec<Note>) -> Failure {
        let lonely = self.standbys() == 1;
        let then = if self.synchronous.strict { Then::HangUntilAStandbyFollows } else { Then::Continue };
        let writes = self.interrupted(at_most_ms, then);
        if self.synchronous.strict {
            notes.push(Commits::AnyReceiverUntilOneFollows { only_old_leader: lonely }.into());
        } else if self.synchronous.mode && lonely {
            notes.push(Commits::OneCopyUntilOldLeaderIsBack.into());
        }
        let (loss, leader) = if self.synchronous.mode {
            notes.extend(self.lag_limit());
            (Loss::No, Leader::SynchronousStandby)
        } else {
            notes.push(self.lag_note());
            (self.loss_to_lag(), Leader::AnyStandby)
        };
        Failure { id, writes, loss, leader, notes }
    }

    fn lag_note(&self) -> Note {
        if self.follows_another_cluster {
            return Commits::AcknowledgedByAnotherCluster.into();
        }
        Commits::LostUpToLag { limit: self.timing.maximum_lag_on_failover, ttl: self.timing.ttl }.into()
    }

    fn leader_and_synchronous_standbys(&self) -> Failure {
        let (leader, notes) = if self.has_successor() {
            let notes = [
                Some(Promotion::PromotableByHand.into()),
                // The survivor may have received what no synchronous standby had yet; observed on 4.1.0.
                Some(Return::AheadMayNeedReinit.into()),
                self.lag_limit(),
            ];
            (Leader::FirstSynchronousMemberBack, notes.into_iter().flatten().collect())
        } else {
            (Leader::OldLeaderOnly, vec![self.obstacle(Promotion::NobodyPromotableByHandNeither)])
        };
        let (id, writes) = (Event::LeaderAndSynchronousStandbys, self.stopped());
        Failure { id, writes, loss: Loss::OnlyWithTheVolumes, leader, notes }
    }

    /// The leader and every standby are gone, and nobody keeps a list of synchronous members.
    fn asynchronous(&self, id: Event) -> Failure {
        let writes = self.stopped();
        if self.has_successor() {
            let (loss, leader) = (self.loss_to_lag(), Leader::FirstMemberBack);
            return Failure { id, writes, loss, leader, notes: vec![self.lag_note()] };
        }
        let (loss, leader) = (Loss::OnlyWithTheVolumes, Leader::OldLeaderOnly);
        Failure { id, writes, loss, leader, notes: vec![self.obstacle(Promotion::NobodyPromotable)] }
    }

    /// A cluster that follows another one gets what it missed from there.
    fn loss_to_lag(&self) -> Loss {
        if self.follows_another_cluster { Loss::No } else { Loss::Yes }
    }

    fn everything_at_once(&self) -> Failure {
        let id = Event::LeaderAndStandbysAtOnce;
        if !self.synchronous.mode {
            return self.asynchronous(id);
        }
        let (writes, loss) = (self.stopped(), Loss::OnlyWithTheVolumes);
        if !self.has_successor() {
            let notes = vec![self.obstacle(Promotion::NobodyPromotable)];
            return Failure { id, writes, loss, leader: Leader::OldLeaderOnly, notes };
        }
        let notes = [
            self.synchronous.strict.then(|| Return::FirstBackHangs.into()),
            // Observed on 4.1.0: Postgres goes on saying that the new timeline forked off before its recovery
            // point, and Patroni does not rewind it.
            (self.topology.instances() > 2).then(|| Return::AheadMayNeedReinit.into()),
            self.lag_limit(),
        ];
        let notes = notes.into_iter().flatten().collect();
        Failure { id, writes, loss, leader: Leader::FirstSynchronousMemberBack, notes }
    }

    fn standbys_then_leader(&self) -> Failure {
        let id = Event::StandbysThenLeader;
        if !self.synchronous.mode {
            return self.asynchronous(id);
        }
        let note = if self.synchronous.strict {
            Return::SyncEmptyNothingAcknowledged
        } else {
            Return::SyncEmptyOnOldLeaderAlone
        };
        let (writes, loss) = (self.stopped(), Loss::OnlyWithTheVolumes);
        Failure { id, writes, loss, leader: Leader::OldLeaderOnly, notes: vec![note.into()] }
    }
}

/// A failure that leaves the leader where it is, and with it every commit.
fn with_leader(id: Event, writes: Writes, notes: Vec<Note>) -> Failure {
    Failure { id, writes, loss: Loss::No, leader: Leader::Unchanged, notes }
}

#[cfg(test)]
mod tests;
