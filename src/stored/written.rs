//! What the watches were told was written, until it is judged: each object once, with what was stored before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Stored, StoredObject};
use syncguard_core::view::Kind;

/// The most objects that wait to be judged.
const MOST_OBJECTS: usize = 1000;

/// The most that their former versions take, in bytes.
pub const MOST_WRITTEN: usize = 2 << 20;

/// Where an object is: its namespace, its kind, its name.
pub type Key = (String, Kind, String);

/// Objects that were written since somebody looked last.
#[derive(Debug, Default)]
pub struct Written {
    before: BTreeMap<Key, Option<Arc<StoredObject>>>,
    size: usize,
    is_incomplete: bool,
}

impl Written {
    /// Takes an object in that is about to be replaced by what was written. Of one that is written again the first version
    /// counts.
    pub fn add(&mut self, key: Key, before: Option<Arc<StoredObject>>) {
        if self.before.contains_key(&key) {
            return;
        }
        let size = before.as_ref().map_or(0, |before| before.size());
        if self.before.len() >= MOST_OBJECTS || self.size + size > MOST_WRITTEN {
            self.is_incomplete = true;
            return;
        }
        self.size += size;
        self.before.insert(key, before);
    }

    /// Whether more was written than is kept here.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// What was stored before all of it, where this is stored now.
    pub fn before(&self, now: &Stored) -> Stored {
        let mut stored = now.clone();
        for ((namespace, kind, name), before) in &self.before {
            match before {
                Some(before) => stored.put_shared(Arc::clone(before)),
                None => stored.remove(namespace, *kind, name),
            }
        }
        stored
    }

    /// The clusters, each once, that were written or that name an SGPostgresConfig whose settings were.
    pub fn clusters<'s>(&self, now: &'s Stored) -> impl Iterator<Item = &'s StoredObject> {
        let mut clusters = BTreeMap::new();
        for ((namespace, kind, name), before) in &self.before {
            let Some(written) = now.get(namespace, *kind, name) else { continue };
            if *kind != Kind::PostgresConfig {
                clusters.insert(written.key(), written);
                continue;
            }
            let settings = before.as_ref().and_then(|before| before.parameters.as_ref());
            if settings != written.parameters.as_ref() {
                clusters.extend(now.naming(namespace, name).map(|cluster| (cluster.key(), cluster)));
            }
        }
        clusters.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str, size: usize) -> StoredObject {
        let text = |text: &str| text.to_owned();
        StoredObject {
            kind: Kind::Cluster,
            namespace: text("one"),
            name: text(name),
            resource_version: text("1"),
            json: vec![b' '; size].into(),
            parameters: None,
        }
    }

    /// The size of a cluster as it was before; none where it was not there.
    fn size_before(written: &Written, now: &Stored, name: &str) -> Option<usize> {
        written.before(now).cluster("one", name).map(|cluster| cluster.json.len())
    }

    #[test]
    fn what_is_written_again_and_again_is_compared_with_what_was_first() {
        let (mut now, mut written) = (Stored::default(), Written::default());
        now.keep(cluster("old", 10));
        for size in [20, 30] {
            for name in ["old", "new"] {
                written.add(cluster(name, size).key(), now.get_shared("one", Kind::Cluster, name).cloned());
                now.keep(cluster(name, size));
            }
        }
        now.keep(cluster("other", 40));
        assert_eq!(size_before(&written, &now, "old"), Some(10));
        assert_eq!(size_before(&written, &now, "new"), None);
        assert_eq!(size_before(&written, &now, "other"), Some(40), "what was not written is as it was");
        let clusters: Vec<_> = written.clusters(&now).map(|cluster| cluster.name.as_str()).collect();
        assert_eq!(clusters, ["new", "old"]);
    }

    #[test]
    fn more_than_there_is_room_for_is_told_to_be_missing() {
        let mut written = Written::default();
        let fits = MOST_WRITTEN / 50_000;
        for number in 0..=fits {
            assert!(!written.is_incomplete(), "after {number}");
            written.add(cluster(&number.to_string(), 0).key(), Some(Arc::new(cluster("large", 50_000))));
        }
        assert!(written.is_incomplete(), "of too much");
        let mut written = Written::default();
        for number in 0..=MOST_OBJECTS {
            assert!(!written.is_incomplete(), "after {number}");
            written.add(cluster(&number.to_string(), 0).key(), None);
        }
        assert!(written.is_incomplete(), "of too many");
    }
}
