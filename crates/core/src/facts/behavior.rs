//! What Patroni does in some of its versions and not in others.

use super::Version;

/// Versions in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first version; none for the oldest that StackGres ships.
    pub from: Option<Version>,
    /// The first version behind the last one; none where it goes on.
    pub before: Option<Version>,
}

impl Range {
    const fn from(version: Version) -> Self {
        Self { from: Some(version), before: None }
    }

    const fn before(version: Version) -> Self {
        Self { from: None, before: Some(version) }
    }

    const fn between(from: Version, before: Version) -> Self {
        Self { from: Some(from), before: Some(before) }
    }

    fn contains(self, version: Version) -> bool {
        self.from.is_none_or(|from| version >= from) && self.before.is_none_or(|before| version < before)
    }
}

/// Something that some versions of Patroni do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behavior {
    /// What, in one sentence.
    pub what: &'static str,
    /// The versions that do it.
    pub ranges: &'static [Range],
    /// Where that is from.
    pub source: &'static str,
    /// When it was read or observed, as `YYYY-MM`.
    pub date: &'static str,
}

impl Behavior {
    /// Whether this version does it.
    pub fn is_in(&self, version: Version) -> bool {
        self.ranges.iter().any(|range| range.contains(version))
    }

    /// Whether this version does it, and every one that we cannot rule out where the version is not known.
    pub fn may_be_in(&self, version: Option<Version>) -> bool {
        version.is_none_or(|version| self.is_in(version))
    }
}

/// The behaviors of Patroni that a judgment or a prediction depends on.
pub mod patroni {
    use super::{Behavior, Range, Version};

    /// Issue 3468: `synchronous_standby_names` can stay at a list of which one member is gone.
    pub const STUCK_COMMITS: Behavior = Behavior {
        what: "a standby that joins and leaves at once can leave commits hanging for ever (issue 3468)",
        ranges: &[Range::before(Version(3, 3, 7)), Range::between(Version(4, 0, 0), Version(4, 0, 6))],
        source: "Patroni issue 3468 and its release notes; observed on 3.3.0, absent on 4.1.0",
        date: "2026-11",
    };

    /// A `synchronous_standby_names` of one's own in asynchronous mode.
    pub const PASSES_STANDBY_NAMES_ON: Behavior = Behavior {
        what: "outside of synchronous mode a synchronous_standby_names that somebody sets reaches Postgres",
        ranges: &[Range::before(Version(3, 2, 0)), Range::from(Version(3, 3, 2))],
        source: "patroni/postgresql/config.py; observed: 2.1.4, 3.0.2 and 4.1.0 pass it on, 3.2.2 and 3.3.0 do not",
        date: "2026-11",
    };

    /// The floors of `ttl`, `loop_wait` and `retry_timeout`, and the rule between them.
    pub const ADJUSTS_TIMINGS: Behavior = Behavior {
        what: "ttl below 20, loop_wait below 1 and retry_timeout below 3 are raised, and loop_wait + 2 * \
            retry_timeout <= ttl is enforced",
        ranges: &[Range::from(Version(3, 2, 0))],
        source: "patroni/config.py, _validate_and_adjust_timeouts; observed with ttl 2: 3.2.2, 3.3.0 and 4.1.0 keep the lock for 20 s, 2.1.4 and 3.0.2 for 2 s",
        date: "2026-11",
    };

    /// The name `primary_start_timeout`.
    pub const READS_PRIMARY_START_TIMEOUT: Behavior = Behavior {
        what: "primary_start_timeout is read, and master_start_timeout only where it is absent",
        ranges: &[Range::from(Version(3, 0, 0))],
        source: "patroni/config.py and patroni/global_config.py; observed: 2.1.4 knows master_start_timeout alone, 3.0.2 and later both",
        date: "2026-11",
    };

    /// Synchronous mode below `standby_cluster`.
    pub const STANDBY_CLUSTER_IGNORES_SYNC: Behavior = Behavior {
        what: "synchronous mode is ignored while standby_cluster is set",
        ranges: &[Range::from(Version(3, 2, 0))],
        source: "patroni/global_config.py, is_synchronous_mode",
        date: "2026-11",
    };

    /// The order of `synchronous_standby_names`.
    pub const SORTS_STANDBY_NAMES: Behavior = Behavior {
        what: "synchronous_standby_names is sorted by name as strings",
        ranges: &[Range::from(Version(4, 0, 0))],
        source: "patroni/postgresql/sync.py; observed: 3.3.0 has an order that changes from run to run, 4.1.0 has not",
        date: "2026-11",
    };

    /// The columns of `patronictl list`.
    pub const LISTS_POSITIONS: Behavior = Behavior {
        what: "patronictl list shows receive and replay positions instead of one lag in megabytes",
        ranges: &[Range::from(Version(4, 1, 0))],
        source: "patroni/ctl.py; observed on 3.3.0 and 4.1.0",
        date: "2026-11",
    };

    /// The state of a standby in `patronictl list`.
    pub const SHOWS_STREAMING: Behavior = Behavior {
        what: "a standby that receives WAL is shown as streaming, and not as running like a leader",
        ranges: &[Range::from(Version(3, 0, 4))],
        source: "Patroni's release notes, 3.0.4; observed on 3.3.0 and 4.1.0",
        date: "2026-11",
    };

    /// The name of the role that takes writes.
    pub const CALLS_LEADER_PRIMARY: Behavior = Behavior {
        what: "a member that takes writes has the role primary in labels and in the REST API, and not master",
        ranges: &[Range::from(Version(4, 0, 0))],
        source: "Patroni's release notes, 4.0.0",
        date: "2026-11",
    };
}

/// All of them, in the order in which people read them.
pub static PATRONI: &[Behavior] = &[
    patroni::STUCK_COMMITS,
    patroni::PASSES_STANDBY_NAMES_ON,
    patroni::ADJUSTS_TIMINGS,
    patroni::READS_PRIMARY_START_TIMEOUT,
    patroni::STANDBY_CLUSTER_IGNORES_SYNC,
    patroni::SORTS_STANDBY_NAMES,
    patroni::LISTS_POSITIONS,
    patroni::SHOWS_STREAMING,
    patroni::CALLS_LEADER_PRIMARY,
];

#[cfg(test)]
mod tests {
    use super::{Version, patroni};

    #[test]
    fn the_stuck_commit_bug_is_fixed_in_both_lines() {
        for (version, has) in [
            (Version(3, 3, 0), true),
            (Version(3, 3, 6), true),
            (Version(3, 3, 7), false),
            (Version(4, 0, 5), true),
            (Version(4, 0, 6), false),
            (Version(4, 1, 0), false),
        ] {
            assert_eq!(patroni::STUCK_COMMITS.is_in(version), has, "Patroni {version}");
        }
    }

    #[test]
    fn passing_standby_names_on_went_and_came_back() {
        for (version, passes) in [
            (Version(2, 1, 4), true),
            (Version(3, 0, 2), true),
            (Version(3, 2, 2), false),
            (Version(3, 3, 0), false),
            (Version(3, 3, 2), true),
            (Version(4, 1, 0), true),
        ] {
            assert_eq!(patroni::PASSES_STANDBY_NAMES_ON.is_in(version), passes, "Patroni {version}");
        }
        assert!(patroni::PASSES_STANDBY_NAMES_ON.may_be_in(None), "an unknown Patroni may");
    }
}
