//! The crowd of open connections: how many there are, and which one makes room for the next.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// In [`Activity::idle_since`]: a request is being read or answered, the connection must not be cut.
const WORKING: u64 = u64::MAX;

/// All open connections of one listener.
pub(super) struct Crowd {
    limit: usize,
    opened: Instant,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    next: u64,
    by_id: HashMap<u64, Activity>,
}

/// One connection's place in the crowd, given back when dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    id: u64,
    activity: Activity,
}

/// What one connection does; cheap to clone, travels with its requests.
#[derive(Clone)]
pub(super) struct Activity(Arc<Shared>);

struct Shared {
    opened: Instant,
    /// Microseconds since `opened`, or [`WORKING`].
    idle_since: AtomicU64,
    cut: Notify,
}

/// Marks a connection as working; idle again when dropped.
pub(super) struct Working<'a>(&'a Activity);

impl Crowd {
    /// An empty crowd that never grows beyond `limit`.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, opened: Instant::now(), members: Mutex::default() })
    }

    /// Takes a new connection in, cutting the one that has been idle longest if there are too many.
    ///
    /// None if all of them are working.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut members = self.lock();
        if members.by_id.len() >= self.limit {
            members.cut_longest_idle()?;
        }
        let activity = Activity::new(self.opened);
        let id = members.next;
        members.next += 1;
        members.by_id.insert(id, activity.clone());
        Some(Place { crowd: Arc::clone(self), id, activity })
    }

    /// Cuts every connection, working or not.
    pub(super) fn cut_all(&self) {
        for (_, activity) in self.lock().by_id.drain() {
            activity.0.cut.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // Nothing in here can panic half-way, so a poisoned lock still guards a sound map.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn cut_longest_idle(&mut self) -> Option<()> {
        let idle = self.by_id.iter().filter(|(_, activity)| activity.idle_since() != WORKING);
        let (&id, _) = idle.min_by_key(|(id, activity)| (activity.idle_since(), **id))?;
        self.by_id.remove(&id)?.0.cut.notify_one();
        Some(())
    }
}

impl Place {
    /// What the connection does, to be marked by its requests.
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Resolves when the connection has to go.
    pub(super) async fn cut(&self) {
        self.activity.0.cut.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.lock().by_id.remove(&self.id);
    }
}

impl Activity {
    fn new(opened: Instant) -> Self {
        let new = Self(Arc::new(Shared { opened, idle_since: AtomicU64::new(0), cut: Notify::new() }));
        new.touch();
        new
    }

    /// The connection shows a sign of life.
    pub(super) fn touch(&self) {
        let micros = u64::try_from(self.0.opened.elapsed().as_micros()).unwrap_or(WORKING - 1);
        self.0.idle_since.store(micros, Ordering::Relaxed);
    }

    /// The connection works on a request until the result is dropped.
    pub(super) fn work(&self) -> Working<'_> {
        self.0.idle_since.store(WORKING, Ordering::Relaxed);
        Working(self)
    }

    fn idle_since(&self) -> u64 {
        self.0.idle_since.load(Ordering::Relaxed)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.touch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that were cut, by their index.
    fn cut(places: &[Place]) -> Vec<usize> {
        let is_gone = |place: &Place| !place.crowd.lock().by_id.contains_key(&place.id);
        places.iter().enumerate().filter(|(_, place)| is_gone(place)).map(|(index, _)| index).collect()
    }

    #[test]
    fn the_longest_idle_makes_room() {
        let crowd = Crowd::new(3);
        let mut places: Vec<Place> = (0..3).map(|_| crowd.enter().unwrap()).collect();
        let first = places[0].activity().clone();
        let working = first.work();
        places.push(crowd.enter().unwrap());
        assert_eq!(cut(&places), [1], "the first works, so the second has been idle longest");
        drop(working);
        places.push(crowd.enter().unwrap());
        assert_eq!(cut(&places), [1, 2], "the first was busy a moment ago");
    }

    #[test]
    fn nobody_is_cut_while_working() {
        let crowd = Crowd::new(1);
        let place = crowd.enter().unwrap();
        let working = place.activity().work();
        assert!(crowd.enter().is_none());
        drop(working);
        assert!(crowd.enter().is_some());
    }

    #[test]
    fn a_place_is_given_back() {
        let crowd = Crowd::new(1);
        drop(crowd.enter());
        assert!(crowd.lock().by_id.is_empty());
    }
}
