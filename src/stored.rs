//! What an API server stores beside the object at hand, as one moment of it: clusters, and settings that they name.

mod unsound;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use memchr::memmem;
pub use unsound::Unsound;
pub use written::{Key, MOST_WRITTEN, Written};

use syncguard_core::{
    json,
    view::{Given, Kind, Object, Parameters},
};

/// The kinds that a judgment of another object needs.
pub const KINDS: [Kind; 3] = [Kind::Cluster, Kind::ShardedCluster, Kind::PostgresConfig];

/// One moment of what is stored. Cheap to change: what stays the same is shared with the moment before.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    namespaces: HashMap<String, Arc<Kinds>>,
    /// Whether news of a kind reach this moment, in the order of [`KINDS`].
    live: [bool; KINDS.len()],
    /// What all objects take, in bytes.
    size: usize,
    /// The major version upgrades that were asked for and are running: the SGCluster of each, by namespace and name.
    upgrades: HashMap<(String, String), String>,
}

/// What one namespace holds of each kind, by name.
type Kinds = BTreeMap<Kind, BTreeMap<String, Arc<StoredObject>>>;

/// An object, reduced to what is judged.
#[derive(Debug)]
pub struct StoredObject {
    /// What it is.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The version that the API server gave it.
    pub resource_version: String,
    /// The object as JSON; nothing for an SGPostgresConfig, and where it takes too much room to be kept.
    pub json: Box<[u8]>,
    /// The settings of an SGPostgresConfig, unless they take too much room to be kept.
    pub parameters: Option<Parameters<'static>>,
}

/// The largest object that is kept, in bytes: what is judged of a usual cluster has one or two thousand. Of a larger one
/// only the name is kept, and the object is read when it is needed.
const MAX_OBJECT_BYTES: usize = 64 << 10;

/// The most that all objects together take, in bytes.
pub const MAX_STORED_BYTES: usize = 24 << 20;

/// What a setting takes besides its text, in bytes.
const PER_SETTING: usize = 128;

impl StoredObject {
    /// Whether it is kept, and not only its name.
    pub fn is_whole(&self) -> bool {
        if self.kind == Kind::PostgresConfig { self.parameters.is_some() } else { !self.json.is_empty() }
    }

    /// Where it is.
    pub fn key(&self) -> Key {
        (self.namespace.clone(), self.kind, self.name.clone())
    }

    /// What it takes, in bytes.
    fn size(&self) -> usize {
        let settings = self.parameters.as_ref().map_or(0, |parameters| parameters.size(PER_SETTING));
        self.json.len() + settings
    }

    /// Its name alone, where it takes more than there is room for.
    fn kept_within(mut self, room: usize) -> Self {
        if self.size() > room.min(MAX_OBJECT_BYTES) {
            self.json = Box::default();
            self.parameters = None;
        }
        self
    }

    /// The object again; absent for an SGPostgresConfig, and where only its name is kept.
    pub fn read(&self) -> Object<'_> {
        json::from_slice(&self.json).unwrap_or(Given::Absent)
    }
}

impl Stored {
    /// The SGCluster of this name.
    pub fn cluster(&self, namespace: &str, name: &str) -> Option<&StoredObject> {
        self.get(namespace, Kind::Cluster, name)
    }

    /// The clusters of a namespace, sharded ones too.
    pub fn clusters(&self, namespace: &str) -> impl Iterator<Item = &StoredObject> {
        let kinds = self.namespaces.get(namespace).into_iter().flat_map(|kinds| kinds.iter());
        let clusters = kinds.filter(|(kind, _)| **kind != Kind::PostgresConfig);
        clusters.flat_map(|(_, objects)| objects.values()).map(Arc::as_ref)
    }

    /// The clusters in whose text the name of an SGPostgresConfig stands: an API server writes such a name as it is.
    pub fn naming(&self, namespace: &str, config: &str) -> impl Iterator<Item = &StoredObject> {
        let name = memmem::Finder::new(config).into_owned();
        self.clusters(namespace).filter(move |known| name.find(&known.json).is_some())
    }

    /// The SGPostgresConfig of this name.
    pub fn config(&self, namespace: &str, name: &str) -> Option<&StoredObject> {
        self.get(namespace, Kind::PostgresConfig, name)
    }

    /// The settings of the SGPostgresConfig of this name.
    pub fn parameters(&self, namespace: &str, name: &str) -> Option<&Parameters<'static>> {
        self.config(namespace, name)?.parameters.as_ref()
    }

    /// Whether what happens to objects of a kind shows here as it happens.
    pub fn is_live(&self, kind: Kind) -> bool {
        KINDS.iter().zip(self.live).any(|(known, live)| *known == kind && live)
    }

    /// Says whether news of a kind arrive.
    pub fn set_live(&mut self, kind: Kind, live: bool) {
        for (known, flag) in KINDS.iter().zip(&mut self.live) {
            if *known == kind {
                *flag = live;
            }
        }
    }

    /// The SGCluster on which the major version upgrade of this SGDbOps is running, where that was asked.
    pub fn upgraded(&self, namespace: &str, name: &str) -> Option<&str> {
        self.upgrades.get(&(namespace.to_owned(), name.to_owned())).map(String::as_str)
    }

    /// Takes a running upgrade in.
    pub fn put_upgrade(&mut self, namespace: String, name: String, cluster: String) {
        self.upgrades.insert((namespace, name), cluster);
    }

    /// Takes an object in, in place of an earlier version; only its name where there is no room for more.
    pub fn keep(&mut self, object: StoredObject) {
        self.remove(&object.namespace, object.kind, &object.name);
        let room = MAX_STORED_BYTES.saturating_sub(self.size);
        self.put(object.kept_within(room));
    }

    /// Takes an object in, in place of an earlier version.
    pub fn put(&mut self, object: StoredObject) {
        self.put_shared(Arc::new(object));
    }

    fn put_shared(&mut self, object: Arc<StoredObject>) {
        self.size += object.size();
        let kinds = Arc::make_mut(self.namespaces.entry(object.namespace.clone()).or_default());
        let before = kinds.entry(object.kind).or_default().insert(object.name.clone(), object);
        self.size -= before.map_or(0, |before| before.size());
    }

    /// Forgets an object.
    pub fn remove(&mut self, namespace: &str, kind: Kind, name: &str) {
        let Some(kinds) = self.namespaces.get_mut(namespace).map(Arc::make_mut) else { return };
        let Some(objects) = kinds.get_mut(&kind) else { return };
        self.size -= objects.remove(name).map_or(0, |gone| gone.size());
        if objects.is_empty() {
            kinds.remove(&kind);
        }
        if kinds.is_empty() {
            self.namespaces.remove(namespace);
        }
    }

    /// Replaces everything that is known of a kind, in one namespace or in all.
    pub fn replace(&mut self, kind: Kind, namespace: Option<&str>, objects: Vec<StoredObject>) {
        for (name, known) in &mut self.namespaces {
            if namespace.is_none_or(|only| only == name) {
                let gone = Arc::make_mut(known).remove(&kind);
                let gone = gone.iter().flat_map(BTreeMap::values);
                self.size -= gone.map(|object| object.size()).sum::<usize>();
            }
        }
        for object in objects {
            self.keep(object);
        }
        self.namespaces.retain(|_, kinds| !kinds.is_empty());
    }

    /// The object of this kind and name.
    pub fn get(&self, namespace: &str, kind: Kind, name: &str) -> Option<&StoredObject> {
        self.get_shared(namespace, kind, name).map(Arc::as_ref)
    }

    /// The same, to be kept when it is replaced here.
    pub fn get_shared(&self, namespace: &str, kind: Kind, name: &str) -> Option<&Arc<StoredObject>> {
        self.namespaces.get(namespace)?.get(&kind)?.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: Kind, namespace: &str, name: &str) -> StoredObject {
        let text = |text: &str| text.to_owned();
        StoredObject {
            kind,
            namespace: text(namespace),
            name: text(name),
            resource_version: text("1"),
            json: Box::from(&b"{\"kind\":\"SGCluster\"}"[..]),
            parameters: (kind == Kind::PostgresConfig).then(Parameters::default),
        }
    }

    /// What is known in `one` and `two`, in short.
    fn known(stored: &Stored) -> Vec<String> {
        let clusters = ["one", "two"].map(|namespace| {
            stored
                .clusters(namespace)
                .map(move |object| format!("{namespace}/{}", object.name))
                .collect::<Vec<_>>()
        });
        clusters.concat()
    }

    #[test]
    fn a_moment_keeps_what_later_ones_change() {
        let mut now = Stored::default();
        now.put(object(Kind::Cluster, "one", "a"));
        now.put(object(Kind::ShardedCluster, "two", "b"));
        now.put(object(Kind::PostgresConfig, "two", "c"));
        let then = now.clone();
        now.remove("one", Kind::Cluster, "a");
        now.replace(Kind::ShardedCluster, None, vec![object(Kind::ShardedCluster, "two", "d")]);
        assert_eq!(known(&then), ["one/a", "two/b"]);
        assert_eq!(known(&now), ["two/d"]);
        assert!(now.parameters("two", "c").is_some(), "another kind stays");
        now.replace(Kind::ShardedCluster, Some("one"), Vec::new());
        assert_eq!(known(&now), ["two/d"], "another namespace stays");
        assert!(now.cluster("one", "a").is_none() && then.cluster("one", "a").is_some());
    }

    #[test]
    fn what_takes_too_much_room_is_known_by_name() {
        let sized = |name: &str, size: usize| {
            let json = vec![b' '; size].into();
            StoredObject { json, ..object(Kind::Cluster, "one", name) }
        };
        let mut now = Stored::default();
        now.keep(sized("large", MAX_OBJECT_BYTES + 1));
        let is_whole = |now: &Stored, name: &str| now.cluster("one", name).map(StoredObject::is_whole);
        assert_eq!(is_whole(&now, "large"), Some(false), "one that is too large");
        let as_many = MAX_STORED_BYTES / MAX_OBJECT_BYTES;
        for number in 0..=as_many {
            now.keep(sized(&number.to_string(), MAX_OBJECT_BYTES));
        }
        let last = as_many.to_string();
        assert_eq!((is_whole(&now, "0"), is_whole(&now, &last)), (Some(true), Some(false)), "of too many");
        now.remove("one", Kind::Cluster, "0");
        now.keep(sized(&last, MAX_OBJECT_BYTES));
        assert_eq!(is_whole(&now, &last), Some(true), "there is room again");
        now.keep(sized(&last, 10));
        now.replace(Kind::Cluster, None, Vec::new());
        assert_eq!(now.size, 0);
    }

    #[test]
    fn news_of_one_kind_say_nothing_of_another() {
        let mut stored = Stored::default();
        stored.set_live(Kind::Cluster, true);
        assert!(stored.is_live(Kind::Cluster) && !stored.is_live(Kind::PostgresConfig));
        assert!(!stored.is_live(Kind::Scale), "nobody watches a Scale");
    }
}
