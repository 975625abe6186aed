//! What a person should know or do about a failure, beside its outcome; `render` has the words.

use serde::Serialize;

use crate::postgres::SynchronousCommit;

/// What a person should know or do, by its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Note {
    /// What commits wait for, and how many copies they have.
    Commits(Commits),
    /// How the leader, or its Postgres, is restarted.
    Restart(Restart),
    /// Who may be promoted, and what keeps a standby from it.
    Promotion(Promotion),
    /// What happens to members that come back.
    Return(Return),
}

/// What commits wait for, and how many copies they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Commits {
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
    /// `synchronous_standby_names` is `*` until another standby follows.
    AnyReceiverUntilOneFollows {
        /// Whether only the old leader can be that one.
        only_old_leader: bool,
    },
    /// Until the old leader is back, an acknowledged commit exists once.
    OneCopyUntilOldLeaderIsBack,
    /// The commits are acknowledged elsewhere.
    AcknowledgedByAnotherCluster,
    /// `synchronous_commit` acknowledges before a commit is safe.
    AcknowledgedBeforeSafe {
        /// What it is set to.
        synchronous_commit: SynchronousCommit,
    },
    /// What the new leader had not received is lost.
    LostUpToLag {
        /// `maximum_lag_on_failover`, in bytes.
        limit: i64,
        /// The time since Patroni last noted the leader's position, at worst, in seconds.
        ttl: u64,
    },
}

/// How the leader, or its Postgres, is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Restart {
    /// The leader's Postgres is restarted in place, and nobody is promoted meanwhile.
    NobodyPromotedMeanwhile,
    /// The same, and each crash begins the time anew.
    CrashLoopWithoutBound,
    /// There is nobody to promote, so the restart in place has no bound.
    RestartWithoutBound,
    /// `primary_start_timeout` is 0: Patroni gives up the lead at once.
    FailsOverAtOnce,
    /// A graceful stop of the leader is faster.
    GracefulStopIsFaster,
    /// Patroni refuses a switchover to a standby that is not synchronous.
    SwitchoverToAsynchronousRefused,
}

/// Who may be promoted, and what keeps a standby from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Promotion {
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
    /// The survivor can be promoted by hand.
    PromotableByHand,
}

/// What happens to members that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum Return {
    /// The first one back is promoted, and commits hang until another copy streams.
    FirstBackHangs,
    /// A member that has more WAL than the one that is promoted may have to be made anew.
    AheadMayNeedReinit,
    /// Nobody is left in `/sync`; nothing was acknowledged in between.
    SyncEmptyNothingAcknowledged,
    /// Nobody is left in `/sync`; what was committed in between is on the old leader alone.
    SyncEmptyOnOldLeaderAlone,
}

impl From<Commits> for Note {
    fn from(note: Commits) -> Self {
        Self::Commits(note)
    }
}

impl From<Restart> for Note {
    fn from(note: Restart) -> Self {
        Self::Restart(note)
    }
}

impl From<Promotion> for Note {
    fn from(note: Promotion) -> Self {
        Self::Promotion(note)
    }
}

impl From<Return> for Note {
    fn from(note: Return) -> Self {
        Self::Return(note)
    }
}
