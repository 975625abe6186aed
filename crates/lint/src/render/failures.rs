//! Failures in words: what happens, what becomes of writes and commits, who leads next.

use super::{notes::note, time::seconds};
use syncguard_core::prediction::{Event, Failure, Leader, Loss, Then, Writes};

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
