//! The table of failures, row by row.

use super::*;
use crate::{patroni::WrittenTiming, replication::Mode};

/// Patroni's own settings, but for what somebody wrote.
fn timing(written: &WrittenTiming) -> Timing {
    Timing::effective(written, 30, None)
}

/// The failures of a cluster with these pods and settings.
fn failures_of(
    (mode, groups, n, k): Shape<'_>,
    written: &WrittenTiming,
    synchronous_commit: SynchronousCommit,
    streaming_delay_ms: Option<u64>,
) -> Vec<Failure> {
    let topology = Topology::new(n, Role::HaRead, groups).unwrap();
    failures(&FailureModel {
        synchronous: Synchronous::of(mode, n, k),
        topology: &topology,
        timing: timing(written),
        follows_another_cluster: false,
        synchronous_commit,
        streaming_delay_ms,
    })
}

/// The outcome of one failure, in one line.
fn told(failures: &[Failure], id: Event) -> String {
    let failure = failures.iter().find(|failure| failure.id == id);
    failure.map_or_else(
        || "does not happen".to_owned(),
        |failure| format!("{:?}, loss {:?}, {:?}", failure.writes, failure.loss, failure.leader),
    )
}

/// A cluster: its mode, its groups, its number of pods and its `syncInstances`.
type Shape<'s> = (Mode, &'s [(Role, i64)], i64, i64);

#[track_caller]
fn check((mode, groups, n, k): Shape<'_>, expected: &[(Event, &str)]) {
    let failures =
        failures_of((mode, groups, n, k), &WrittenTiming::default(), SynchronousCommit::On, Some(30_000));
    for (id, outcome) in expected {
        assert_eq!(told(&failures, *id), *outcome, "{} with n = {n}, k = {k}: {id:?}", mode.name());
    }
}

#[test]
fn a_standby_that_ends_holds_up_the_writes_that_wait_for_it() {
    use Mode::{Async, StrictSyncAll, SyncAll};
    check(
        (StrictSyncAll, &[], 6, 1),
        &[
            (Event::OneStandbyStops, "Continue, loss No, Unchanged"),
            (Event::OneStandbyCrashes, "Block { at_most_ms: 10000 }, loss No, Unchanged"),
            (Event::OneStandbyHangs, "Block { at_most_ms: 70000 }, loss No, Unchanged"),
            (Event::AllStandbys, "Hang { after_at_most_ms: 10000 }, loss No, Unchanged"),
        ],
    );
    check(
        (StrictSyncAll, &[], 2, 1),
        &[(Event::OneStandbyStops, "Hang { after_at_most_ms: 0 }, loss No, Unchanged")],
    );
    check((SyncAll, &[], 2, 1), &[(Event::OneStandbyStops, "Continue, loss No, Unchanged")]);
    check((SyncAll, &[], 3, 1), &[(Event::AllStandbys, "Block { at_most_ms: 10000 }, loss No, Unchanged")]);
    check((Async, &[], 3, 1), &[(Event::OneStandbyHangs, "Continue, loss No, Unchanged")]);
    check((StrictSyncAll, &[], 1, 1), &[(Event::AllStandbys, "does not happen")]);
}

#[test]
fn who_takes_over_from_a_leader_depends_on_mode_and_roles() {
    use Mode::{Async, StrictSync, StrictSyncAll, Sync, SyncAll};
    let readonly = [(Role::Readonly, 2)];
    check(
        (StrictSyncAll, &[], 6, 1),
        &[(
            Event::LeaderPod,
            "Interrupted { at_most_ms: 31000, then: HangUntilAStandbyFollows }, loss No, SynchronousStandby",
        )],
    );
    check(
        (Sync, &[], 3, 1),
        &[(
            Event::LeaderPod,
            "Interrupted { at_most_ms: 31000, then: Continue }, loss No, SynchronousStandby",
        )],
    );
    check(
        (Async, &[], 3, 1),
        &[(Event::LeaderPod, "Interrupted { at_most_ms: 31000, then: Continue }, loss Yes, AnyStandby")],
    );
    check((StrictSyncAll, &readonly, 3, 1), &[(Event::LeaderPod, "Stopped, loss No, OldLeaderOnly")]);
    check(
        (StrictSyncAll, &[], 1, 1),
        &[(Event::LeaderPod, "Stopped, loss OnlyWithTheVolumes, OldLeaderOnly")],
    );
    check(
        (StrictSync, &[], 4, 1),
        &[(
            Event::LeaderAndSynchronousStandbys,
            "Stopped, loss OnlyWithTheVolumes, FirstSynchronousMemberBack",
        )],
    );
    check(
        (StrictSyncAll, &[], 4, 1),
        &[
            (Event::LeaderAndSynchronousStandbys, "does not happen"),
            (Event::LeaderAndStandbysAtOnce, "Stopped, loss OnlyWithTheVolumes, FirstSynchronousMemberBack"),
        ],
    );
    check(
        (SyncAll, &[], 4, 1),
        &[(Event::StandbysThenLeader, "Stopped, loss OnlyWithTheVolumes, OldLeaderOnly")],
    );
    check((Async, &[], 4, 1), &[(Event::StandbysThenLeader, "Stopped, loss Yes, FirstMemberBack")]);
}

#[test]
fn a_crash_of_the_leaders_postgres_has_a_bound_only_where_somebody_can_be_promoted() {
    use Mode::{Async, StrictSyncAll, Sync, SyncAll};
    let readonly = [(Role::Readonly, 2)];
    let at_once = WrittenTiming { primary_start_timeout: Some(0), ..WrittenTiming::default() };
    let old_name = WrittenTiming { master_start_timeout: Some(0), ..WrittenTiming::default() };
    let usual = WrittenTiming::default();
    for (mode, groups, n, written, expected) in [
        (
            SyncAll,
            &[][..],
            3,
            &usual,
            "Interrupted { at_most_ms: 300000, then: Continue }, loss No, RestartedInPlace",
        ),
        (Async, &[], 1, &usual, "UntilRestarted, loss No, RestartedInPlace"),
        (SyncAll, &readonly, 3, &usual, "UntilRestarted, loss No, RestartedInPlace"),
        (Async, &[], 1, &at_once, "UntilRestarted, loss No, RestartedInPlace"),
        (Async, &[], 3, &at_once, "Interrupted { at_most_ms: 6000, then: Continue }, loss Yes, AnyStandby"),
        (Async, &[], 3, &old_name, "Interrupted { at_most_ms: 6000, then: Continue }, loss Yes, AnyStandby"),
        (
            Sync,
            &[],
            3,
            &at_once,
            "Interrupted { at_most_ms: 6000, then: Continue }, loss No, SynchronousStandby",
        ),
        (
            StrictSyncAll,
            &[],
            3,
            &at_once,
            "Interrupted { at_most_ms: 6000, then: HangUntilAStandbyFollows }, loss No, SynchronousStandby",
        ),
    ] {
        let failures = failures_of((mode, groups, n, 1), written, SynchronousCommit::On, Some(30_000));
        let said = told(&failures, Event::LeaderPostgres);
        assert_eq!(said, expected, "{} with n = {n} and {written:?}", mode.name());
    }
}

#[test]
fn a_negative_lag_limit_promotes_nobody_and_a_small_one_is_told_of() {
    for mode in [Mode::Async, Mode::Sync, Mode::StrictSyncAll] {
        let limit =
            |limit| WrittenTiming { maximum_lag_on_failover: Some(limit), ..WrittenTiming::default() };
        let of = |written| failures_of((mode, &[], 3, 1), &written, SynchronousCommit::On, Some(30_000));
        let negative = of(limit(-1));
        let nobody = negative.iter().all(|failure| !failure.leader.can_be_another());
        assert!(nobody, "{}: an idle cluster promotes nobody: {negative:?}", mode.name());
        let pod = of(limit(0)).into_iter().find(|failure| failure.id == Event::LeaderPod).unwrap();
        assert!(
            pod.leader.can_be_another(),
            "{}: with 0 a standby that has everything is promoted",
            mode.name()
        );
        let minds = pod.notes.iter().any(|note| {
            matches!(
                note,
                Note::Promotion(Promotion::LagLimit { limit: 0 })
                    | Note::Commits(Commits::LostUpToLag { limit: 0, .. })
            )
        });
        assert!(minds, "{}: the limit is told of: {:?}", mode.name(), pod.notes);
    }
}

#[test]
fn with_remote_apply_a_query_on_a_standby_holds_commits() {
    use SynchronousCommit::{On, RemoteApply};
    for (mode, commit, delay, expected) in [
        (Mode::SyncAll, RemoteApply, Some(30_000), "Block { at_most_ms: 30000 }, loss No, Unchanged"),
        (Mode::SyncAll, RemoteApply, None, "BlockForever, loss No, Unchanged"),
        (Mode::SyncAll, RemoteApply, Some(0), "does not happen"),
        (Mode::SyncAll, On, Some(30_000), "does not happen"),
        (Mode::Async, RemoteApply, Some(30_000), "does not happen"),
    ] {
        let failures = failures_of((mode, &[], 3, 1), &WrittenTiming::default(), commit, delay);
        let said = told(&failures, Event::StandbyReplayHeld);
        assert_eq!(said, expected, "{} with {commit:?} and {delay:?}", mode.name());
    }
}

#[test]
fn a_rolling_restart_is_told_of_where_some_standbys_are_not_synchronous() {
    for (mode, n, k, is_told) in [
        (Mode::Sync, 3, 1, true),
        (Mode::StrictSync, 4, 2, true),
        (Mode::Sync, 3, 2, false),
        (Mode::SyncAll, 3, 1, false),
        (Mode::Async, 3, 1, false),
    ] {
        let failures =
            failures_of((mode, &[], n, k), &WrittenTiming::default(), SynchronousCommit::On, Some(30_000));
        let said = failures.iter().any(|failure| failure.id == Event::RollingRestart);
        assert_eq!(said, is_told, "{} with n = {n}, k = {k}", mode.name());
    }
}
