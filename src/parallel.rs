//! Work on many things at once, with the results in the order of the things.

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{Mutex, mpsc::sync_channel},
    thread,
};

/// Calls `work` on every item, on as many threads as there are cores, and `each` on every result in order.
///
/// At most a few items are under way at a time, so memory does not grow with their number.
pub fn in_order<I: Send, T: Send>(
    items: impl Iterator<Item = I> + Send,
    work: impl Fn(I) -> T + Sync,
    mut each: impl FnMut(T),
) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let items = Mutex::new(items.enumerate());
    let (sender, results) = sync_channel(4 * threads);
    let (items, work) = (&items, &work);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(move || {
                let next = || items.lock().ok()?.next();
                while let Some((number, item)) = next() {
                    if sender.send((number, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&due) {
                each(result);
                due += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        in_order(0..1_000, |number| number * 2, |result| seen.push(result));
        assert_eq!(seen, (0..1_000).map(|number| number * 2).collect::<Vec<_>>());
    }
}
