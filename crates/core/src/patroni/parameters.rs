//! Settings of Postgres that Patroni passes on the command line, and what it puts in place of one that it does not accept.

use crate::postgres::{boolean, integer, mebibytes};

/// What Patroni accepts.
enum Accepts {
    /// A number of at least this.
    AtLeast(i64),
    /// A size of at least so many mebibytes.
    Mebibytes(i64),
    /// True, in any spelling.
    True,
    /// A boolean, in any spelling.
    Boolean,
    /// A level at which a standby can follow.
    WalLevel,
}

impl Accepts {
    /// Whether it accepts a value; none where Postgres would not read it either.
    fn takes(&self, value: &str) -> Option<bool> {
        Some(match self {
            Self::AtLeast(least) => integer(value)? >= *least,
            Self::Mebibytes(least) => mebibytes(value)? >= *least,
            Self::True => boolean(value)?,
            Self::Boolean => boolean(value).is_some(),
            Self::WalLevel => {
                let level = value.trim().to_ascii_lowercase();
                matches!(level.as_str(), "hot_standby" | "replica" | "logical")
            }
        })
    }
}

/// What Patroni requires of each setting, and what it uses where that is not so: `CMDLINE_OPTIONS` of
/// patroni/postgresql/config.py, the same in 2.1.4 to 4.1.4. The operator never lets `wal_log_hints` through.
static ACCEPTED: [(&str, Accepts, &str); 11] = [
    ("max_connections", Accepts::AtLeast(25), "100"),
    ("max_wal_senders", Accepts::AtLeast(3), "10"),
    ("max_replication_slots", Accepts::AtLeast(4), "10"),
    ("max_worker_processes", Accepts::AtLeast(2), "8"),
    ("max_locks_per_transaction", Accepts::AtLeast(32), "64"),
    ("max_prepared_transactions", Accepts::AtLeast(0), "0"),
    ("wal_keep_segments", Accepts::AtLeast(1), "8"),
    ("wal_keep_size", Accepts::Mebibytes(16), "128MB"),
    ("hot_standby", Accepts::True, "on"),
    ("track_commit_timestamp", Accepts::Boolean, "off"),
    ("wal_level", Accepts::WalLevel, "replica"),
];

/// The names of the settings that Patroni may replace.
pub fn replaceable() -> impl Iterator<Item = &'static str> {
    ACCEPTED.iter().map(|(name, ..)| *name)
}

/// What Patroni uses in place of this value of a setting, by its lower case name; none where it takes the value.
pub fn instead_of(name: &str, value: &str) -> Option<&'static str> {
    let (_, accepts, instead) = ACCEPTED.iter().find(|(known, ..)| *known == name)?;
    (accepts.takes(value) == Some(false)).then_some(*instead)
}

#[cfg(test)]
mod tests {
    use super::instead_of;

    #[test]
    fn what_patroni_does_not_accept_becomes_its_default() {
        for (name, value, instead) in [
            ("max_replication_slots", "1", Some("10")),
            ("max_replication_slots", "3", Some("10")),
            ("max_replication_slots", "4", None),
            ("max_wal_senders", "2", Some("10")),
            ("max_wal_senders", "0", Some("10")),
            ("max_wal_senders", "3", None),
            ("max_connections", "24", Some("100")),
            ("max_connections", "25", None),
            ("max_connections", "many", None),
            ("wal_level", "minimal", Some("replica")),
            ("wal_level", "LOGICAL", None),
            ("hot_standby", "off", Some("on")),
            ("hot_standby", "true", None),
            ("wal_keep_size", "1MB", Some("128MB")),
            ("wal_keep_size", "1GB", None),
            ("wal_keep_size", "15", Some("128MB")),
            ("work_mem", "0", None),
        ] {
            assert_eq!(instead_of(name, value), instead, "{name} = {value}");
        }
    }
}
