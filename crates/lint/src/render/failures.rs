//! Failures in words: what happens, what becomes of writes and commits, who leads next, and what a person should know.

use serde_json::Value;

use syncguard_core::prediction::{Event, Failure, Leader, Loss, Note, Prediction, Then, Writes};

/// The predictions for programs: typed facts, and the words that are made of them here.
///
/// # Errors
///
/// None: every fact is a name, a number or a text.
pub fn json(prediction: &Prediction) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(prediction)?;
    let told = prediction.clusters.iter().zip(value["clusters"].as_array_mut().into_iter().flatten());
    for (fate, value) in told {
        let failures = value.get_mut("failures").and_then(Value::as_array_mut);
        for (failure, value) in fate.failures().iter().zip(failures.into_iter().flatten()) {
            value["event"] = event(failure.id).into();
            let note = notes(failure);
            if !note.is_empty() {
                value["note"] = note.into();
            }
        }
    }
    Ok(value)
}

/// What happens.
pub fn event(event: Event) -> &'static str {
    match event {
        Event::OneStandbyStops => "a standby is stopped",
        Event::OneStandbyCrashes => "a standby crashes",
        Event::OneStandbyNodeVanishes => "a standby's node vanishes",
        Event::OneStandbyHangs => "a standby hangs",
        Event::StandbyReplayHeld => "a query holds a standby's replay",
        Event::AllStandbys => "all standbys crash",
        Event::LeaderPostgres => "the leader's Postgres crashes",
        Event::RollingRestart => "a rolling restart",
        Event::LeaderPod => "the leader's pod or node is lost",
        Event::LeaderAndSynchronousStandbys => "leader and sync standbys at once",
        Event::LeaderAndStandbysAtOnce => "leader and all standbys at once",
        Event::StandbysThenLeader => "all standbys, then the leader",
    }
}

/// The four cells of a failure's row.
pub fn row(failure: &Failure) -> [String; 4] {
    let writes = match (failure.writes, failure.leader) {
        (Writes::Interrupted { at_most_ms, .. }, Leader::RestartedInPlace) => {
            format!("stop until it is back, {} at most", seconds(at_most_ms))
        }
        (outcome, _) => writes(outcome),
    };
    [event(failure.id).to_owned(), writes, loss(failure.loss).to_owned(), leader(failure.leader).to_owned()]
}

fn writes(writes: Writes) -> String {
    match writes {
        Writes::Continue => "go on".to_owned(),
        Writes::Block { at_most_ms } => format!("block up to about {}, then go on", seconds(at_most_ms)),
        Writes::BlockForever => "block without limit".to_owned(),
        Writes::Hang { .. } => "hang until a copy streams".to_owned(),
        Writes::Interrupted { at_most_ms, then: Then::Continue } => {
            format!("stop for about {}", seconds(at_most_ms))
        }
        Writes::Interrupted { at_most_ms, then: Then::HangUntilAStandbyFollows } => {
            format!("stop for about {}, then hang until a standby follows", seconds(at_most_ms))
        }
        Writes::UntilRestarted => "stop until it is back".to_owned(),
        Writes::Stopped => "stop until a member is back".to_owned(),
        Writes::NotTaken => "(takes none)".to_owned(),
    }
}

/// Milliseconds as people say them.
pub fn seconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1_000) {
        format!("{} s", milliseconds / 1_000)
    } else {
        format!("{milliseconds} ms")
    }
}

fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::No => "kept",
        Loss::OnlyWithTheVolumes => "kept if volumes are",
        Loss::Yes => "can be lost",
    }
}

fn leader(leader: Leader) -> &'static str {
    match leader {
        Leader::Unchanged => "unchanged",
        Leader::SynchronousStandby => "a sync standby within the lag limit",
        Leader::AnyStandby => "a standby within the lag limit",
        Leader::RestartedInPlace => "the same, restarted",
        Leader::OldLeaderOnly => "nobody until the old one is back",
        Leader::FirstSynchronousMemberBack => "the old one or a sync standby, once back",
        Leader::FirstMemberBack => "the first one back within the lag limit",
    }
}

/// What a person should know or do, in one line; empty where the row says it all.
pub fn notes(failure: &Failure) -> String {
    failure.notes.iter().map(|said| note(*said)).collect::<Vec<_>>().join("; ")
}

fn note(note: Note) -> String {
    match note {
        Note::ReplayHeld { at_most_ms } => {
            let limit = at_most_ms.map_or_else(
                || "max_standby_streaming_delay is -1, so as long as the query runs".to_owned(),
                |limit| {
                    format!(
                        "up to max_standby_streaming_delay ({}), then the query is canceled",
                        seconds(limit)
                    )
                },
            );
            format!(
                "synchronous_commit is remote_apply, so each commit waits until the standby has replayed it, with a healthy \
                 Sync Standby listed: {limit}"
            )
        }
        Note::LagLimitIsNegative { limit } => format!(
            "maximum_lag_on_failover is {limit}: a standby that has everything is still too far behind, unless it has received \
             {} bytes more than the position that Patroni noted last",
            limit.unsigned_abs()
        ),
        Note::LagLimit { limit } => format!(
            "a standby more than maximum_lag_on_failover ({limit} bytes) behind the position that Patroni noted last is not \
             promoted, though it has every acknowledged commit: WAL of open transactions counts"
        ),
        Note::AnyReceiverUntilOneFollows { only_old_leader } => format!(
            "synchronous_standby_names is * until another standby follows {}",
            if only_old_leader {
                "the new leader, and there is none but the old leader"
            } else {
                "the new leader"
            }
        ),
        Note::LostUpToLag { limit, ttl } => format!(
            "what the new leader had not received is lost: up to maximum_lag_on_failover ({limit} bytes), and what was \
             written since Patroni last noted the leader's position, at worst in the last {ttl} s"
        ),
        Note::AcknowledgedBeforeSafe { synchronous_commit } => format!(
            "synchronous_commit is {}: the last commits were acknowledged before they were safe",
            synchronous_commit.name()
        ),
        plain => words(plain).to_owned(),
    }
}

/// The notes that are always the same.
fn words(note: Note) -> &'static str {
    match note {
        Note::AsynchronousStandbyNotMissed => {
            "a standby that is not in synchronous_standby_names is not missed at all"
        }
        Note::OneCopyLeft => "from then on an acknowledged commit exists once, on the leader",
        Note::DeadStandbyNeverNoticed => {
            "wal_sender_timeout is 0: the dead standby counts as connected until TCP gives up, one that hangs for ever, and \
             patronictl list goes on showing a healthy Sync Standby; stop its pod to go on"
        }
        Note::AnyReceiverAcknowledges => {
            "synchronous_standby_names is *, and any WAL receiver that connects (pg_receivewal, a logical decoder) can \
             acknowledge; a canceled wait returns success with a warning"
        }
        Note::NobodyPromotedMeanwhile => {
            "Patroni restarts it in place, and nobody is promoted before primary_start_timeout is over; then it is as if the \
             pod were lost"
        }
        Note::CrashLoopWithoutBound => {
            "a Postgres that starts and crashes again begins the time anew, so a crash loop has no bound"
        }
        Note::RestartWithoutBound => {
            "Patroni restarts it in place, for as long as that takes: there is nobody to promote"
        }
        Note::FailsOverAtOnce => {
            "primary_start_timeout is 0: Patroni gives up the lead at once, and another member leads after 4 to 6 s"
        }
        Note::NoStandby => "there is no standby",
        Note::NobodyPromotable => "no standby may be promoted (nofailover)",
        Note::NobodyPromotableWithEveryCommit => {
            "no standby may be promoted (nofailover), though each synchronous one has every acknowledged commit"
        }
        Note::NobodyPromotableByHandNeither => "no standby may be promoted (nofailover), by hand neither",
        Note::GracefulStopIsFaster => "after a graceful stop of the leader it takes about 3 s",
        Note::OneCopyUntilOldLeaderIsBack => {
            "until the old leader is back, an acknowledged commit exists once"
        }
        Note::AcknowledgedByAnotherCluster => {
            "the commits are acknowledged by the cluster that this one follows"
        }
        Note::PromotableByHand => {
            "the survivor is not promoted by itself; `patronictl failover --candidate MEMBER --force` promotes it by hand (not \
             a nofailover one), without what it had not received"
        }
        Note::FirstBackHangs => "the first one back is promoted, and commits hang until another copy streams",
        Note::AheadMayNeedReinit => {
            "a member that has more WAL than the one that is promoted, of commits that nobody was told about, may not stream \
             again by itself: patronictl reinit"
        }
        Note::SyncEmptyNothingAcknowledged => {
            "nobody is left in /sync, so a standby that is back first is not promoted; no commit was acknowledged in between, \
             but for those that another WAL receiver acknowledged"
        }
        Note::SyncEmptyOnOldLeaderAlone => {
            "nobody is left in /sync, so a standby that is back first is not promoted; what was committed in between exists on \
             the old leader alone"
        }
        Note::SwitchoverToAsynchronousRefused => {
            "it may ask Patroni to hand over to a standby that is not synchronous, which Patroni refuses, and then waits: \
             `patronictl switchover` to a Sync Standby goes on"
        }
        // Made with their values above.
        Note::ReplayHeld { .. }
        | Note::LagLimitIsNegative { .. }
        | Note::LagLimit { .. }
        | Note::AnyReceiverUntilOneFollows { .. }
        | Note::LostUpToLag { .. }
        | Note::AcknowledgedBeforeSafe { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_seconds_where_they_are_whole() {
        for (milliseconds, said) in [(0, "0 s"), (70_000, "70 s"), (1_500, "1500 ms")] {
            assert_eq!(seconds(milliseconds), said);
        }
    }
}
