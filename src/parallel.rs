//! Work on many things at once, with the results in the order of the things.

use std::{
    collections::BTreeMap,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, mpsc::sync_channel},
    thread,
};

/// Calls `work` on every item, on as many threads as there are cores, and `each` on every result in order.
///
/// At most a few items are under way or wait for an earlier one, so memory does not grow with their number.
pub fn in_order<I: Send, T: Send>(
    items: impl Iterator<Item = I> + Send,
    work: impl Fn(I) -> T + Sync,
    mut each: impl FnMut(T),
) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let items = Mutex::new(items.enumerate());
    let (sender, results) = sync_channel(4 * threads);
    // One ticket an item, given back when its turn has come: else a slow one would let all the others pile up behind it.
    let (give_back, tickets) = sync_channel(16 * threads);
    for _ in 0..16 * threads {
        let _ = give_back.send(());
    }
    let tickets = Mutex::new(tickets);
    let (items, tickets, work) = (&items, &tickets, &work);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(move || {
                let next = || {
                    tickets.lock().ok()?.recv().ok()?;
                    items.lock().ok()?.next()
                };
                while let Some((number, item)) = next() {
                    // A result that never came would leave everybody waiting for its turn.
                    let result = catch_unwind(AssertUnwindSafe(|| work(item)));
                    if sender.send((number, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // Ours now: when this closure ends, be it by a panic, nobody waits for a ticket any more.
        let give_back = give_back;
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&due) {
                each(result.unwrap_or_else(|panic| resume_unwind(panic)));
                due += 1;
                // Nobody takes one any more where all items are handed out.
                let _ = give_back.send(());
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        in_order(0..1_000, |number| number * 2, |result| seen.push(result));
        assert_eq!(seen, (0..1_000).map(|number| number * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_ends_it() {
        for (in_work, what) in [(true, "in the work"), (false, "in what is done with a result")] {
            let work = |number| assert!(!in_work || number != 3, "the third fails");
            let each = |()| assert!(in_work, "the first result fails");
            let ended = catch_unwind(AssertUnwindSafe(|| in_order(0..10_000, work, each)));
            assert!(ended.is_err(), "a panic {what} is one of the whole");
        }
    }

    #[test]
    fn few_items_are_taken_while_the_first_one_is_under_way() {
        let taken = AtomicUsize::new(0);
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let most = 16 * threads;
        let items = (0..100 * most).inspect(|_| {
            taken.fetch_add(1, Relaxed);
        });
        let work = |number| {
            // The first one ends when all tickets are out, and then none of the others can go on.
            while number == 0 && threads > 1 && taken.load(Relaxed) < most {
                thread::yield_now();
            }
            (number == 0).then(|| taken.load(Relaxed))
        };
        let mut first = None;
        in_order(items, work, |result| first = first.or(result));
        assert!(
            first.is_some_and(|taken| taken <= most),
            "{first:?} items were taken, and {most} are the most"
        );
    }
}
