//! The values of one document in the order of the text.
//!
//! Every value is one entry of a flat list, behind the collection that holds it; a key stands before its value.

use std::{borrow::Cow, cell::Cell, ops::Range};

/// One value or key, and where it is written.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub kind: NodeKind<'t>,
    pub range: Range<usize>,
    /// Where the `-` of a list or the `:` behind a key stands that leads to it; else where it begins.
    pub lead: usize,
    /// Index of the first entry that is no longer part of this value.
    pub end: usize,
}

#[derive(Debug)]
pub(super) enum NodeKind<'t> {
    Scalar(Cow<'t, str>, Form),
    List,
    Map,
    /// An alias, and the index of the value that it stands for, which is no alias.
    Alias(usize),
}

/// How the text of a scalar is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A plain scalar of YAML: its value is what `scalar::resolve` finds.
    Plain,
    /// The text is the value. All keys are of this form.
    Text,
    /// `null`, `true`, `false` or a number of JSON.
    Json,
    /// The key `<<`: its value is merged into the mapping.
    Merge,
}

/// A key that stands in one mapping twice.
#[derive(Debug)]
pub(super) struct Repeated {
    pub earlier: usize,
    pub later: usize,
}

#[derive(Debug, Default)]
pub(super) struct Tree<'t> {
    pub entries: Vec<Entry<'t>>,
    pub repeated: Vec<Repeated>,
    /// Whether any mapping is merged into another.
    pub has_merges: bool,
    /// The list, position and index of the last element that was looked up by its position.
    pub last_found: Cell<Option<(usize, usize, usize)>>,
}

impl Tree<'_> {
    /// Whether there are keys that others replace, by being written twice or by a merge.
    pub fn may_replace_keys(&self) -> bool {
        self.has_merges || !self.repeated.is_empty()
    }

    /// The indices of the entries directly inside the collection at `parent`; keys and values alternate.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let mut next = parent + 1;
        let end = self.entries[parent].end;
        std::iter::from_fn(move || {
            let child = next;
            next = self.entries.get(child).filter(|_| child < end)?.end;
            Some(child)
        })
    }

    /// The element at a position of the list at `list`. Looking up one after the other costs one walk for all.
    pub fn element(&self, list: usize, position: usize) -> Option<usize> {
        let (mut at, mut index) = match self.last_found.get() {
            Some((known, at, index)) if known == list && at <= position => (at, index),
            _ => (0, self.children(list).next()?),
        };
        while at < position {
            index = self.entries.get(index)?.end;
            at += 1;
            if index >= self.entries[list].end {
                return None;
            }
        }
        self.last_found.set(Some((list, at, index)));
        Some(index)
    }

    /// The value behind an alias; any other value is itself.
    pub fn follow(&self, index: usize) -> usize {
        if let NodeKind::Alias(target) = self.entries[index].kind { target } else { index }
    }
}
