//! What the failures come to: what is survived, what is not, how long writes pause, and what stops them.

use serde::Serialize;

use super::{Event, Failure, Loss, Then, Writes};

/// The failures of a cluster in four answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// After these no acknowledged commit is gone, whatever becomes of disks.
    pub survives_without_loss: Vec<Event>,
    /// After these acknowledged commits can be gone, or are if volumes are.
    pub can_lose_commits: Vec<Loses>,
    /// The longest that writes wait before they go on by themselves; none where they never have to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_pause: Option<Pause>,
    /// After these writes do not go on by themselves: something has to come back first.
    pub writes_stop: Vec<Event>,
}

/// A failure that can take commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Loses {
    /// Which.
    pub after: Event,
    /// Whether only together with the volumes.
    pub only_with_the_volumes: bool,
}

/// A time in which writes wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// In milliseconds.
    pub at_most_ms: u64,
    /// The failure that makes it.
    pub after: Event,
}

impl Verdict {
    /// What these failures come to.
    pub fn of(failures: &[Failure]) -> Self {
        let after = |is: fn(&Failure) -> bool| {
            failures.iter().filter(move |failure| is(failure)).map(|failure| failure.id).collect()
        };
        let loses = |failure: &Failure| {
            let only_with_the_volumes = failure.loss == Loss::OnlyWithTheVolumes;
            (failure.loss != Loss::No).then_some(Loses { after: failure.id, only_with_the_volumes })
        };
        Self {
            survives_without_loss: after(|failure| failure.loss == Loss::No),
            can_lose_commits: failures.iter().filter_map(loses).collect(),
            // Of equal ones the first, which is the lesser evil.
            longest_pause: failures.iter().filter_map(pause).rev().max_by_key(|pause| pause.at_most_ms),
            writes_stop: after(|failure| stops(failure.writes)),
        }
    }
}

/// How long writes wait, where they go on by themselves.
fn pause(failure: &Failure) -> Option<Pause> {
    match failure.writes {
        Writes::Block { at_most_ms } | Writes::Interrupted { at_most_ms, then: Then::Continue } => {
            Some(Pause { at_most_ms, after: failure.id })
        }
        _ => None,
    }
}

fn stops(writes: Writes) -> bool {
    match writes {
        Writes::BlockForever
        | Writes::Hang { .. }
        | Writes::Interrupted { then: Then::HangUntilAStandbyFollows, .. }
        | Writes::UntilRestarted
        | Writes::Stopped => true,
        Writes::Continue
        | Writes::Block { .. }
        | Writes::Interrupted { then: Then::Continue, .. }
        | Writes::NotTaken => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prediction::Leader;

    fn failure(id: Event, writes: Writes, loss: Loss) -> Failure {
        Failure { id, writes, loss, leader: Leader::Unchanged, notes: Vec::new() }
    }

    #[test]
    fn failures_come_to_four_answers() {
        let block = |at_most_ms| Writes::Block { at_most_ms };
        let failover = |then| Writes::Interrupted { at_most_ms: 46_000, then };
        let hang = Writes::Hang { after_at_most_ms: 10 };
        let verdict = Verdict::of(&[
            failure(Event::OneStandbyCrashes, block(10_000), Loss::No),
            failure(Event::OneStandbyNodeVanishes, block(70_000), Loss::No),
            failure(Event::OneStandbyHangs, block(70_000), Loss::No),
            failure(Event::AllStandbys, hang, Loss::No),
            failure(Event::LeaderPod, failover(Then::HangUntilAStandbyFollows), Loss::Yes),
            failure(Event::LeaderAndStandbysAtOnce, Writes::Stopped, Loss::OnlyWithTheVolumes),
        ]);
        let survived = [
            Event::OneStandbyCrashes,
            Event::OneStandbyNodeVanishes,
            Event::OneStandbyHangs,
            Event::AllStandbys,
        ];
        assert_eq!(verdict.survives_without_loss, survived, "what is survived without loss");
        let loses = |after, only_with_the_volumes| Loses { after, only_with_the_volumes };
        let lost = [loses(Event::LeaderPod, false), loses(Event::LeaderAndStandbysAtOnce, true)];
        assert_eq!(verdict.can_lose_commits, lost, "what can take commits");
        let longest = Pause { at_most_ms: 70_000, after: Event::OneStandbyNodeVanishes };
        assert_eq!(verdict.longest_pause, Some(longest), "of equal pauses the first");
        let stopping = [Event::AllStandbys, Event::LeaderPod, Event::LeaderAndStandbysAtOnce];
        assert_eq!(verdict.writes_stop, stopping, "after what somebody has to come back");
    }

    #[test]
    fn a_cluster_that_takes_no_writes_has_no_pause_of_writes() {
        let verdict = Verdict::of(&[failure(Event::LeaderPod, Writes::NotTaken, Loss::No)]);
        assert_eq!((verdict.longest_pause, verdict.writes_stop), (None, Vec::new()));
    }
}
