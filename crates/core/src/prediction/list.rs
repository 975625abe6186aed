//! The members as `patronictl list` shows them, and `synchronous_standby_names` beside it.

use serde::Serialize;

use super::MAX_LISTED_MEMBERS;
use crate::{
    cluster::{Cluster, Part},
    facts::patroni::{LISTS_POSITIONS, SHOWS_STREAMING},
    patroni::Deployed,
    topology::{Run, Synchronous, Topology},
};

/// One row of `patronictl list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The pod's name.
    pub name: String,
    /// The pod's ordinal.
    pub ordinal: i64,
    /// What it is doing.
    pub role: MemberRole,
    /// How far its Postgres is.
    pub state: MemberState,
    /// Its tags, as Patroni prints them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub tags: &'static [&'static str],
}

/// The `Role` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    /// Takes the writes.
    Leader,
    /// Leads a cluster that follows another one.
    StandbyLeader,
    /// Commits wait for it.
    SyncStandby,
    /// Commits do not wait for it.
    Replica,
}

impl MemberRole {
    /// As Patroni prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leader => "Leader",
            Self::StandbyLeader => "Standby Leader",
            Self::SyncStandby => "Sync Standby",
            Self::Replica => "Replica",
        }
    }
}

/// The `State` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// A leader; before Patroni 3.0.4 everybody.
    Running,
    /// Follows another member, or the cluster that is followed.
    Streaming,
    /// Follows an archive alone.
    InArchiveRecovery,
}

impl MemberState {
    /// As Patroni prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Streaming => "streaming",
            Self::InArchiveRecovery => "in archive recovery",
        }
    }
}

/// The columns of `patronictl list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// One lag in megabytes, up to Patroni 4.0.
    LagInMegabytes,
    /// Receive and replay positions, each with a lag, from Patroni 4.1.
    Positions,
}

impl Layout {
    /// The layout of a Patroni; an unknown one is taken for the newest.
    pub fn of(deployed: Deployed) -> Self {
        if LISTS_POSITIONS.may_be_in(deployed.version()) { Self::Positions } else { Self::LagInMegabytes }
    }
}

/// The ordinals below `instances`, in the order of their names as strings: 0, 1, 10, 11, 2, …
pub fn ordinals_by_name(instances: i64) -> impl Iterator<Item = i64> {
    let last = instances - 1;
    let following = move |&ordinal: &i64| {
        // No ordinal but 0 itself begins with a 0.
        let longer = if ordinal == 0 { Some(1) } else { ordinal.checked_mul(10) };
        if let Some(longer) = longer.filter(|longer| *longer <= last) {
            return Some(longer);
        }
        let mut next = if ordinal >= last { ordinal / 10 } else { ordinal } + 1;
        while next % 10 == 0 {
            next /= 10;
        }
        Some(next)
    };
    let all = std::iter::successors((instances > 0).then_some(0), following);
    all.take(usize::try_from(instances).unwrap_or(0))
}

/// The ordinals of the synchronous standbys while ordinal 0 leads: those that may be promoted before those
/// that may not, at most `MAX_LISTED_MEMBERS`. Which of equals Patroni takes depends on their lag.
pub fn synchronous_standbys(topology: &Topology, synchronous: Synchronous) -> Vec<i64> {
    let wanted = usize::try_from(synchronous.node_count.unwrap_or(0)).unwrap_or(usize::MAX);
    let (promotable, others): (Vec<&Run>, Vec<&Run>) =
        topology.runs().iter().partition(|run| run.role.is_promotable());
    let runs = promotable.into_iter().chain(others);
    let standbys = runs.flat_map(|run| run.first..run.first + run.count).filter(|ordinal| *ordinal != 0);
    let mut chosen: Vec<_> = standbys.take(wanted.min(MAX_LISTED_MEMBERS)).collect();
    chosen.sort_unstable();
    chosen
}

/// `synchronous_standby_names` as Patroni writes it, names sorted as strings; before 4.0 they came in the order in which it
/// chose them.
pub fn standby_names(cluster: &str, standbys: &[i64], synchronous: Synchronous) -> String {
    let mut names: Vec<_> = standbys.iter().map(|ordinal| format!("\"{cluster}-{ordinal}\"")).collect();
    names.sort_unstable();
    let wanted = synchronous.node_count.unwrap_or(0);
    let all_listed = usize::try_from(wanted).is_ok_and(|wanted| wanted <= MAX_LISTED_MEMBERS)
        || names.len() < MAX_LISTED_MEMBERS;
    match names.as_slice() {
        [] if synchronous.strict => "*".to_owned(),
        [] => String::new(),
        [name] => name.clone(),
        _ if all_listed => format!("{} ({})", names.len(), names.join(",")),
        _ => format!("{wanted} ({},…)", names.join(",")),
    }
}

/// The rows, sorted by name as strings, at most `MAX_LISTED_MEMBERS` of them.
pub fn members(cluster: &str, of: &Cluster<'_>, sync_standbys: &[i64], follows: bool) -> Vec<Member> {
    let Some(topology) = of.topology().filter(|_| of.part == Part::Whole) else { return Vec::new() };
    let instances = topology.instances();
    let all_are_synchronous =
        of.synchronous().and_then(|it| it.node_count).is_some_and(|count| count >= instances - 1);
    let role = |ordinal: i64| match ordinal {
        0 if follows => MemberRole::StandbyLeader,
        0 => MemberRole::Leader,
        _ if follows => MemberRole::Replica,
        _ if all_are_synchronous || sync_standbys.binary_search(&ordinal).is_ok() => MemberRole::SyncStandby,
        _ => MemberRole::Replica,
    };
    // Observed on 4.1.0; the standbys behind it stream.
    let reads_archive = of.followed().is_some_and(|followed| followed.is_archive_alone);
    let shows_streaming = SHOWS_STREAMING.may_be_in(of.patroni().version());
    let member = |ordinal: i64| Member {
        name: format!("{cluster}-{ordinal}"),
        ordinal,
        role: role(ordinal),
        state: match ordinal {
            _ if !shows_streaming => MemberState::Running,
            0 if follows && reads_archive => MemberState::InArchiveRecovery,
            0 if !follows => MemberState::Running,
            _ => MemberState::Streaming,
        },
        tags: topology.role_of(ordinal).map_or(&[], crate::replication::Role::tags),
    };
    ordinals_by_name(instances).take(MAX_LISTED_MEMBERS).map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::Role;

    #[test]
    fn ordinals_come_in_the_order_of_names_as_strings() {
        for instances in [0, 1, 2, 9, 10, 11, 12, 25, 99, 100, 101, 123, 1234] {
            let mut expected: Vec<i64> = (0..instances).collect();
            expected.sort_by_key(ToString::to_string);
            assert_eq!(ordinals_by_name(instances).collect::<Vec<_>>(), expected, "below {instances}");
        }
        let first: Vec<_> = ordinals_by_name(i64::MAX).take(4).collect();
        assert_eq!(first, [0, 1, 10, 100]);
    }

    #[test]
    fn the_names_are_those_that_patroni_writes() {
        let on = |strict, count| Synchronous { mode: true, strict, node_count: Some(count) };
        let off = Synchronous { mode: false, strict: false, node_count: None };
        for (instances, groups, synchronous, names) in [
            (6, vec![], on(true, 5), r#"5 ("c-1","c-2","c-3","c-4","c-5")"#),
            (2, vec![], on(true, 1), r#""c-1""#),
            (3, vec![(Role::Readonly, 1)], on(false, 1), r#""c-1""#),
            (3, vec![(Role::Readonly, 2)], on(false, 1), r#""c-1""#),
            (4, vec![(Role::Readonly, 2), (Role::Ha, 1)], on(false, 1), r#""c-3""#),
            (
                12,
                vec![],
                on(false, 11),
                r#"11 ("c-1","c-10","c-11","c-2","c-3","c-4","c-5","c-6","c-7","c-8","c-9")"#,
            ),
            (1, vec![], on(true, 1), "*"),
            (1, vec![], on(false, 1), ""),
            (3, vec![], off, ""),
        ] {
            let topology = Topology::new(instances, Role::HaRead, &groups).unwrap();
            let standbys = synchronous_standbys(&topology, synchronous);
            assert_eq!(standby_names("c", &standbys, synchronous), names);
        }
    }
}
