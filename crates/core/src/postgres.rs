//! How Postgres reads its own settings: the spellings of booleans, of `synchronous_commit`, of durations.

/// `synchronous_commit`, as far as it says what a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SynchronousCommit {
    /// Not even for the local disk.
    Off,
    /// For the local disk, for no standby.
    Local,
    /// For the standbys to have written, not flushed.
    RemoteWrite,
    /// For the standbys to have flushed, the default.
    On,
    /// For the standbys to have replayed.
    RemoteApply,
}

impl SynchronousCommit {
    /// The name in the manual.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Local => "local",
            Self::RemoteWrite => "remote_write",
            Self::On => "on",
            Self::RemoteApply => "remote_apply",
        }
    }

    /// Whether a commit waits for synchronous standbys at all.
    pub fn waits_for_standbys(self) -> bool {
        !matches!(self, Self::Off | Self::Local)
    }

    /// The value that Postgres takes a string for (`synchronous_commit_options` in `guc_tables.c`).
    pub fn read(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "off" | "false" | "no" | "0" => Self::Off,
            "local" => Self::Local,
            "remote_write" => Self::RemoteWrite,
            "on" | "true" | "yes" | "1" => Self::On,
            "remote_apply" => Self::RemoteApply,
            _ => return None,
        })
    }
}

/// A boolean as Postgres reads it: `true`, `yes`, `on`, `1`, any case, and unambiguous prefixes (`parse_bool`).
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str, at_least: usize| text.len() >= at_least && word.starts_with(text.as_str());
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// A whole number as Postgres reads one in its configuration: decimal, hexadecimal or octal.
pub fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = if let Some(hexadecimal) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        // The library would take a second sign.
        let is_plain = hexadecimal.bytes().all(|b| b.is_ascii_hexdigit());
        i64::from_str_radix(hexadecimal, 16).ok().filter(|_| is_plain)?
    } else if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        i64::from_str_radix(digits, 8).ok()?
    } else if digits.starts_with(|first: char| first.is_ascii_digit()) {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(if negative { -value } else { value })
}

/// A duration in milliseconds, as Postgres reads one whose unit is milliseconds where none is written.
pub fn milliseconds(text: &str) -> Option<i64> {
    quantity(text, |unit| {
        Some(match unit {
            "us" => 0.001,
            "" | "ms" => 1.0,
            "s" => 1_000.0,
            "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        })
    })
}

/// A size in mebibytes, as Postgres reads one whose unit is mebibytes where none is written.
pub fn mebibytes(text: &str) -> Option<i64> {
    quantity(text, |unit| {
        Some(match unit {
            "B" => 1.0 / 1_048_576.0,
            "kB" => 1.0 / 1_024.0,
            "" | "MB" => 1.0,
            "GB" => 1_024.0,
            "TB" => 1_048_576.0,
            _ => return None,
        })
    })
}

/// A number and its unit, as a whole number of the unit whose factor is 1.
#[expect(clippy::cast_possible_truncation, reason = "a float too large for the integer saturates")]
fn quantity(text: &str, factor: impl FnOnce(&str) -> Option<f64>) -> Option<i64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(unit_at)?;
    let factor = factor(unit.trim())?;
    let number: f64 = number.trim().parse().ok()?;
    number.is_finite().then(|| (number * factor).round() as i64)
}

/// How bad a value of a setting is for durability, to compare the values of one setting; 0 where that does not depend on it.
pub fn risk(name: &str, value: &str) -> i64 {
    let at = |bad: Option<bool>| i64::from(bad.unwrap_or(false));
    match name {
        "fsync" | "full_page_writes" => at(boolean(value).map(|on| !on)),
        "synchronous_commit" => match SynchronousCommit::read(value) {
            Some(SynchronousCommit::Off) => 4,
            Some(SynchronousCommit::Local) => 3,
            Some(SynchronousCommit::RemoteWrite) => 2,
            Some(SynchronousCommit::RemoteApply) => 1,
            Some(SynchronousCommit::On) | None => 0,
        },
        "synchronous_standby_names" => i64::from(!value.is_empty()),
        "wal_sender_timeout" => match milliseconds(value) {
            Some(0) => i64::MAX,
            other => other.unwrap_or(0),
        },
        "max_standby_streaming_delay" => match milliseconds(value) {
            Some(-1) => i64::MAX,
            other => other.unwrap_or(0),
        },
        "recovery_min_apply_delay" => milliseconds(value).unwrap_or(0),
        "max_slot_wal_keep_size" => at(mebibytes(value).map(|size| size >= 0)),
        "max_wal_senders" | "max_replication_slots" => integer(value).map_or(i64::MIN, i64::saturating_neg),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_postgres_reads_them() {
        for (text, value) in [
            ("off", Some(false)),
            ("OF", Some(false)),
            ("o", None),
            ("f", Some(false)),
            ("fal", Some(false)),
            ("n", Some(false)),
            ("0", Some(false)),
            ("on", Some(true)),
            ("T", Some(true)),
            ("yes", Some(true)),
            ("1", Some(true)),
            ("", None),
            ("maybe", None),
        ] {
            assert_eq!(boolean(text), value, "{text:?} as a boolean");
        }
    }

    #[test]
    fn synchronous_commit_knows_its_aliases_in_any_case() {
        for (text, value) in [
            ("OFF", Some(SynchronousCommit::Off)),
            ("no", Some(SynchronousCommit::Off)),
            ("0", Some(SynchronousCommit::Off)),
            ("Local", Some(SynchronousCommit::Local)),
            ("remote_write", Some(SynchronousCommit::RemoteWrite)),
            ("true", Some(SynchronousCommit::On)),
            ("remote_apply", Some(SynchronousCommit::RemoteApply)),
            ("of", None),
        ] {
            assert_eq!(SynchronousCommit::read(text), value, "synchronous_commit = {text:?}");
        }
    }

    #[test]
    fn durations_and_numbers_are_read_with_their_units() {
        for (text, value) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("5000", Some(5_000)),
            ("5s", Some(5_000)),
            ("1 min", Some(60_000)),
            ("1.5h", Some(5_400_000)),
            ("abc", None),
            ("5 parsecs", None),
            ("", None),
        ] {
            assert_eq!(milliseconds(text), value, "{text:?} in milliseconds");
        }
        for (text, value) in [
            ("10", Some(10)),
            ("0x10", Some(16)),
            ("0x-5", None),
            ("-0x-8000000000000000", None),
            ("0x", None),
            ("010", Some(8)),
            ("-1", Some(-1)),
            ("ten", None),
            ("", None),
        ] {
            assert_eq!(integer(text), value, "{text:?} as an integer");
        }
    }
}
