//! The pool of open connections: how many there are, and which one makes room for the next.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long to wait for a place before somebody else is asked to make room.
const PATIENCE: Duration = Duration::from_millis(10);

/// In [`Shared::holding_since`]: no memory.
const NOTHING: u64 = u64::MAX;

/// All open connections of one listener.
///
/// At the limit somebody makes room: first a client that has never had a valid review answered, and among equals the one
/// that we have waited for longest, whatever for: its handshake, its headers, its body, or that it reads its answer. No
/// connection is cut while a complete request of it is being judged.
pub(super) struct ConnectionPool {
    opened: Instant,
    slots: Arc<Semaphore>,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    next: u64,
    by_id: HashMap<u64, Activity>,
}

/// One connection's place in the pool, given back when dropped.
pub(super) struct PooledConnection {
    pool: Arc<ConnectionPool>,
    id: u64,
    activity: Activity,
    _slot: Option<OwnedSemaphorePermit>,
}

/// What one connection does; cheap to clone, travels with its requests.
#[derive(Clone)]
pub(super) struct Activity(Arc<Shared>);

struct Shared {
    opened: Instant,
    /// Whether a valid review of it has been answered.
    proven: AtomicBool,
    /// Whether a complete request of it is being judged: it must not be cut.
    working: AtomicBool,
    /// Since which round it holds memory that others may wait for; [`NOTHING`] where it holds none.
    holding_since: AtomicU64,
    /// Since when we have waited for the client, in microseconds since `opened`: its arrival; of a proven one its latest
    /// request or answer. An unproven one gains nothing by sending something now and then.
    waiting_since: AtomicU64,
    cut: Notify,
}

/// Marks a connection as working; waited for again when dropped.
pub(super) struct Working<'a>(&'a Activity);

impl ConnectionPool {
    /// An empty pool that never grows beyond `limit`.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        let slots = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        Arc::new(Self { opened: Instant::now(), slots, members: Mutex::default() })
    }

    /// Takes a new connection in, as soon as another one has made room if there are too many.
    pub(super) async fn enter(self: &Arc<Self>) -> PooledConnection {
        loop {
            if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
                return self.place(Some(slot));
            }
            self.make_room();
            let waiting = timeout(PATIENCE, Arc::clone(&self.slots).acquire_owned());
            // The semaphore is never closed; all of them working is why one may wait in vain.
            if let Ok(slot) = waiting.await {
                return self.place(slot.ok());
            }
        }
    }

    /// Cuts the one that is to make room.
    fn make_room(&self) {
        self.lock().cut_first(|activity| {
            (!activity.is_working()).then(|| (activity.is_proven(), activity.waiting_since()))
        });
    }

    /// Cuts one that has held memory since this round or an earlier one, and that we wait for, if there is one.
    pub(super) fn free_memory(&self, latest: u64) {
        self.lock().cut_first(|activity| {
            let since = activity.0.holding_since.load(Ordering::Relaxed);
            (!activity.is_working() && since <= latest).then(|| (activity.is_proven(), since))
        });
    }

    /// Cuts every connection, working or not.
    pub(super) fn cut_all(&self) {
        for (_, activity) in self.lock().by_id.drain() {
            activity.0.cut.notify_one();
        }
    }

    fn place(self: &Arc<Self>, slot: Option<OwnedSemaphorePermit>) -> PooledConnection {
        let activity = Activity::new(self.opened);
        let mut members = self.lock();
        let id = members.next;
        members.next += 1;
        members.by_id.insert(id, activity.clone());
        PooledConnection { pool: Arc::clone(self), id, activity, _slot: slot }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // Nothing in here can panic half-way, so a poisoned lock still guards a sound map.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Cuts the connection of the lowest rank; those of none stay.
    fn cut_first(&mut self, rank: impl Fn(&Activity) -> Option<(bool, u64)>) {
        let ranked = self.by_id.iter().filter_map(|(id, activity)| Some((rank(activity)?, *id)));
        if let Some(activity) = ranked.min().and_then(|(_, id)| self.by_id.remove(&id)) {
            activity.0.cut.notify_one();
        }
    }
}

impl PooledConnection {
    /// What the connection does, to be marked by its requests.
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Resolves when the connection has to go.
    pub(super) async fn cut(&self) {
        self.activity.0.cut.notified().await;
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        self.pool.lock().by_id.remove(&self.id);
    }
}

impl Activity {
    fn new(opened: Instant) -> Self {
        let now = micros(opened.elapsed());
        let off = || AtomicBool::new(false);
        Self(Arc::new(Shared {
            opened,
            proven: off(),
            working: off(),
            holding_since: AtomicU64::new(NOTHING),
            waiting_since: AtomicU64::new(now),
            cut: Notify::new(),
        }))
    }

    /// From now on the client is waited for anew, where it has proven itself: a request of it has begun or was answered.
    pub(super) fn begin(&self) {
        if self.is_proven() {
            self.0.waiting_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// A valid review has been answered.
    pub(super) fn prove(&self) {
        self.0.proven.store(true, Ordering::Relaxed);
    }

    /// Whether a valid review has ever been answered.
    pub(super) fn is_proven(&self) -> bool {
        self.0.proven.load(Ordering::Relaxed)
    }

    /// The connection works on a complete request until the result is dropped.
    pub(super) fn work(&self) -> Working<'_> {
        self.0.working.store(true, Ordering::Relaxed);
        Working(self)
    }

    /// From this round on the connection holds memory that others may wait for.
    pub(super) fn hold(&self, round: u64) {
        self.0.holding_since.store(round, Ordering::Relaxed);
    }

    /// It holds none any more.
    pub(super) fn release(&self) {
        self.0.holding_since.store(NOTHING, Ordering::Relaxed);
    }

    fn waiting_since(&self) -> u64 {
        self.0.waiting_since.load(Ordering::Relaxed)
    }

    fn is_working(&self) -> bool {
        self.0.working.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        micros(self.0.opened.elapsed())
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let Self(activity) = self;
        activity.begin();
        activity.0.working.store(false, Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that were cut, by their index.
    fn cut(places: &[PooledConnection]) -> Vec<usize> {
        let is_gone = |place: &PooledConnection| !place.pool.lock().by_id.contains_key(&place.id);
        places.iter().enumerate().filter(|(_, place)| is_gone(place)).map(|(index, _)| index).collect()
    }

    async fn full(pool: &Arc<ConnectionPool>) -> Vec<PooledConnection> {
        let mut places = Vec::new();
        while pool.slots.available_permits() > 0 {
            places.push(pool.enter().await);
            // Two moments are told apart by the clock.
            tokio::time::sleep(Duration::from_micros(10)).await;
        }
        places
    }

    #[tokio::test]
    async fn who_has_proven_nothing_makes_room_first_and_then_who_is_waited_for_longest() {
        let pool = ConnectionPool::new(5);
        let places = full(&pool).await;
        places[0].activity().prove();
        places[2].activity().prove();
        // Whoever sends something that is no review has been waited for no less.
        places[1].activity().begin();
        places[0].activity().begin();
        let working = places[3].activity().work();
        for expected in [vec![1], vec![1, 4], vec![1, 2, 4], vec![0, 1, 2, 4], vec![0, 1, 2, 4]] {
            pool.make_room();
            assert_eq!(
                cut(&places),
                expected,
                "2 has proven itself and was waited for longer than 0; 3 works"
            );
        }
        drop(working);
        pool.make_room();
        assert_eq!(cut(&places), [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn whoever_holds_memory_and_is_slow_gives_it_back() {
        let pool = ConnectionPool::new(4);
        let places = full(&pool).await;
        for (round, place) in (5..).zip(&places[1..]) {
            place.activity().hold(round);
        }
        places[1].activity().prove();
        let _working = places[2].activity().work();
        pool.free_memory(4);
        assert_eq!(cut(&places), [0; 0], "nobody has been slow for so long");
        for expected in [vec![3], vec![1, 3], vec![1, 3]] {
            pool.free_memory(7);
            assert_eq!(cut(&places), expected, "0 holds nothing, 2 is working");
        }
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_connection_is_gone() {
        let pool = ConnectionPool::new(1);
        let place = pool.enter().await;
        let next = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.enter().await }
        });
        place.cut().await;
        assert!(!next.is_finished(), "the connection is still there");
        drop(place);
        drop(next.await.unwrap());
        assert!(pool.lock().by_id.is_empty());
    }
}
