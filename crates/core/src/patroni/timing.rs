//! The times and limits that Patroni uses, which are not always those that somebody wrote.

use serde::Serialize;

use super::Version;
use crate::facts::patroni::{ADJUSTS_TIMINGS, READS_PRIMARY_START_TIMEOUT};

/// What somebody wrote of them, as the operator hands it on; none where nobody wrote it, or nothing readable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrittenTiming {
    /// `ttl`, in seconds.
    pub ttl: Option<i64>,
    /// `loop_wait`, in seconds.
    pub loop_wait: Option<i64>,
    /// `retry_timeout`, in seconds.
    pub retry_timeout: Option<i64>,
    /// `primary_start_timeout`, in seconds.
    pub primary_start_timeout: Option<i64>,
    /// `master_start_timeout`, its old name.
    pub master_start_timeout: Option<i64>,
    /// `maximum_lag_on_failover`, in bytes.
    pub maximum_lag_on_failover: Option<i64>,
    /// `maximum_lag_on_syncnode`, in bytes.
    pub maximum_lag_on_syncnode: Option<i64>,
    /// `wal_sender_timeout` of Postgres, in milliseconds.
    pub wal_sender_timeout_ms: Option<i64>,
}

/// The settings in effect that decide how long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// How long a leader's lock outlives the leader, in seconds.
    pub ttl: u64,
    /// How long Patroni waits between two looks, in seconds.
    pub loop_wait: u64,
    /// How long Patroni goes on trying to reach its store and its Postgres, in seconds.
    pub retry_timeout: u64,
    /// How long a crashed Postgres may take to start in place, in seconds; 0: another member is promoted at once.
    pub primary_start_timeout: u64,
    /// How long a silent standby counts as connected, in milliseconds; 0 is for ever.
    pub wal_sender_timeout_ms: u64,
    /// How far behind the leader's position that Patroni noted last a standby may be and still be promoted, in bytes. Below
    /// 0 it must be ahead of that.
    pub maximum_lag_on_failover: i64,
    /// How far behind a standby may be and still be waited for, in bytes; none where that does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_lag_on_syncnode: Option<u64>,
}

/// Patroni's default of `maximum_lag_on_failover`, in bytes.
pub const DEFAULT_MAXIMUM_LAG: i64 = 1_048_576;

/// The least that Patroni takes, in seconds.
const LEAST: (i64, i64, i64) = (20, 1, 3);

impl Timing {
    /// What Patroni uses, where the operator fills in this `ttl` for an absent one. An unknown Patroni is taken for a new one.
    pub fn effective(written: &WrittenTiming, default_ttl: i64, patroni: Option<Version>) -> Self {
        let ttl = written.ttl.unwrap_or(default_ttl);
        let loop_wait = written.loop_wait.unwrap_or(10);
        let retry_timeout = written.retry_timeout.unwrap_or(10);
        let (ttl, loop_wait, retry_timeout) = if ADJUSTS_TIMINGS.may_be_in(patroni) {
            adjusted(ttl, loop_wait, retry_timeout)
        } else {
            (ttl, loop_wait, retry_timeout)
        };
        let new_name =
            written.primary_start_timeout.filter(|_| READS_PRIMARY_START_TIMEOUT.may_be_in(patroni));
        let start_timeout = new_name.or(written.master_start_timeout).unwrap_or(300);
        let sender_timeout = written.wal_sender_timeout_ms.filter(|timeout| *timeout >= 0);
        let sync_limit = written.maximum_lag_on_syncnode.filter(|bytes| *bytes > 0);
        Self {
            ttl: not_negative(ttl),
            loop_wait: not_negative(loop_wait),
            retry_timeout: not_negative(retry_timeout),
            primary_start_timeout: not_negative(start_timeout),
            wal_sender_timeout_ms: not_negative(sender_timeout.unwrap_or(60_000)),
            maximum_lag_on_failover: written.maximum_lag_on_failover.unwrap_or(DEFAULT_MAXIMUM_LAG),
            maximum_lag_on_syncnode: sync_limit.map(not_negative),
        }
    }

    /// Whether a standby that has everything Patroni knows of is too far behind to be promoted: the leader is idle, say.
    pub fn promotes_nobody_idle(&self) -> bool {
        self.maximum_lag_on_failover < 0
    }
}

/// `ttl`, `loop_wait` and `retry_timeout` as `_validate_and_adjust_timeouts` of patroni/config.py leaves them: none below its
/// floor, and `loop_wait + 2 * retry_timeout <= ttl`, for which `loop_wait` shrinks first.
fn adjusted(ttl: i64, loop_wait: i64, retry_timeout: i64) -> (i64, i64, i64) {
    let (ttl, loop_wait, retry_timeout) =
        (ttl.max(LEAST.0), loop_wait.max(LEAST.1), retry_timeout.max(LEAST.2));
    let both_retries = retry_timeout.saturating_mul(2);
    if both_retries.saturating_add(LEAST.1) > ttl {
        (ttl, LEAST.1, (ttl - LEAST.1) / 2)
    } else if both_retries.saturating_add(loop_wait) > ttl {
        (ttl, ttl - both_retries, retry_timeout)
    } else {
        (ttl, loop_wait, retry_timeout)
    }
}

fn not_negative(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Version = Version(3, 0, 2);
    const NEW: Version = Version(4, 1, 0);

    #[test]
    fn the_three_times_are_those_that_patroni_makes_of_what_is_written() {
        for (patroni, (ttl, loop_wait, retry_timeout), used) in [
            (Some(NEW), (None, None, None), (45, 10, 10)),
            (Some(NEW), (Some(2), None, None), (20, 1, 9)),
            (Some(NEW), (Some(20), Some(1), Some(3)), (20, 1, 3)),
            (Some(NEW), (Some(30), Some(10), Some(10)), (30, 10, 10)),
            (Some(NEW), (Some(25), Some(10), Some(10)), (25, 5, 10)),
            (Some(NEW), (Some(22), Some(10), Some(10)), (22, 2, 10)),
            (Some(NEW), (Some(21), Some(10), Some(10)), (21, 1, 10)),
            (Some(NEW), (None, Some(0), Some(1)), (45, 1, 3)),
            (Some(NEW), (Some(-5), Some(-5), Some(-5)), (20, 1, 3)),
            (Some(NEW), (Some(30), Some(60), Some(60)), (30, 1, 14)),
            (None, (Some(2), None, None), (20, 1, 9)),
            (Some(OLD), (Some(2), None, None), (2, 10, 10)),
            (Some(OLD), (Some(-2), Some(0), None), (0, 0, 10)),
        ] {
            let written = WrittenTiming { ttl, loop_wait, retry_timeout, ..WrittenTiming::default() };
            let timing = Timing::effective(&written, 45, patroni);
            let found = (timing.ttl, timing.loop_wait, timing.retry_timeout);
            assert_eq!(
                found, used,
                "of ttl {ttl:?}, loop_wait {loop_wait:?}, retry_timeout {retry_timeout:?}"
            );
        }
    }

    #[test]
    fn the_old_name_of_the_start_timeout_counts_where_the_new_one_does_not() {
        for (patroni, new, old, used) in [
            (NEW, None, None, 300),
            (NEW, Some(0), None, 0),
            (NEW, None, Some(0), 0),
            (NEW, Some(60), Some(0), 60),
            (Version(2, 1, 4), Some(0), None, 300),
            (Version(2, 1, 4), Some(0), Some(60), 60),
            (NEW, Some(-1), None, 0),
        ] {
            let written = WrittenTiming {
                primary_start_timeout: new,
                master_start_timeout: old,
                ..WrittenTiming::default()
            };
            let timing = Timing::effective(&written, 45, Some(patroni));
            assert_eq!(timing.primary_start_timeout, used, "{patroni}: primary {new:?}, master {old:?}");
        }
    }

    #[test]
    fn the_limits_keep_their_sign() {
        for (failover, syncnode, used) in [
            (None, None, (DEFAULT_MAXIMUM_LAG, None)),
            (Some(-1), Some(-1), (-1, None)),
            (Some(0), Some(0), (0, None)),
            (Some(5), Some(5), (5, Some(5))),
        ] {
            let written = WrittenTiming {
                maximum_lag_on_failover: failover,
                maximum_lag_on_syncnode: syncnode,
                ..WrittenTiming::default()
            };
            let timing = Timing::effective(&written, 45, None);
            let found = (timing.maximum_lag_on_failover, timing.maximum_lag_on_syncnode);
            assert_eq!(found, used, "of {failover:?} and {syncnode:?}");
        }
    }
}
