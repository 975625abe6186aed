//! How much of an object is read: lists and maps up to an amount, that of everything in them included.
//!
//! A reader from serde has no state that goes from list to list, so the count is the thread's.

use std::cell::Cell;

/// The most elements that a list has, with those of the lists in it: far more than anybody writes. A larger one is told of
/// as a whole, since three megabytes of `0,` would be a gigabyte of overrides.
pub const LONGEST_LIST: usize = 4096;

/// The most settings that a map has. Sixteen of them take as much room as one element of a list, and count as much there.
pub const LONGEST_MAP: usize = LONGEST_LIST * SETTINGS_PER_ELEMENT;

const SETTINGS_PER_ELEMENT: usize = 16;

thread_local! {
    /// What the outermost list or map holds so far, counted in settings, and how many deep the reader is.
    static READ: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// A list or a map that is being read.
pub(super) struct Amount(());

impl Amount {
    /// Begins one; where it lies in another one, that goes on.
    pub(super) fn begin() -> Self {
        let (settings, depth) = READ.get();
        READ.set((if depth == 0 { 0 } else { settings }, depth + 1));
        Self(())
    }

    /// Counts one more element of a list; whether it is to be kept.
    pub(super) fn element(&self) -> bool {
        self.count(SETTINGS_PER_ELEMENT)
    }

    /// Counts one more setting; whether it is to be kept.
    pub(super) fn setting(&self) -> bool {
        self.count(1)
    }

    /// Whether there has been more than is read.
    pub(super) fn is_too_much(&self) -> bool {
        let Self(()) = self;
        READ.get().0 > LONGEST_MAP
    }

    /// How many elements of a list that would be.
    pub(super) fn elements(&self) -> usize {
        let Self(()) = self;
        READ.get().0.div_ceil(SETTINGS_PER_ELEMENT)
    }

    fn count(&self, settings: usize) -> bool {
        let (before, depth) = READ.get();
        READ.set((before + settings, depth));
        !self.is_too_much()
    }
}

impl Drop for Amount {
    fn drop(&mut self) {
        let (settings, depth) = READ.get();
        READ.set((settings, depth - 1));
    }
}

/// Whether another key that nobody reads is kept beside so many; in a list it counts as a setting.
pub(crate) fn keeps_another(kept: usize) -> bool {
    let (_, depth) = READ.get();
    if depth == 0 { kept < LONGEST_MAP } else { Amount::begin().setting() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Leaf, Object, Override};

    fn read(spec: &str) -> (String, Option<Leaf<'static>>) {
        let text = format!(r#"{{"spec": {spec}}}"#);
        let object: Object<'_> = serde_json::from_str(&text).unwrap();
        let spec = object.get().unwrap().spec.get().unwrap();
        let lists = spec.shards.get().map(|shards| &shards.overrides);
        let told = lists.and_then(|lists| lists.other()).or_else(|| spec.postgresql_conf.other());
        (text.clone(), told.cloned().map(Leaf::into_owned))
    }

    #[test]
    fn of_what_lies_in_a_list_everything_counts() {
        let many = |one: &str, count: usize| vec![one; count].join(",");
        let overrides =
            |one: &str, count| format!(r#"{{"shards": {{"overrides": [{}]}}}}"#, many(one, count));
        let with_groups = |count| format!(r#"{{"replication": {{"groups": [{}]}}}}"#, many("{}", count));
        let with_settings = |count: usize| {
            let settings: Vec<_> = (0..count).map(|n| format!(r#""s{n}": "1""#)).collect();
            format!(
                r#"{{"configurations": {{"postgres": {{"postgresql.conf": {{{}}}}}}}}}"#,
                settings.join(",")
            )
        };
        let settings = |count: usize| {
            let settings: Vec<_> = (0..count).map(|n| format!(r#""s{n}": "1""#)).collect();
            format!(r#"{{"postgresql.conf": {{{}}}}}"#, settings.join(","))
        };
        for (spec, told) in [
            (overrides("{}", 4096), None),
            (overrides("{}", 4097), Some(Leaf::List(4097))),
            (overrides(&with_groups(15), 256), None),
            (overrides(&with_groups(700), 4096), Some(Leaf::List(4096 + 700 * 6))),
            (overrides(&with_settings(40), 500), None),
            (settings(LONGEST_MAP), None),
            (settings(LONGEST_MAP + 1), Some(Leaf::Object(LONGEST_MAP + 1))),
        ] {
            let (text, found) = read(&spec);
            assert_eq!(found, told, "{}…", text.chars().take(200).collect::<String>());
        }
        let (_, nothing) = read(&overrides("{}", 1));
        assert_eq!(nothing, None, "and the next one begins anew");
        assert!(size_of::<Override<'_>>() <= 2048, "4096 of them are 8 MiB at most");
    }
}
