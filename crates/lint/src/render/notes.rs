//! What a person should know or do about a failure, in words.

use super::time::seconds;
use syncguard_core::prediction::{Commits, Note, Promotion, Restart, Return};

/// One note.
pub fn note(note: Note) -> String {
    match note {
        Note::Commits(note) => commits(note),
        Note::Restart(note) => restart(note).to_owned(),
        Note::Promotion(note) => promotion(note),
        Note::Return(note) => on_return(note).to_owned(),
    }
}

fn commits(note: Commits) -> String {
    let always_the_same = match note {
        Commits::AsynchronousStandbyNotMissed => {
            "a standby that is not in synchronous_standby_names is not missed at all"
        }
        Commits::OneCopyLeft => "from then on an acknowledged commit exists once, on the leader",
        Commits::DeadStandbyNeverNoticed => {
            "wal_sender_timeout is 0: the dead standby counts as connected until TCP gives up, one that hangs for ever, and \
             patronictl list goes on showing a healthy Sync Standby; stop its pod to go on"
        }
        Commits::AnyReceiverAcknowledges => {
            "synchronous_standby_names is *, and any WAL receiver that connects (pg_receivewal, a logical decoder) can \
             acknowledge; a canceled wait returns success with a warning"
        }
        Commits::ReplayHeld { at_most_ms } => return replay_held(at_most_ms),
        Commits::AnyReceiverUntilOneFollows { only_old_leader: true } => {
            "synchronous_standby_names is * until another standby follows the new leader, and there is none but the old leader"
        }
        Commits::AnyReceiverUntilOneFollows { only_old_leader: false } => {
            "synchronous_standby_names is * until another standby follows the new leader"
        }
        Commits::OneCopyUntilOldLeaderIsBack => {
            "until the old leader is back, an acknowledged commit exists once"
        }
        Commits::AcknowledgedByAnotherCluster => {
            "the commits are acknowledged by the cluster that this one follows"
        }
        Commits::AcknowledgedBeforeSafe { synchronous_commit } => {
            return format!(
                "synchronous_commit is {}: the last commits were acknowledged before they were safe",
                synchronous_commit.name()
            );
        }
        Commits::LostUpToLag { limit, ttl } => {
            return format!(
                "what the new leader had not received is lost: up to maximum_lag_on_failover ({limit} bytes), and what was \
             written since Patroni last noted the leader's position, at worst in the last {ttl} s"
            );
        }
    };
    always_the_same.to_owned()
}

fn replay_held(at_most_ms: Option<u64>) -> String {
    let limit = match at_most_ms {
        None => "max_standby_streaming_delay is -1, so as long as the query runs".to_owned(),
        Some(limit) => {
            format!("up to max_standby_streaming_delay ({}), then the query is canceled", seconds(limit))
        }
    };
    format!(
        "synchronous_commit is remote_apply, so each commit waits until the standby has replayed it, with a healthy Sync \
         Standby listed: {limit}"
    )
}

fn restart(note: Restart) -> &'static str {
    match note {
        Restart::NobodyPromotedMeanwhile => {
            "Patroni restarts it in place, and nobody is promoted before primary_start_timeout is over; then it is as if the \
             pod were lost"
        }
        Restart::CrashLoopWithoutBound => {
            "a Postgres that starts and crashes again begins the time anew, so a crash loop has no bound"
        }
        Restart::RestartWithoutBound => {
            "Patroni restarts it in place, for as long as that takes: there is nobody to promote"
        }
        Restart::FailsOverAtOnce => {
            "primary_start_timeout is 0: Patroni gives up the lead at once, and another member leads after 4 to 6 s"
        }
        Restart::GracefulStopIsFaster => "after a graceful stop of the leader it takes about 3 s",
        Restart::SwitchoverToAsynchronousRefused => {
            "it may ask Patroni to hand over to a standby that is not synchronous, which Patroni refuses, and then waits: \
             `patronictl switchover` to a Sync Standby goes on"
        }
    }
}

fn promotion(note: Promotion) -> String {
    let always_the_same = match note {
        Promotion::NoStandby => "there is no standby",
        Promotion::NobodyPromotable => "no standby may be promoted (nofailover)",
        Promotion::NobodyPromotableWithEveryCommit => {
            "no standby may be promoted (nofailover), though each synchronous one has every acknowledged commit"
        }
        Promotion::NobodyPromotableByHandNeither => {
            "no standby may be promoted (nofailover), by hand neither"
        }
        Promotion::LagLimitIsNegative { limit } => {
            return format!(
                "maximum_lag_on_failover is {limit}: a standby that has everything is still too far behind, unless it has received \
             {} bytes more than the position that Patroni noted last",
                limit.unsigned_abs()
            );
        }
        Promotion::LagLimit { limit } => {
            return format!(
                "a standby more than maximum_lag_on_failover ({limit} bytes) behind the position that Patroni noted last is not \
             promoted, though it has every acknowledged commit: WAL of open transactions counts"
            );
        }
        Promotion::PromotableByHand => {
            "the survivor is not promoted by itself; `patronictl failover --candidate MEMBER --force` promotes it by hand (not \
             a nofailover one), without what it had not received"
        }
    };
    always_the_same.to_owned()
}

fn on_return(note: Return) -> &'static str {
    match note {
        Return::FirstBackHangs => {
            "the first one back is promoted, and commits hang until another copy streams"
        }
        Return::AheadMayNeedReinit => {
            "a member that has more WAL than the one that is promoted, of commits that nobody was told about, may not stream \
             again by itself: patronictl reinit"
        }
        Return::SyncEmptyNothingAcknowledged => {
            "nobody is left in /sync, so a standby that is back first is not promoted; no commit was acknowledged in between, \
             but for those that another WAL receiver acknowledged"
        }
        Return::SyncEmptyOnOldLeaderAlone => {
            "nobody is left in /sync, so a standby that is back first is not promoted; what was committed in between exists on \
             the old leader alone"
        }
    }
}
