//! A failure, and what it does: to the writes, to acknowledged commits, to who leads.

use serde::Serialize;

use super::note::Note;

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
