//! Which Patroni the operator deploys for a Postgres version, and what differs between Patronis.

use std::fmt;

/// A version of Patroni.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8, pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Those on which predictions and the reasons of rules are held against running clusters, one of each line that StackGres ships:
/// `tests/patroni`.
pub const OBSERVED: [&str; 2] = ["3.3.0", "4.1.0"];

impl Version {
    /// Whether a standby that joins and leaves at once can leave commits hanging for ever: Patroni issue
    /// 3468, fixed in 3.3.7 and 4.0.6.
    pub fn has_stuck_commit_bug(self) -> bool {
        self < Self(3, 3, 7) || (self >= Self(4, 0, 0) && self < Self(4, 0, 6))
    }

    /// Whether `patronictl list` shows receive and replay positions instead of one lag in megabytes.
    pub fn lists_positions(self) -> bool {
        self >= Self(4, 1, 0)
    }

    /// Whether `patronictl list` calls a standby that receives WAL `streaming`, and not `running` like a leader.
    pub fn shows_streaming(self) -> bool {
        self >= Self(3, 0, 4)
    }

    /// Whether a `synchronous_standby_names` that a user sets reaches Postgres in asynchronous mode.
    pub fn passes_standby_names_on(self) -> bool {
        self >= Self(3, 3, 2)
    }
}

/// What is known of the Patroni beside a Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// This one: the newest build that StackGres ships for the Postgres version.
    Exactly(Version),
    /// This one or a newer one: the Postgres is a newer minor version than any known.
    AtLeast(Version),
    /// Nothing: `latest`, a bare major version, another flavor, or a version never shipped.
    Unknown,
}

impl Deployed {
    /// The Patroni beside this version of (vanilla) Postgres.
    pub fn beside(postgres: &str) -> Self {
        let Some((major, minor)) = split(postgres) else { return Self::Unknown };
        let row = SHIPPED.iter().find(|(_, known)| known.contains(&(major, minor)));
        match (row, newest_minor(major)) {
            (Some((version, _)), _) => Self::Exactly(*version),
            (None, Some(newest)) if minor > newest => Self::AtLeast(NEWEST),
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

/// The newest Patroni known here.
pub const NEWEST: Version = Version(4, 1, 0);

type Shipped = (Version, &'static [(u8, u8)]);

/// What StackGres ships: each Patroni with the Postgres versions (major, minor) whose newest build has it.
const SHIPPED: &[Shipped] = &[
    (Version(2, 1, 4), &[(12, 9), (12, 10), (12, 11), (12, 12), (13, 5), (13, 6), (14, 1), (14, 2)]),
    (Version(3, 0, 2), &[(13, 7), (13, 8), (14, 3), (14, 4), (14, 5), (15, 0)]),
    (
        Version(3, 2, 2),
        &[
            (12, 13),
            (12, 14),
            (12, 15),
            (12, 16),
            (13, 9),
            (13, 10),
            (13, 11),
            (13, 12),
            (14, 6),
            (14, 7),
            (14, 8),
            (14, 9),
            (15, 1),
            (15, 2),
            (15, 3),
            (15, 4),
            (16, 0),
        ],
    ),
    (Version(3, 3, 0), &[(12, 17), (13, 13), (14, 10), (15, 5), (16, 1)]),
    (Version(3, 3, 2), &[(12, 18), (13, 14), (14, 11), (15, 6), (16, 2)]),
    (Version(3, 3, 3), &[(12, 19), (13, 15), (14, 12), (15, 7), (16, 3), (17, 0)]),
    (Version(4, 0, 4), &[(13, 16), (14, 13), (15, 8), (16, 4), (17, 2)]),
    (
        Version(4, 0, 5),
        &[(12, 20), (13, 18), (13, 20), (14, 15), (14, 17), (15, 10), (15, 12), (16, 6), (16, 8), (17, 4)],
    ),
    (Version(4, 0, 6), &[(13, 21), (14, 18), (15, 13), (16, 9), (17, 5)]),
    (
        Version(4, 1, 0),
        &[
            (12, 22),
            (13, 22),
            (13, 23),
            (14, 19),
            (14, 20),
            (14, 21),
            (14, 22),
            (15, 14),
            (15, 15),
            (15, 16),
            (15, 17),
            (16, 10),
            (16, 11),
            (16, 12),
            (16, 13),
            (17, 6),
            (17, 7),
            (17, 8),
            (17, 9),
            (18, 0),
            (18, 1),
            (18, 2),
            (18, 3),
        ],
    ),
];

/// The next minor version of this Postgres whose Patroni has the stuck commits of issue 3468 fixed.
pub fn first_fixed(postgres: &str) -> Option<String> {
    let (major, minor) = split(postgres)?;
    let fixed = SHIPPED.iter().filter(|(patroni, _)| !patroni.has_stuck_commit_bug());
    let minors = fixed.flat_map(|(_, versions)| versions.iter()).filter(|version| version.0 == major);
    let next = minors.map(|version| version.1).filter(|candidate| *candidate > minor).min()?;
    Some(format!("{major}.{next}"))
}

/// `16.1` as (16, 1); none for anything but two numbers.
fn split(postgres: &str) -> Option<(u8, u8)> {
    let (major, minor) = postgres.trim().split_once('.')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
    Some((number(major)?, number(minor)?))
}

/// The newest known minor version of a major one.
fn newest_minor(major: u8) -> Option<u8> {
    let versions = SHIPPED.iter().flat_map(|(_, versions)| versions.iter());
    versions.filter(|version| version.0 == major).map(|version| version.1).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patroni_follows_from_the_postgres_version() {
        for (postgres, deployed) in [
            ("16.1", Deployed::Exactly(Version(3, 3, 0))),
            ("17.9", Deployed::Exactly(NEWEST)),
            ("17.10", Deployed::AtLeast(NEWEST)),
            ("18.40", Deployed::AtLeast(NEWEST)),
            ("12.21", Deployed::Unknown),
            ("latest", Deployed::Unknown),
            ("16", Deployed::Unknown),
            ("19.0", Deployed::Unknown),
            ("16.1.2", Deployed::Unknown),
            ("+16.1", Deployed::Unknown),
        ] {
            assert_eq!(Deployed::beside(postgres), deployed, "beside Postgres {postgres}");
        }
    }

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
            assert_eq!(version.has_stuck_commit_bug(), has, "Patroni {version}");
        }
    }

    #[test]
    fn the_next_fixed_postgres_keeps_the_major_version() {
        for (postgres, fixed) in [
            ("12.9", Some("12.22")),
            ("13.20", Some("13.21")),
            ("16.1", Some("16.9")),
            ("17.0", Some("17.5")),
            ("18.3", None),
            ("19.0", None),
            ("latest", None),
        ] {
            assert_eq!(first_fixed(postgres).as_deref(), fixed, "after Postgres {postgres}");
        }
    }
}
