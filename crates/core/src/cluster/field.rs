//! A value together with the place where it is written, so that no rule ever spells a path.

use std::ops::Deref;

use crate::view::Leaf;
use syncguard_manifest::path::{Path, Step};

/// The field of an SGShardedCluster that describes its workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkersField {
    /// `workers`, since StackGres 1.19.
    Workers,
    /// `shards`, until StackGres 1.18.
    Shards,
}

impl WorkersField {
    /// Both, the newer one first.
    pub const ALL: [Self; 2] = [Self::Workers, Self::Shards];

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Shards => "shards",
        }
    }

    /// What one of them is called.
    pub fn one(self) -> &'static str {
        match self {
            Self::Workers => "worker",
            Self::Shards => "shard",
        }
    }
}

/// Which object a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `spec`.
    Spec,
    /// `spec.coordinator`.
    Coordinator,
    /// `spec.workers`, or `spec.shards`.
    Workers(WorkersField),
    /// `spec.workers.overrides[i]`, or `spec.shards.overrides[i]`.
    Override(WorkersField, usize),
}

impl Base {
    /// The path of the object.
    pub fn path<'a>(self) -> Path<'a> {
        let spec = Path::of(&["spec"]);
        match self {
            Self::Spec => spec,
            Self::Coordinator => spec.key("coordinator"),
            Self::Workers(field) => spec.key(field.name()),
            Self::Override(field, index) => spec.key(field.name()).key("overrides").index(index),
        }
    }

    /// Whether a path leads into an SGShardedCluster's coordinator.
    pub fn is_of_coordinator(path: &Path<'_>) -> bool {
        matches!(path.steps(), [Step::Key("spec"), Step::Key("coordinator"), ..])
    }

    /// The base among an SGShardedCluster's workers that a path leads into, and the way on from there.
    pub fn of_workers<'p, 'a>(path: &'p Path<'a>) -> Option<(Self, &'p [Step<'a>])> {
        let [Step::Key("spec"), Step::Key(key), inside @ ..] = path.steps() else { return None };
        let field = WorkersField::ALL.into_iter().find(|field| field.name() == *key)?;
        Some(match inside {
            [Step::Key("overrides"), Step::Index(position), rest @ ..] => {
                (Self::Override(field, *position), rest)
            }
            rest => (Self::Workers(field), rest),
        })
    }
}

/// A place in a manifest, cheap to carry; the path is made when there is something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldPath<'a> {
    base: Base,
    keys: &'static [&'static str],
    index: Option<usize>,
    last: Option<&'a str>,
}

impl<'a> FieldPath<'a> {
    /// The place at the end of these keys.
    pub fn new(base: Base, keys: &'static [&'static str]) -> Self {
        Self { base, keys, index: None, last: None }
    }

    /// An element of the list at this place.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// A key of the object at this place.
    #[must_use]
    pub fn key(self, key: &'a str) -> Self {
        Self { last: Some(key), ..self }
    }

    /// Which object it is in.
    pub fn base(&self) -> Base {
        self.base
    }

    /// The path.
    pub fn path(&self) -> Path<'a> {
        let keyed = self.keys.iter().fold(self.base.path(), |path, key| path.key(key));
        let indexed = self.index.into_iter().fold(keyed, Path::index);
        self.last.into_iter().fold(indexed, Path::key)
    }
}

/// A value and its place.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    leaf: &'a Leaf<'a>,
    place: FieldPath<'a>,
}

impl<'a> Field<'a> {
    /// The value at a place.
    pub fn new(leaf: &'a Leaf<'a>, place: FieldPath<'a>) -> Self {
        Self { leaf, place }
    }

    /// Another value at the same place.
    #[must_use]
    pub fn holding(self, leaf: &'a Leaf<'a>) -> Self {
        Self { leaf, ..self }
    }

    /// The value.
    pub fn leaf(&self) -> &'a Leaf<'a> {
        self.leaf
    }

    /// Where it is written, or would be.
    pub fn place(&self) -> FieldPath<'a> {
        self.place
    }

    /// The same as a path.
    pub fn path(&self) -> Path<'a> {
        self.place.path()
    }
}

impl<'a> Deref for Field<'a> {
    type Target = Leaf<'a>;

    fn deref(&self) -> &Leaf<'a> {
        self.leaf
    }
}
