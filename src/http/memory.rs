//! The memory for everything that requests make: their bodies, what is read from them, their answers.
//!
//! Whoever needs some asks once for all of it, so that two that have half of what they need never wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::pool::{Activity, ConnectionPool};

/// How often those who wait look for somebody who has been too slow, at most.
const ROUND: Duration = Duration::from_millis(20);

/// How many rounds a client may be waited for while others wait for the memory that it holds: a second. They are counted,
/// not timed, since on a machine with too much to do it is us who are slow, and rounds are late then too.
const PATIENCE: u64 = 50;

/// What one review makes of each byte of its body while it is judged, in bytes: the fields that are read, and findings.
/// Measured on bodies that were written to be the worst.
const PER_BYTE: usize = 8;

/// What one review makes however small its body, in bytes: an answer, above all.
const PER_REVIEW: usize = 64 << 10;

/// What one review makes at most, in bytes, however large its body: lists and maps are read up to a length.
pub(super) const MOST_PER_REVIEW: usize = 24 << 20;

/// The most that a small request takes, in bytes: most reviews do.
const SMALL: usize = 256 << 10;

/// Memory in bytes that is counted, not allocated.
pub(super) struct Memory {
    total: usize,
    state: Mutex<State>,
    pool: Arc<ConnectionPool>,
}

#[derive(Default)]
struct State {
    used: usize,
    rounds: u64,
    last_round: Option<Instant>,
    next: u64,
    /// Those who wait, in their order: small requests first, and of them clients that have proven themselves.
    queue: BTreeMap<Order, Waiting>,
}

/// Whether a request is large, whether its client has proven nothing yet, and its number.
type Order = (bool, bool, u64);

struct Waiting {
    bytes: usize,
    activity: Activity,
    granted: oneshot::Sender<Reservation>,
}

/// A place among those who wait, left when dropped: nobody waits behind somebody who has given up.
struct Turn {
    memory: Arc<Memory>,
    number: Order,
    share: oneshot::Receiver<Reservation>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let left = self.memory.lock().queue.remove(&self.number);
        if left.is_some() {
            self.memory.grant();
        }
    }
}

/// A share of the memory, given back when dropped.
pub(super) struct Reservation {
    memory: Arc<Memory>,
    bytes: usize,
    activity: Activity,
}

/// What a body of this length and its review take together, in bytes.
pub(super) fn cost(length: usize) -> usize {
    let made = PER_REVIEW.saturating_add(length.saturating_mul(PER_BYTE));
    length.saturating_add(made.min(MOST_PER_REVIEW))
}

impl Memory {
    /// All of it free; connections of this pool are closed where they hold it for too long.
    pub(super) fn new(total: usize, pool: Arc<ConnectionPool>) -> Arc<Self> {
        Arc::new(Self { total, state: Mutex::default(), pool })
    }

    /// A share for a request of this connection; none if there is none until the deadline.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        bytes: usize,
        activity: &Activity,
        deadline: Instant,
    ) -> Option<Reservation> {
        if let Some(share) = self.at_once(bytes, activity) {
            return Some(share);
        }
        let mut granted = self.ask(bytes, activity.clone());
        loop {
            let now = Instant::now();
            if let Ok(share) = timeout_at(deadline.min(now + ROUND), &mut granted.share).await {
                return share.ok();
            }
            if now >= deadline {
                return None;
            }
            self.look_round();
        }
    }

    /// A share where nobody waits and there is enough.
    fn at_once(self: &Arc<Self>, bytes: usize, activity: &Activity) -> Option<Reservation> {
        let bytes = bytes.min(self.room_for(bytes));
        let mut state = self.lock();
        if !state.queue.is_empty() || state.used + bytes > self.room_for(bytes) {
            return None;
        }
        state.used += bytes;
        activity.hold(state.rounds);
        drop(state);
        Some(Reservation { memory: Arc::clone(self), bytes, activity: activity.clone() })
    }

    /// The most that may be in use with a request of this size in it; also the most that one request gets, so that none could
    /// wait for ever. An eighth is for small ones, which then never wait for large ones whose clients are slow.
    fn room_for(&self, bytes: usize) -> usize {
        if bytes > SMALL { self.total - self.total / 8 } else { self.total }
    }

    fn ask(self: &Arc<Self>, bytes: usize, activity: Activity) -> Turn {
        let (granted, share) = oneshot::channel();
        let mut state = self.lock();
        let bytes = bytes.min(self.room_for(bytes));
        let turn = (bytes > SMALL, !activity.is_proven(), state.next);
        state.next += 1;
        state.queue.insert(turn, Waiting { bytes, activity, granted });
        drop(state);
        self.grant();
        Turn { memory: Arc::clone(self), number: turn, share }
    }

    /// Gives the first of those who wait their share, for as long as there is enough.
    fn grant(self: &Arc<Self>) {
        while let Some(Waiting { bytes, activity, granted }) = self.next_to_grant() {
            let share = Reservation { memory: Arc::clone(self), bytes, activity };
            // Whoever has given up in the meantime gives it back by dropping it; that must not happen under the lock.
            if let Err(unwanted) = granted.send(share) {
                self.lock().used -= bytes;
                unwanted.forget();
            }
        }
    }

    fn next_to_grant(&self) -> Option<Waiting> {
        let mut state = self.lock();
        let first = state.queue.first_entry()?;
        let bytes = first.get().bytes;
        if state.used + bytes > self.room_for(bytes) {
            return None;
        }
        state.used += bytes;
        let (_, waiting) = state.queue.pop_first()?;
        waiting.activity.hold(state.rounds);
        Some(waiting)
    }

    /// Cuts a connection that has been waited for too long, once a round, whoever asks for it.
    fn look_round(&self) {
        let mut state = self.lock();
        if state.last_round.is_some_and(|last| last.elapsed() < ROUND) {
            return;
        }
        state.last_round = Some(Instant::now());
        state.rounds += 1;
        let latest = state.rounds.checked_sub(PATIENCE);
        drop(state);
        latest.inspect(|latest| self.pool.free_memory(*latest));
    }

    fn give_back(self: &Arc<Self>, bytes: usize) {
        self.lock().used -= bytes;
        self.grant();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned lock still guards sound numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Gives back what is more than this.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let more = self.bytes.saturating_sub(bytes);
        self.bytes -= more;
        self.memory.give_back(more);
    }

    /// Is gone without giving anything back.
    fn forget(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.activity.release();
        if self.bytes > 0 {
            self.memory.give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reserve(memory: &Arc<Memory>, bytes: usize, activity: &Activity) -> Option<Reservation> {
        memory.reserve(bytes, activity, Instant::now() + Duration::from_millis(1)).await
    }

    #[tokio::test]
    async fn there_is_never_more_than_all_and_all_is_given_back() {
        let pool = ConnectionPool::new(1);
        let (memory, place) = (Memory::new(100, Arc::clone(&pool)), pool.enter().await);
        let activity = place.activity();
        let mut first = reserve(&memory, 60, activity).await.unwrap();
        assert!(reserve(&memory, 41, activity).await.is_none(), "60 of 100 are taken");
        // Whoever has given up is in nobody's way.
        let second = reserve(&memory, 40, activity).await.unwrap();
        first.shrink(10);
        let third = reserve(&memory, 50, activity).await.unwrap();
        assert!(reserve(&memory, 1, activity).await.is_none());
        drop((first, second, third));
        assert!(reserve(&memory, 1000, activity).await.is_some(), "one alone gets all that there is");
    }

    #[tokio::test]
    async fn small_requests_do_not_wait_for_large_ones() {
        let pool = ConnectionPool::new(1);
        let (memory, place) = (Memory::new(80 << 20, Arc::clone(&pool)), pool.enter().await);
        let large = reserve(&memory, 70 << 20, place.activity()).await.unwrap();
        let mut waiting = memory.ask(1 << 20, place.activity().clone());
        assert!(reserve(&memory, SMALL, place.activity()).await.is_some(), "an eighth is kept for them");
        assert!(waiting.share.try_recv().is_err(), "and not for another large one");
        drop(large);
        (&mut waiting.share).await.expect("there is room again");
    }

    #[tokio::test]
    async fn clients_that_have_proven_themselves_are_next() {
        let pool = ConnectionPool::new(2);
        let (memory, place, known) =
            (Memory::new(1, Arc::clone(&pool)), pool.enter().await, pool.enter().await);
        known.activity().prove();
        let held = reserve(&memory, 1, place.activity()).await.unwrap();
        let (mut first, mut second) =
            (memory.ask(1, place.activity().clone()), memory.ask(1, known.activity().clone()));
        drop(held);
        drop((&mut second.share).await.expect("the proven one, though it came later"));
        (&mut first.share).await.expect("then the other one");
    }

    #[tokio::test]
    async fn whoever_is_slow_with_memory_in_hand_is_cut_for_those_who_wait() {
        let pool = ConnectionPool::new(2);
        let (memory, slow, place) =
            (Memory::new(1, Arc::clone(&pool)), pool.enter().await, pool.enter().await);
        let held = reserve(&memory, 1, slow.activity()).await.unwrap();
        let cut = async {
            slow.cut().await;
            drop(held);
        };
        let deadline = Instant::now() + Duration::from_mins(1);
        let (granted, ()) = tokio::join!(memory.reserve(1, place.activity(), deadline), cut);
        assert!(granted.is_some());
    }

    #[test]
    fn a_review_costs_its_body_and_what_is_made_of_it() {
        for (length, bytes) in
            [(0, 64 << 10), (1000, 9000 + (64 << 10)), (7 << 20, (7 << 20) + MOST_PER_REVIEW)]
        {
            assert_eq!(cost(length), bytes, "a body of {length} bytes");
        }
    }
}
