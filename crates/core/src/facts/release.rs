//! Releases of StackGres, and what they do that a judgment depends on.

use std::fmt;

use super::of_major;

/// A release of StackGres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u8, pub u8, pub u8);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The `ttl` that the operator gives Patroni where nobody sets one, by the first release that does. Source:
/// `PatroniConfigEndpoints` of the operator, 1.18.6 and 1.19.0-rc4 (2026-07-14), which changed it for every cluster at once.
pub const DEFAULT_TTL: [(Release, i64); 2] = [(Release::OLDEST, 30), (Release(1, 19, 0), 45)];

/// The first release whose operator passes `failsafe_mode` on. Source: its class of Patroni's dynamic configuration, 2026-11.
pub const FAILSAFE_MODE: Release = Release(1, 18, 0);

/// The first release whose liveness probe fences a leader. Source: the probes of the patroni container, 1.19.0-rc4, 2026-07.
pub const LIVENESS_FENCING: Release = Release(1, 19, 0);

/// The releases whose operator's own code was run on objects: `tests/fixtures/operator-verdicts*.json` has what it said.
pub const OPERATORS_RUN: [&str; 2] = ["1.18.6", "1.19.0-rc5"];

impl Release {
    /// The first one whose SGShardedCluster has `workers`, as `v1beta1`, in place of `shards`. Source: its CRD, 1.19.0-rc5,
    /// 2026-07-22.
    pub const WORKERS: Self = Self(1, 19, 0);

    /// The oldest one that is told apart; what is older is taken for it.
    pub const OLDEST: Self = Self(1, 17, 0);

    /// The newest one known here.
    pub const NEWEST: Self = Self(1, 19, 2);

    /// The newest release of each line that is known.
    pub const LINES: [(&'static str, Self); 3] =
        [("1.17", Self(1, 17, 4)), ("1.18", Self(1, 18, 8)), ("1.19", Self::NEWEST)];

    /// The release that a text names, as the operator writes it (`1.18.6`, `1.19.0-rc5`).
    pub fn read(text: &str) -> Option<Self> {
        let mut numbers = text.trim().splitn(3, '.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part.get(..digits).and_then(|digits| digits.parse().ok())
        });
        Some(Self(numbers.next()??, numbers.next()??, numbers.next().flatten().unwrap_or(0)))
    }

    /// The same line, 1.18 of 1.18.6 say.
    pub fn is_of_the_line_of(self, other: Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }

    /// The `ttl` where nobody sets one, in seconds.
    pub fn default_ttl(self) -> i64 {
        let since = DEFAULT_TTL.iter().rev().find(|(since, _)| self >= *since);
        since.unwrap_or(&DEFAULT_TTL[0]).1
    }

    /// Whether the operator passes `failsafe_mode` on to Patroni.
    pub fn passes_failsafe_mode_on(self) -> bool {
        self >= FAILSAFE_MODE
    }

    /// Whether a Patroni that hangs is killed by a liveness probe before the leader's lock ends.
    pub fn fences_by_liveness(self) -> bool {
        self >= LIVENESS_FENCING
    }

    /// The newest minor version of a major version of Postgres that any known release has.
    pub(crate) fn newest_minor_ever(major: u8) -> Option<u8> {
        of_major(major).last().map(|row| row.postgres.1)
    }
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn a_release_is_read_as_the_operator_writes_it() {
        for (text, release) in [
            ("1.18.6", Some(Release(1, 18, 6))),
            ("1.19.0-rc5", Some(Release(1, 19, 0))),
            ("1.19.0-SNAPSHOT", Some(Release(1, 19, 0))),
            ("1.18", Some(Release(1, 18, 0))),
            ("1", None),
            ("", None),
            ("main", None),
            ("1.x", None),
            ("1.300.0", None),
        ] {
            assert_eq!(Release::read(text), release, "{text:?}");
        }
    }

    #[test]
    fn the_default_of_ttl_changed_with_1_19() {
        for (release, ttl) in [
            (Release(1, 16, 3), 30),
            (Release(1, 18, 8), 30),
            (Release(1, 19, 0), 45),
            (Release(1, 20, 0), 45),
        ] {
            assert_eq!(release.default_ttl(), ttl, "StackGres {release}");
        }
    }
}
