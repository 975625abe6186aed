//! Which part of an object was which before a change: overrides move, and `shards` become `workers`.

use std::collections::HashMap;

use super::State;
use crate::cluster::{Child, Overriding, Owners, Part, Sharded};

/// The parts of an object as it is to be, each with what it was.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    before: HashMap<Part, Vec<Part>>,
    now: HashMap<Part, Part>,
}

impl Pairs {
    pub(super) fn of(now: &State<'_>, before: &State<'_>) -> Self {
        let mut pairs = Self::default();
        for cluster in now.parts() {
            if before.part(cluster.part).is_some() && !matches!(cluster.part, Part::Override(..)) {
                pairs.add(cluster.part, cluster.part);
            }
        }
        if let (Some(now), Some(before)) = (now.sharded(), before.sharded()) {
            for child in Child::ALL {
                pairs.add_overrides(child, now, before);
            }
        }
        pairs
    }

    /// What a part was; several where an override is for those of several parts.
    pub(super) fn before(&self, part: Part) -> &[Part] {
        self.before.get(&part).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a part becomes, or one of those that it becomes.
    pub(super) fn now(&self, part: Part) -> Option<Part> {
        self.now.get(&part).copied()
    }

    fn add(&mut self, now: Part, before: Part) {
        let known = self.before.entry(now).or_default();
        if !known.contains(&before) {
            known.push(before);
        }
        self.now.entry(before).or_insert(now);
    }

    fn add_overrides(&mut self, child: Child, now: &Sharded<'_>, before: &Sharded<'_>) {
        let stored: HashMap<usize, &Overriding<'_>> =
            of_child(before, child).map(|stored| (stored.position, stored)).collect();
        for overriding in of_child(now, child) {
            let same = stored.get(&overriding.position).filter(|stored| stored.ranges == overriding.ranges);
            if same.is_some() {
                let part = Part::Override(child, overriding.position);
                self.add(part, part);
            }
        }
        let owners = before.owners(child);
        for (range, position) in now.owners(child).iter() {
            let part = Part::Override(child, position);
            if self.before(part) != [part] {
                self.add_owners(child, part, &owners, range);
            }
        }
    }

    /// The workers in a range were of the overrides that owned them, or of none.
    fn add_owners(&mut self, child: Child, part: Part, owners: &Owners, range: crate::cluster::Range) {
        let (stored, some_were_plain) = owners.of_range(range);
        for position in stored {
            self.add(part, Part::Override(child, position));
        }
        if some_were_plain {
            self.add(part, Part::Plain(child));
        }
    }
}

fn of_child<'s, 'a>(sharded: &'s Sharded<'a>, child: Child) -> impl Iterator<Item = &'s Overriding<'a>> {
    sharded.overrides().iter().filter(move |overriding| overriding.child == Some(child))
}
