//! One value of a document, and the way to the values inside it.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use smallvec::SmallVec;

use super::{
    Location, SyntaxError,
    scalar::{Scalar, resolve},
    tree::{Form, NodeKind, Tree},
};
use crate::path::{Path, Step};

/// A value of a document, or one of its keys. Aliases and merge keys are followed on the way into it.
///
/// It is a `serde::Deserializer`, so that any part of a document can be read as a type.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d, 't> {
    pub(super) tree: &'d Tree<'t>,
    pub(super) index: usize,
}

impl<'d, 't> Node<'d, 't> {
    /// Reads this value as a type.
    ///
    /// # Errors
    /// The type does not take a value; the error tells where that value is.
    pub fn read<T: Deserialize<'d>>(self) -> Result<T, SyntaxError> {
        T::deserialize(self)
    }

    /// Where the value at `path` is written, or else what is nearest to it.
    pub fn locate(self, path: &Path<'_>) -> Location {
        let mut node = self;
        let mut nearest = node.headline();
        for step in path.steps() {
            let (key, value) = match *step {
                Step::Key(key) => match node.pair(key) {
                    Some((key, value)) => (key.range(), value),
                    None => return Location { range: nearest, found: false },
                },
                Step::Index(index) => match node.item(index) {
                    Some(value) => (value.headline(), value),
                    None => return Location { range: nearest, found: false },
                },
            };
            nearest = key;
            node = value;
        }
        // A value that is left out, as in `mode:`, has no bytes of its own.
        let range = if node.range().is_empty() { nearest } else { node.range() };
        Location { range, found: true }
    }

    /// The bytes of the key that leads to the value at a path from here; none where the last step is no key, or absent.
    pub fn key_range(self, path: &Path<'_>) -> Option<Range<usize>> {
        let Some(Step::Key(key)) = path.steps().last() else { return None };
        let (key, _) = self.at(&path.parent()?)?.pair(key)?;
        Some(key.range())
    }

    /// The value of a key of this mapping; the last one where it is written more than once.
    pub fn get(self, key: &str) -> Option<Self> {
        self.pair(key).map(|(_, value)| value)
    }

    /// The value at a path from here.
    pub fn at(self, path: &Path<'_>) -> Option<Self> {
        path.steps().iter().try_fold(self, |node, step| match *step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.item(index),
        })
    }

    /// The elements of this list; none where it is no list.
    pub fn items(self) -> impl Iterator<Item = Self> + use<'d, 't> {
        let list = self.followed();
        let is_list = matches!(list.kind(), NodeKind::List);
        let children = is_list.then(|| list.tree.children(list.index)).into_iter().flatten();
        children.map(move |index| Self { index, ..list })
    }

    /// The keys and values of this mapping that hold: where a key occurs more than once, be it merged or written, the last
    /// one. None where it is no mapping.
    pub fn entries(self) -> impl Iterator<Item = (&'d str, Self)> + use<'d, 't> {
        let pairs: Vec<_> = self.pairs().map(|(key, value)| (key.text(), value)).collect();
        let places = || pairs.iter().enumerate().map(|(index, (key, _))| (*key, index));
        let last: Option<HashMap<_, _>> = self.tree.may_replace_keys().then(|| places().collect());
        let holds = move |(index, (key, _)): &(usize, (&str, Self))| {
            last.as_ref().is_none_or(|last| last.get(key) == Some(index))
        };
        pairs.into_iter().enumerate().filter(holds).map(|(_, pair)| pair)
    }

    /// The bytes that it is written in. An alias is the bytes of the alias; what is left out has none.
    pub fn range(self) -> Range<usize> {
        self.tree.entries[self.index].range.clone()
    }

    /// The text, where the value is a text.
    pub fn as_str(self) -> Option<&'d str> {
        match self.followed().kind() {
            NodeKind::Scalar(text, Form::Plain) if resolve(text) == Scalar::Text => Some(text),
            NodeKind::Scalar(text, Form::Text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is null, or left out.
    pub fn is_null(self) -> bool {
        match self.followed().kind() {
            NodeKind::Scalar(text, Form::Plain) => resolve(text) == Scalar::Null,
            NodeKind::Scalar(text, Form::Json) => text == "null",
            _ => false,
        }
    }

    /// The element at this position of a list.
    fn item(self, position: usize) -> Option<Self> {
        let list = self.followed();
        let index =
            matches!(list.kind(), NodeKind::List).then(|| list.tree.element(list.index, position))??;
        Some(Self { index, ..list })
    }

    pub(super) fn kind(self) -> &'d NodeKind<'t> {
        &self.tree.entries[self.index].kind
    }

    pub(super) fn followed(self) -> Self {
        Self { index: self.tree.follow(self.index), ..self }
    }

    /// The key and the value that hold for `key`.
    pub(super) fn pair(self, key: &str) -> Option<(Self, Self)> {
        self.pairs().filter(|(found, _)| found.text() == key).last()
    }

    pub(super) fn pairs(self) -> Pairs<'d, 't> {
        let mut pairs = Pairs { tree: self.tree, mappings: SmallVec::new() };
        pairs.enter(self.index);
        pairs
    }

    /// What to point at where the whole value would be too much: its first key, or itself.
    pub(super) fn headline(self) -> Range<usize> {
        match self.kind() {
            NodeKind::Map | NodeKind::List => {
                let first = self.tree.children(self.index).next();
                first.map_or_else(|| self.range(), |index| Self { index, ..self }.headline())
            }
            _ => self.range(),
        }
    }

    /// The text of a scalar as it is written, without quotes.
    pub(super) fn text(self) -> &'d str {
        if let NodeKind::Scalar(text, _) = self.kind() { text } else { "" }
    }
}

/// The pairs of a mapping, with those of the mappings merged into it where they are merged.
pub(super) struct Pairs<'d, 't> {
    tree: &'d Tree<'t>,
    /// The rest of the mapping, and behind it the mappings that are being merged into it.
    mappings: SmallVec<[Range<usize>; 1]>,
}

impl Pairs<'_, '_> {
    fn enter(&mut self, index: usize) {
        let map = self.tree.follow(index);
        let entry = &self.tree.entries[map];
        if matches!(entry.kind, NodeKind::Map) {
            self.mappings.push(map + 1..entry.end);
        }
    }

    /// Of a list of merges the earlier elements win, so they must come last: the later ones go on top.
    fn merge(&mut self, value: usize) {
        match self.tree.entries[value].kind {
            NodeKind::List => self.tree.children(value).for_each(|element| self.enter(element)),
            _ => self.enter(value),
        }
    }
}

impl<'d, 't> Iterator for Pairs<'d, 't> {
    type Item = (Node<'d, 't>, Node<'d, 't>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.mappings.last_mut()?;
            if rest.start >= rest.end {
                self.mappings.pop();
                continue;
            }
            let (key, value) = (rest.start, rest.start + 1);
            rest.start = self.tree.entries[value].end;
            if matches!(self.tree.entries[key].kind, NodeKind::Scalar(_, Form::Merge)) {
                self.merge(value);
            } else {
                let node = |index| Node { tree: self.tree, index };
                return Some((node(key), node(value)));
            }
        }
    }
}
