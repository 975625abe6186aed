//! How many lines a place in the program may write: a burst, then a few a second, and how many were left out.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Lines that one place may write at once.
const BURST: u32 = 20;

/// The time after which it may write one more.
const ONE_MORE: Duration = Duration::from_millis(200);

thread_local! {
    /// How many lines of the same place were left out before the one that is being written.
    static LEFT_OUT: Cell<u64> = const { Cell::new(0) };
}

/// The number of lines of the same place that were left out before the one that this thread writes.
pub(super) fn left_out() -> u64 {
    LEFT_OUT.take()
}

/// Lets through what is not too much. Whoever asks for lines below `info` wants all of them.
#[derive(Default)]
pub(super) struct Pace(Mutex<HashMap<Identifier, CallSite>>);

struct CallSite {
    allowed: u32,
    since: Instant,
    left_out: u64,
}

impl CallSite {
    fn new(now: Instant) -> Self {
        Self { allowed: BURST, since: now, left_out: 0 }
    }

    /// Whether one more line is written; how many were left out before it.
    fn one_more(&mut self, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.since).as_millis() / ONE_MORE.as_millis();
        let earned = u32::try_from(passed).unwrap_or(BURST).min(BURST);
        self.since = if earned == BURST { now } else { self.since + ONE_MORE * earned };
        self.allowed = (self.allowed + earned).min(BURST);
        if self.allowed == 0 {
            self.left_out += 1;
            return None;
        }
        self.allowed -= 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

impl<S: Subscriber> Filter<S> for Pace {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        if *event.metadata().level() > Level::INFO {
            return true;
        }
        let now = Instant::now();
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(event.metadata().callsite()).or_insert_with(|| CallSite::new(now));
        let left_out = place.one_more(now);
        LEFT_OUT.set(left_out.unwrap_or_default());
        left_out.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_written_then_a_few_a_second_and_what_is_left_out_is_counted() {
        let start = Instant::now();
        let mut place = CallSite::new(start);
        let mut written = |after: u64, lines: usize| {
            let now = start + Duration::from_millis(after);
            (0..lines).filter_map(|_| place.one_more(now)).collect::<Vec<_>>()
        };
        assert_eq!(written(0, 120), [0; 20], "a burst");
        assert_eq!(written(199, 1), [0; 0]);
        assert_eq!(written(200, 10), [101], "one more, which says how many are missing");
        assert_eq!(written(1_000, 100), [9, 0, 0, 0], "five a second");
        assert_eq!(written(100_000, 100)[..2], [96, 0], "and after a quiet time a burst again");
    }
}
