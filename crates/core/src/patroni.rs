//! Which Patroni the operator deploys for a Postgres version, and what it makes of what is written.

pub mod parameters;
mod timing;
pub mod written;

pub use timing::{DEFAULT_MAXIMUM_LAG, Timing, WrittenTiming};

use crate::facts::{Release, Shipped, of_major, patroni::STUCK_COMMITS};

pub use crate::facts::Version;

/// Those on which predictions and the reasons of rules are held against running clusters, one of each line that StackGres ships:
/// `tests/patroni`.
pub const OBSERVED: [&str; 2] = ["3.3.0", "4.1.0"];

/// Older ones, to which the experiments on settings are done by hand: `tests/patroni/older.rs`.
pub const OBSERVED_OLDER: [&str; 3] = ["2.1.4", "3.0.2", "3.2.2"];

/// What is known of the Patroni beside a Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// This one: the newest build that StackGres ships for the Postgres version.
    Exactly(Version),
    /// This one or a newer one: later builds of the same Postgres exist, or may come.
    AtLeast(Version),
    /// Nothing: `latest`, a bare major version, another flavor, or a version never shipped.
    Unknown,
}

impl Deployed {
    /// The Patroni beside this version of (vanilla) Postgres, deployed by this release of StackGres.
    pub fn with_postgres(postgres: &str, release: Release) -> Self {
        let Some((major, minor)) = split(postgres) else { return Self::Unknown };
        let release = release.max(Release::OLDEST);
        let until = || of_major(major).iter().filter(|row| row.since <= release);
        if let Some(row) = until().rfind(|row| row.postgres.1 == minor) {
            return if is_final(*row, release) {
                Self::Exactly(row.patroni)
            } else {
                Self::AtLeast(row.patroni)
            };
        }
        let newest = until().max_by_key(|row| row.postgres.1);
        match newest {
            Some(newest) if minor > newest.postgres.1 => Self::AtLeast(newest.patroni),
            _ => Self::Unknown,
        }
    }

    /// The version to reckon with: the exact or the least one.
    pub fn version(self) -> Option<Version> {
        match self {
            Self::Exactly(version) | Self::AtLeast(version) => Some(version),
            Self::Unknown => None,
        }
    }
}

/// Whether no later build is known or to be expected: not of the newest minor version, nor where a later release of the same line
/// has another Patroni, which the pods get at their next restart.
fn is_final(row: Shipped, release: Release) -> bool {
    let (major, minor) = row.postgres;
    let is_replaced = |later: &Shipped| {
        later.postgres == row.postgres && later.since > release && later.since.is_of_the_line_of(release)
    };
    Release::newest_minor_ever(major) != Some(minor) && !of_major(major).iter().any(is_replaced)
}

/// The newest Patroni known here.
pub const NEWEST: Version = Version(4, 1, 5);

/// The next minor version of this Postgres whose Patroni, of the newest release, has the stuck commits of issue 3468 fixed.
pub fn first_fixed(postgres: &str) -> Option<String> {
    let (major, minor) = split(postgres)?;
    let mut later = of_major(major).iter().filter(|row| row.postgres.1 > minor);
    let (_, next) = later.find(|row| !STUCK_COMMITS.is_in(row.patroni))?.postgres;
    Some(format!("{major}.{next}"))
}

/// `16.1` as (16, 1); none for anything but two numbers.
fn split(postgres: &str) -> Option<(u8, u8)> {
    let (major, minor) = postgres.trim().split_once('.')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
    Some((number(major)?, number(minor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patroni_follows_from_the_postgres_version() {
        let newest = Release::NEWEST;
        for (postgres, release, deployed) in [
            ("16.1", newest, Deployed::Exactly(Version(3, 3, 0))),
            ("17.9", newest, Deployed::Exactly(Version(4, 1, 2))),
            ("17.9", Release(1, 18, 6), Deployed::AtLeast(Version(4, 1, 0))),
            ("17.9", Release(1, 18, 7), Deployed::Exactly(Version(4, 1, 2))),
            ("17.10", Release(1, 18, 8), Deployed::Exactly(Version(4, 1, 3))),
            ("17.10", Release(1, 18, 6), Deployed::AtLeast(Version(4, 1, 0))),
            ("17.10", newest, Deployed::Exactly(Version(4, 1, 4))),
            ("17.11", newest, Deployed::AtLeast(Version(4, 1, 5))),
            ("17.6", Release(1, 17, 2), Deployed::AtLeast(Version(4, 0, 6))),
            ("17.6", Release(1, 16, 3), Deployed::AtLeast(Version(4, 0, 6))),
            ("12.22", newest, Deployed::AtLeast(Version(4, 1, 0))),
            ("18.40", newest, Deployed::AtLeast(NEWEST)),
            ("12.21", newest, Deployed::Unknown),
            ("latest", newest, Deployed::Unknown),
            ("16", newest, Deployed::Unknown),
            ("19.0", newest, Deployed::Unknown),
            ("16.1.2", newest, Deployed::Unknown),
            ("+16.1", newest, Deployed::Unknown),
        ] {
            let found = Deployed::with_postgres(postgres, release);
            assert_eq!(found, deployed, "beside Postgres {postgres} of StackGres {release}");
        }
        let newest = crate::facts::SHIPPED.iter().map(|row| row.patroni).max();
        assert_eq!(newest, Some(NEWEST), "the newest Patroni of the table");
    }

    #[test]
    fn the_next_fixed_postgres_keeps_the_major_version() {
        for (postgres, fixed) in [
            ("12.9", Some("12.22")),
            ("13.20", Some("13.21")),
            ("16.1", Some("16.9")),
            ("17.0", Some("17.5")),
            ("18.6", None),
            ("19.0", None),
            ("latest", None),
        ] {
            assert_eq!(first_fixed(postgres).as_deref(), fixed, "after Postgres {postgres}");
        }
    }
}
