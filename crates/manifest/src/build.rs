//! Builds the tree of a document from the beginnings and ends of its values, within bounds.
//!
//! Both readers, of YAML and of JSON, build here, so that the checks and the bounds hold for both.

use std::{borrow::Cow, cell::Cell, collections::HashMap, ops::Range};

use smallvec::SmallVec;

use super::{
    SyntaxError, scalar,
    tree::{Entry, Form, NodeKind, Repeated, Tree},
};

/// How deep values may nest; also the limit of `serde_json`, which reads the same objects.
pub(super) const MAX_DEPTH: usize = 128;
pub(super) const TOO_DEEP: &str = "values nest more than 128 levels deep here";

/// How many entries all aliases of a document may stand for together; go-yaml stops near there as well.
const MAX_ALIASED: usize = 400_000;
/// This many bytes of an aliased text count as another entry, for they may be copied as well.
const BYTES_OF_AN_ENTRY: usize = 32;

const COLLECTION_AS_KEY: &str =
    "a mapping or a list cannot be a key; if this is a template, it must be rendered first";

/// A tree of which the end has not come yet.
#[derive(Default)]
pub(super) struct Builder<'t> {
    tree: Tree<'t>,
    open: Vec<Open>,
    anchors: Vec<Anchor>,
    /// The latest anchor of each name.
    names: HashMap<&'t str, usize>,
    /// Where the `-` or `:` stands that leads to the value which comes next.
    pub lead: Option<usize>,
    /// The entries that reading everything would visit until here.
    weight: usize,
    /// Those of them that are visited through aliases.
    aliased: usize,
}

/// A collection whose end has not come yet.
struct Open {
    index: usize,
    is_map: bool,
    /// The next entry of this mapping is a key.
    key_comes: bool,
    /// Levels below it so far.
    height: usize,
    weight_before: usize,
    /// Position in `anchors`, if it is one.
    anchor: Option<usize>,
}

struct Anchor {
    index: usize,
    height: usize,
    weight: usize,
    is_open: bool,
}

impl<'t> Builder<'t> {
    /// Reserves room for a document of about as many values as the last one.
    pub fn with_capacity(entries: usize) -> Self {
        let tree = Tree {
            entries: Vec::with_capacity(entries),
            repeated: Vec::new(),
            has_merges: false,
            last_found: Cell::default(),
        };
        Self { tree, ..Self::default() }
    }

    /// Begins a mapping.
    pub fn open_map(&mut self, range: Range<usize>, anchor: Option<&'t str>) -> Result<(), SyntaxError> {
        self.open(NodeKind::Map, range, anchor)
    }

    /// Begins a list.
    pub fn open_list(&mut self, range: Range<usize>, anchor: Option<&'t str>) -> Result<(), SyntaxError> {
        self.open(NodeKind::List, range, anchor)
    }

    fn open(
        &mut self,
        kind: NodeKind<'t>,
        range: Range<usize>,
        anchor: Option<&'t str>,
    ) -> Result<(), SyntaxError> {
        if self.next_is_key() {
            return Err(SyntaxError::new(COLLECTION_AS_KEY, range));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(SyntaxError::new(TOO_DEEP, range));
        }
        let weight_before = self.weight;
        let is_map = matches!(kind, NodeKind::Map);
        let index = self.push(kind, range);
        let anchor = self.define(anchor, index);
        self.open.push(Open { index, is_map, key_comes: is_map, height: 0, weight_before, anchor });
        Ok(())
    }

    /// Ends the innermost collection; `end` is where it is closed, none for one that just stops.
    pub fn close(&mut self, end: Option<usize>) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let stop = end.or_else(|| self.tree.entries.last().map(|last| last.range.end));
        let next = self.tree.entries.len();
        let entry = &mut self.tree.entries[open.index];
        entry.end = next;
        entry.range.end = stop.unwrap_or(0).max(entry.range.end);
        if let Some(anchor) = open.anchor.and_then(|position| self.anchors.get_mut(position)) {
            anchor.height = open.height + 1;
            anchor.weight = self.weight - open.weight_before;
            anchor.is_open = false;
        }
        self.rise(open.height + 1);
        if open.is_map { self.check_map(open.index) } else { Ok(()) }
    }

    /// Adds a scalar, as a key where a key is due.
    pub fn scalar(
        &mut self,
        text: Cow<'t, str>,
        form: Form,
        range: Range<usize>,
        anchor: Option<&'t str>,
    ) -> Result<(), SyntaxError> {
        let (text, form) = match form {
            Form::Plain if self.next_is_key() && text == "<<" => (text, Form::Merge),
            Form::Plain if self.next_is_key() => {
                (scalar::key(text).map_err(|message| SyntaxError::new(message, range.clone()))?, Form::Text)
            }
            Form::Plain if scalar::is_beyond_json(&text) => {
                return Err(SyntaxError::new(format!("Kubernetes cannot store the number `{text}`"), range));
            }
            _ => (text, form),
        };
        let index = self.push(NodeKind::Scalar(text, form), range);
        self.define(anchor, index);
        self.turn();
        Ok(())
    }

    /// Adds an alias of the latest anchor of this name.
    pub fn alias(&mut self, name: &str, range: Range<usize>) -> Result<(), SyntaxError> {
        let known = self.names.get(name).and_then(|position| self.anchors.get(*position));
        let Some(anchor) = known else {
            let problem = "this alias refers to an anchor that is not defined above it";
            return Err(SyntaxError::new(problem, range));
        };
        if anchor.is_open {
            return Err(SyntaxError::new("this alias stands inside the value that it refers to", range));
        }
        if self.open.len() + anchor.height > MAX_DEPTH {
            return Err(SyntaxError::new(TOO_DEEP, range));
        }
        let (target, weight, height) = (anchor.index, anchor.weight, anchor.height);
        self.weight += weight;
        self.aliased += weight;
        if self.aliased > MAX_ALIASED {
            return Err(SyntaxError::new("the aliases of this document repeat too much of it", range));
        }
        if self.next_is_key() {
            return self.alias_as_key(target, range);
        }
        self.push(NodeKind::Alias(target), range);
        self.rise(height);
        Ok(())
    }

    /// The finished tree; none where nothing was added.
    pub fn finish(self) -> Option<Tree<'t>> {
        (!self.tree.entries.is_empty()).then_some(self.tree)
    }

    /// Whether every collection is closed again.
    pub fn is_complete(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the innermost collection is a mapping; none outside of all.
    pub fn in_map(&self) -> Option<bool> {
        self.open.last().map(|open| open.is_map)
    }

    /// Where the last value or key ends.
    pub fn last_end(&self) -> usize {
        self.tree.entries.last().map_or(0, |entry| entry.range.end)
    }

    pub fn len(&self) -> usize {
        self.tree.entries.len()
    }

    fn next_is_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.key_comes)
    }

    fn push(&mut self, kind: NodeKind<'t>, range: Range<usize>) -> usize {
        let index = self.tree.entries.len();
        let bytes = if let NodeKind::Scalar(text, _) = &kind { text.len() } else { 0 };
        self.weight += 1 + bytes / BYTES_OF_AN_ENTRY;
        let lead = self.lead.take().unwrap_or(range.start);
        self.tree.entries.push(Entry { kind, range, lead, end: index + 1 });
        index
    }

    fn define(&mut self, name: Option<&'t str>, index: usize) -> Option<usize> {
        let name = name?;
        // A collection is open, and learns its height and weight when it is closed.
        let (bytes, is_open) = match &self.tree.entries[index].kind {
            NodeKind::Scalar(text, _) => (text.len(), false),
            _ => (0, true),
        };
        self.names.insert(name, self.anchors.len());
        self.anchors.push(Anchor { index, height: 0, weight: 1 + bytes / BYTES_OF_AN_ENTRY, is_open });
        Some(self.anchors.len() - 1)
    }

    /// A value of this height is complete: the collection around it is at least one level higher.
    fn rise(&mut self, height: usize) {
        if let Some(open) = self.open.last_mut() {
            open.height = open.height.max(height);
        }
        self.turn();
    }

    /// In a mapping, a value comes after a key and a key after a value.
    fn turn(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.key_comes = open.is_map && !open.key_comes;
        }
    }

    fn alias_as_key(&mut self, target: usize, range: Range<usize>) -> Result<(), SyntaxError> {
        let NodeKind::Scalar(text, form) = &self.tree.entries[target].kind else {
            return Err(SyntaxError::new(COLLECTION_AS_KEY, range));
        };
        // An alias is never the key `<<`: what it stands for is taken as a text.
        let (text, form) = (text.clone(), if *form == Form::Merge { Form::Text } else { *form });
        let text = if form == Form::Plain { scalar::key(text) } else { Ok(text) };
        let text = text.map_err(|message| SyntaxError::new(message, range.clone()))?;
        self.scalar(text, Form::Text, range, None)
    }

    fn check_map(&mut self, map: usize) -> Result<(), SyntaxError> {
        let mut keys: SmallVec<[usize; 32]> = SmallVec::new();
        let mut merges = false;
        for key in self.tree.children(map).step_by(2) {
            match self.tree.entries[key].kind {
                NodeKind::Scalar(_, Form::Merge) => {
                    self.check_merge(key + 1)?;
                    merges = true;
                }
                _ => keys.push(key),
            }
        }
        self.tree.has_merges |= merges;
        self.find_repeated(&mut keys);
        Ok(())
    }

    /// What is merged must be a mapping, or a list of mappings.
    fn check_merge(&self, value: usize) -> Result<(), SyntaxError> {
        let is_map = |index: usize| matches!(self.tree.entries[self.tree.follow(index)].kind, NodeKind::Map);
        let sound = match self.tree.entries[value].kind {
            NodeKind::List => self.tree.children(value).all(is_map),
            _ => is_map(value),
        };
        let range = &self.tree.entries[value].range;
        let refuse =
            || SyntaxError::new("only a mapping, or a list of them, can be merged with `<<`", range.clone());
        if sound { Ok(()) } else { Err(refuse()) }
    }

    /// Equal keys become neighbors by sorting; for the few keys of a usual mapping, comparing all is faster.
    fn find_repeated(&mut self, keys: &mut [usize]) {
        let Tree { entries, repeated, .. } = &mut self.tree;
        let text = |key: usize| match &entries[key].kind {
            NodeKind::Scalar(text, _) => text.as_ref(),
            _ => "",
        };
        if keys.len() <= 16 {
            for (position, &later) in keys.iter().enumerate() {
                let before = keys.iter().take(position).rev();
                let earlier = before.copied().find(|&earlier| text(earlier) == text(later));
                repeated.extend(earlier.map(|earlier| Repeated { earlier, later }));
            }
            return;
        }
        keys.sort_unstable_by_key(|&key| (text(key), key));
        let pairs = keys.windows(2).filter(|pair| text(pair[0]) == text(pair[1]));
        repeated.extend(pairs.map(|pair| Repeated { earlier: pair[0], later: pair[1] }));
    }
}
