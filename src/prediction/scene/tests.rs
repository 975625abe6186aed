//! The table of failures, row by row.

use super::*;
use crate::replication::Mode;

/// The outcome of one failure, in one line.
fn outcome(mode: Mode, groups: &[(Role, i64)], n: i64, k: i64, id: &str) -> String {
    let topology = Topology::new(n, Role::HaRead, groups).unwrap();
    let timing = Timing {
        ttl: 30,
        loop_wait: 10,
        retry_timeout: 10,
        primary_start_timeout: 300,
        wal_sender_timeout_ms: 60_000,
        maximum_lag_on_failover: 1_048_576,
        maximum_lag_on_syncnode: None,
    };
    let scene = Scene {
        synchronous: Synchronous::of(mode, n, k),
        topology: &topology,
        timing,
        follows_another_cluster: false,
        synchronous_commit: SynchronousCommit::On,
    };
    let failure = failures(&scene).into_iter().find(|failure| failure.id == id);
    failure.map_or_else(
        || "does not happen".to_owned(),
        |failure| format!("{:?}, loss {:?}, {:?}", failure.writes, failure.loss, failure.leader),
    )
}

#[test]
fn the_table_of_failures_says_what_patroni_does() {
    use Mode::{Async, StrictSync, StrictSyncAll, Sync, SyncAll};
    let readonly = [(Role::Readonly, 2)];
    for (mode, groups, n, k, id, expected) in [
        (StrictSyncAll, &[][..], 6, 1, "one-standby-stops", "Continue, loss No, Unchanged"),
        (StrictSyncAll, &[], 6, 1, "one-standby-crashes", "Block { at_most_ms: 10000 }, loss No, Unchanged"),
        (StrictSyncAll, &[], 6, 1, "one-standby-hangs", "Block { at_most_ms: 70000 }, loss No, Unchanged"),
        (StrictSyncAll, &[], 6, 1, "all-standbys", "Hang { after_at_most_ms: 10000 }, loss No, Unchanged"),
        (StrictSyncAll, &[], 2, 1, "one-standby-stops", "Hang { after_at_most_ms: 0 }, loss No, Unchanged"),
        (SyncAll, &[], 2, 1, "one-standby-stops", "Continue, loss No, Unchanged"),
        (SyncAll, &[], 3, 1, "all-standbys", "Block { at_most_ms: 10000 }, loss No, Unchanged"),
        (Async, &[], 3, 1, "one-standby-hangs", "Continue, loss No, Unchanged"),
        (
            StrictSyncAll,
            &[],
            6,
            1,
            "leader-pod",
            "Interrupted { at_most_ms: 31000, then: HangUntilAStandbyFollows }, loss No, SynchronousStandby",
        ),
        (
            Sync,
            &[],
            3,
            1,
            "leader-pod",
            "Interrupted { at_most_ms: 31000, then: Continue }, loss No, SynchronousStandby",
        ),
        (
            Async,
            &[],
            3,
            1,
            "leader-pod",
            "Interrupted { at_most_ms: 31000, then: Continue }, loss Yes, AnyStandby",
        ),
        (StrictSyncAll, &readonly, 3, 1, "leader-pod", "Stopped, loss No, OldLeaderOnly"),
        (StrictSyncAll, &[], 1, 1, "leader-pod", "Stopped, loss OnlyWithTheVolumes, OldLeaderOnly"),
        (StrictSyncAll, &[], 1, 1, "all-standbys", "does not happen"),
        (
            StrictSync,
            &[],
            4,
            1,
            "leader-and-synchronous-standbys",
            "Stopped, loss OnlyWithTheVolumes, FirstSynchronousMemberBack",
        ),
        (StrictSyncAll, &[], 4, 1, "leader-and-synchronous-standbys", "does not happen"),
        (
            StrictSyncAll,
            &[],
            4,
            1,
            "leader-and-standbys-at-once",
            "Stopped, loss OnlyWithTheVolumes, FirstSynchronousMemberBack",
        ),
        (SyncAll, &[], 4, 1, "standbys-then-leader", "Stopped, loss OnlyWithTheVolumes, OldLeaderOnly"),
        (Async, &[], 4, 1, "standbys-then-leader", "Stopped, loss Yes, FirstMemberBack"),
    ] {
        assert_eq!(outcome(mode, groups, n, k, id), expected, "{} with n = {n}, k = {k}: {id}", mode.name());
    }
}
