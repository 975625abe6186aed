//! A value together with the place where it is written, so that no rule ever spells a path.

use std::ops::Deref;

use crate::{
    path::{Path, Step},
    view::Leaf,
};

/// Which object a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `spec`.
    Spec,
    /// `spec.coordinator`.
    Coordinator,
    /// `spec.shards`.
    Shards,
    /// `spec.shards.overrides[i]`.
    Override(usize),
}

impl Base {
    /// The path of the object.
    pub fn path<'a>(self) -> Path<'a> {
        let spec = Path::of(&["spec"]);
        match self {
            Self::Spec => spec,
            Self::Coordinator => spec.key("coordinator"),
            Self::Shards => spec.key("shards"),
            Self::Override(index) => spec.key("shards").key("overrides").index(index),
        }
    }

    /// The position of the override that a path leads into, and the way on from there.
    pub fn override_at<'p, 'a>(path: &'p Path<'a>) -> Option<(usize, &'p [Step<'a>])> {
        match path.steps() {
            [
                Step::Key("spec"),
                Step::Key("shards"),
                Step::Key("overrides"),
                Step::Index(position),
                rest @ ..,
            ] => Some((*position, rest)),
            _ => None,
        }
    }
}

/// A place in a manifest, cheap to carry; the path is made when there is something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    base: Base,
    keys: &'static [&'static str],
    index: Option<usize>,
    last: Option<&'a str>,
}

impl<'a> Place<'a> {
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
    place: Place<'a>,
}

impl<'a> Field<'a> {
    /// The value at a place.
    pub fn new(leaf: &'a Leaf<'a>, place: Place<'a>) -> Self {
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
    pub fn place(&self) -> Place<'a> {
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
