//! The values of one document in the order of the text.
//!
//! Every value is one entry of a flat list, behind the collection that holds it; a key stands before its value.

use std::{borrow::Cow, ops::Range};

/// One value or key, and where it is written.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub kind: Kind<'t>,
    pub range: Range<usize>,
    /// Index of the first entry that is no longer part of this value.
    pub end: usize,
}

#[derive(Debug)]
pub(super) enum Kind<'t> {
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
}

impl Tree<'_> {
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

    /// The value behind an alias; any other value is itself.
    pub fn follow(&self, index: usize) -> usize {
        if let Kind::Alias(target) = self.entries[index].kind { target } else { index }
    }
}
