//! A failure, and what it does: to the writes, to acknowledged commits, to who leads.

use serde::Serialize;

use crate::postgres::SynchronousCommit;

/// One failure and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What dies.
    pub id: Event,
    /// What becomes of writes.
    pub writes: Writes,
    /// Whether a commit that was acknowledged can be gone.
    pub loss: Loss,
    /// Who takes the writes next.
    pub leader: Leader,
    /// What a person should know or do; none where the rest says it all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What dies, or stops doing its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A standby is stopped in order.
    OneStandbyStops,
    /// A standby's processes are killed.
    OneStandbyCrashes,
    /// A standby is gone without a word: no connection is closed.
    OneStandbyNodeVanishes,
    /// A standby is connected and does nothing.
    OneStandbyHangs,
    /// A query on a standby keeps it from replaying what it has received.
    StandbyReplayHeld,
    /// Every standby is killed.
    AllStandbys,
    /// The leader's Postgres is killed, its Patroni lives.
    LeaderPostgres,
    /// The leader is gone with its Patroni.
    LeaderPod,
    /// A rolling restart comes to the leader, and asks Patroni to hand over.
    RollingRestart,
    /// The leader and those that commits wait for are gone; others are alive.
    LeaderAndSynchronousStandbys,
    /// Everything is gone at the same time.
    LeaderAndStandbysAtOnce,
    /// First every standby, then the leader.
    StandbysThenLeader,
}

/// What becomes of writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Writes {
    /// They go on as if nothing had happened.
    Continue,
    /// Commits wait at most so long, then they go on.
    Block {
        /// In milliseconds.
        at_most_ms: u64,
    },
    /// Commits wait without limit, though nothing looks wrong.
    BlockForever,
    /// Commits wait until another copy streams. A canceled wait returns success with a warning.
    Hang {
        /// How long it can take until they do, in milliseconds.
        after_at_most_ms: u64,
    },
    /// Nobody takes writes for at most so long.
    Interrupted {
        /// In milliseconds.
        at_most_ms: u64,
        /// What follows.
        then: Then,
    },
    /// Nobody takes writes until the leader's Postgres runs again, however long that takes.
    UntilRestarted,
    /// Nobody takes writes until a member returns.
    Stopped,
    /// The cluster takes no writes in the first place.
    NotTaken,
}

/// What follows once somebody leads again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// Writes go on.
    Continue,
    /// Commits hang until a standby follows the new leader.
    HangUntilAStandbyFollows,
}

/// Whether an acknowledged commit can be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// It is on a member that runs, or comes back with the data.
    No,
    /// The only copies are on members that are away: gone if their volumes are.
    OnlyWithTheVolumes,
    /// A member that lacks it can be promoted.
    Yes,
}

/// Who takes the writes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leader {
    /// The one that does now.
    Unchanged,
    /// A synchronous standby that may be promoted and is not too far behind.
    SynchronousStandby,
    /// Any standby that may be promoted and is not too far behind.
    AnyStandby,
    /// The old leader, once Patroni has started its Postgres again.
    RestartedInPlace,
    /// Nobody until the old leader is back.
    OldLeaderOnly,
    /// The old leader or a synchronous standby, whichever is back first.
    FirstSynchronousMemberBack,
    /// The old leader or any standby that may be promoted, whichever is back first.
    FirstMemberBack,
}

impl Leader {
    /// Whether another member than the leader of now can be the next one.
    pub fn can_be_another(self) -> bool {
        match self {
            Self::SynchronousStandby
            | Self::AnyStandby
            | Self::FirstSynchronousMemberBack
            | Self::FirstMemberBack => true,
            Self::Unchanged | Self::RestartedInPlace | Self::OldLeaderOnly => false,
        }
    }
}

/// What a person should know or do, beside the outcome; `render` has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Note {
    /// A standby outside of `synchronous_standby_names` is not missed.
    AsynchronousStandbyNotMissed,
    /// From then on an acknowledged commit exists once.
    OneCopyLeft,
    /// `wal_sender_timeout` is 0.
    DeadStandbyNeverNoticed,
    /// `synchronous_standby_names` is `*`: any WAL receiver acknowledges.
    AnyReceiverAcknowledges,
    /// `remote_apply`: commits wait for replay, which a query on the standby can hold up.
    ReplayHeld {
        /// How long Postgres lets the query; none where it is without limit.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_most_ms: Option<u64>,
    },
    /// The leader's Postgres is restarted in place, and nobody is promoted meanwhile.
    NobodyPromotedMeanwhile,
    /// The same, and each crash begins the time anew.
    CrashLoopWithoutBound,
    /// There is nobody to promote, so the restart in place has no bound.
    RestartWithoutBound,
    /// `primary_start_timeout` is 0: Patroni gives up the lead at once.
    FailsOverAtOnce,
    /// There is no standby.
    NoStandby,
    /// No standby may be promoted.
    NobodyPromotable,
    /// No standby may be promoted, though each synchronous one has every acknowledged commit.
    NobodyPromotableWithEveryCommit,
    /// No standby may be promoted, by hand neither.
    NobodyPromotableByHandNeither,
    /// `maximum_lag_on_failover` is negative: a standby that has all is too far behind.
    LagLimitIsNegative {
        /// In bytes.
        limit: i64,
    },
    /// A standby further behind than this is not promoted.
    LagLimit {
        /// In bytes.
        limit: i64,
    },
    /// A graceful stop of the leader is faster.
    GracefulStopIsFaster,
    /// `synchronous_standby_names` is `*` until another standby follows.
    AnyReceiverUntilOneFollows {
        /// Whether only the old leader can be that one.
        only_old_leader: bool,
    },
    /// Until the old leader is back, an acknowledged commit exists once.
    OneCopyUntilOldLeaderIsBack,
    /// The commits are acknowledged elsewhere.
    AcknowledgedByAnotherCluster,
    /// What the new leader had not received is lost.
    LostUpToLag {
        /// `maximum_lag_on_failover`, in bytes.
        limit: i64,
        /// The time since Patroni last noted the leader's position, at worst, in seconds.
        ttl: u64,
    },
    /// The survivor can be promoted by hand.
    PromotableByHand,
    /// The first one back is promoted, and commits hang until another copy streams.
    FirstBackHangs,
    /// A member that has more WAL than the one that is promoted may have to be made anew.
    AheadMayNeedReinit,
    /// Nobody is left in `/sync`; nothing was acknowledged in between.
    SyncEmptyNothingAcknowledged,
    /// Nobody is left in `/sync`; what was committed in between is on the old leader alone.
    SyncEmptyOnOldLeaderAlone,
    /// Patroni refuses a switchover to a standby that is not synchronous.
    SwitchoverToAsynchronousRefused,
    /// `synchronous_commit` acknowledges before a commit is safe.
    AcknowledgedBeforeSafe {
        /// What it is set to.
        #[serde(serialize_with = "name_of_commit")]
        synchronous_commit: SynchronousCommit,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn name_of_commit<S: serde::Serializer>(
    commit: &SynchronousCommit,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(commit.name())
}
