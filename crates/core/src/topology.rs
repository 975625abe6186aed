//! What the operator makes of a cluster's numbers: its pods, their roles, and Patroni's synchronous settings.

use crate::replication::{Mode, Role};

/// Pods in a row that share a group and a role. Never a list of pods: a manifest can ask for two thousand million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The ordinal of the first pod.
    pub first: i64,
    /// How many there are, at least 1.
    pub count: i64,
    /// The role of each.
    pub role: Role,
    /// The index in `groups`; none for the main pods.
    pub group: Option<usize>,
}

impl Run {
    /// Whether the pod of this ordinal is one of them.
    pub fn contains(&self, ordinal: i64) -> bool {
        ordinal >= self.first && ordinal - self.first < self.count
    }
}

/// The pods of a running cluster in the order of their ordinals: main pods first, then each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    runs: Vec<Run>,
}

impl Topology {
    /// The pods of a cluster with these instances, main role, and groups (role and size).
    ///
    /// None where the groups leave no main pod, which the operator refuses.
    pub fn new(instances: i64, main: Role, groups: &[(Role, i64)]) -> Option<Self> {
        let grouped = groups.iter().try_fold(0_i64, |sum, (_, size)| sum.checked_add(*size))?;
        let main_count = instances.checked_sub(grouped).filter(|count| *count >= 1)?;
        let mut first = main_count;
        let mut runs = vec![Run { first: 0, count: main_count, role: main, group: None }];
        for (index, &(role, count)) in groups.iter().enumerate() {
            runs.push(Run { first, count, role, group: Some(index) });
            first += count;
        }
        Some(Self { runs })
    }

    /// The pods, grouped.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How many pods there are.
    pub fn instances(&self) -> i64 {
        self.runs.iter().map(|run| run.count).sum()
    }

    /// How many pods have a role that fulfils a condition.
    pub fn count(&self, condition: impl Fn(Role) -> bool) -> i64 {
        self.runs.iter().filter(|run| condition(run.role)).map(|run| run.count).sum()
    }

    /// The role of the pod of this ordinal; none for an ordinal that the cluster does not have.
    pub fn role_of(&self, ordinal: i64) -> Option<Role> {
        self.runs.iter().find(|run| run.contains(ordinal)).map(|run| run.role)
    }
}

/// Patroni's synchronous settings, as the operator writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synchronous {
    /// `synchronous_mode`: commits wait for standbys.
    pub mode: bool,
    /// `synchronous_mode_strict`: without a standby they wait for ever.
    pub strict: bool,
    /// `synchronous_node_count`: for how many standbys at most; none where the mode is off.
    pub node_count: Option<i64>,
}

impl Synchronous {
    /// The settings for a mode, n instances and k sync instances.
    ///
    /// The `-all` modes need a second instance: the operator switches both settings off at n = 1.
    pub fn of(mode: Mode, instances: i64, sync_instances: i64) -> Self {
        let on = if mode.is_all() { instances > 1 } else { mode.is_synchronous() };
        let count = if mode.is_all() { instances - 1 } else { sync_instances };
        Self { mode: on, strict: on && mode.is_strict(), node_count: on.then_some(count) }
    }
}

/// The size that the operator gives a group on every full write of the cluster: its minimum, grown in
/// the proportion in which the instances stand above the autoscaler's minimum, in whole numbers.
pub fn recomputed_group(group_minimum: i64, instances: i64, autoscaling_minimum: i64) -> Option<i64> {
    let grown = i128::from(group_minimum) * i128::from(instances);
    i64::try_from(grown.checked_div(i128::from(autoscaling_minimum))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_main_first_and_then_group_after_group() {
        let topology = Topology::new(6, Role::HaRead, &[(Role::Readonly, 2), (Role::None, 1)]).unwrap();
        let roles: Vec<_> = (0..7).map(|ordinal| topology.role_of(ordinal)).collect();
        let ha = Some(Role::HaRead);
        let expected = [ha, ha, ha, Some(Role::Readonly), Some(Role::Readonly), Some(Role::None), None];
        assert_eq!(roles, expected);
        assert_eq!(topology.count(Role::is_promotable), 3);
        assert_eq!(topology.instances(), 6);
    }

    #[test]
    fn groups_must_leave_a_main_pod() {
        assert_eq!(Topology::new(2, Role::HaRead, &[(Role::Ha, 2)]), None);
        assert_eq!(Topology::new(2, Role::HaRead, &[(Role::Ha, i64::MAX), (Role::Ha, i64::MAX)]), None);
    }

    #[test]
    fn the_synchronous_settings_are_the_operators() {
        let settings = |mode, strict, node_count| Synchronous { mode, strict, node_count };
        for (mode, n, k, expected) in [
            (Mode::Async, 3, 1, settings(false, false, None)),
            (Mode::Sync, 3, 2, settings(true, false, Some(2))),
            (Mode::StrictSync, 3, 1, settings(true, true, Some(1))),
            (Mode::SyncAll, 3, 1, settings(true, false, Some(2))),
            (Mode::SyncAll, 1, 1, settings(false, false, None)),
            (Mode::StrictSyncAll, 6, 1, settings(true, true, Some(5))),
            (Mode::StrictSyncAll, 1, 1, settings(false, false, None)),
        ] {
            assert_eq!(Synchronous::of(mode, n, k), expected, "{} with n = {n}, k = {k}", mode.name());
        }
    }

    #[test]
    fn a_group_grows_with_the_cluster_in_whole_numbers() {
        for (minimum, instances, autoscaling, size) in
            [(2, 6, 3, Some(4)), (1, 2, 3, Some(0)), (1, 5, 2, Some(2)), (1, 0, 2, Some(0)), (1, 1, 0, None)]
        {
            assert_eq!(recomputed_group(minimum, instances, autoscaling), size);
        }
    }
}
