//! What each comment of a document is about, so that an edit can be held to it.

use std::iter::Peekable;

use super::{
    Comment, Document,
    tree::{NodeKind, Tree},
};

/// A comment, and the values that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Commented<'t> {
    pub text: &'t str,
    /// Where it stands alone, the value below it that is not further out; else the one that it stands behind.
    value: Option<String>,
    /// The value further out that it stands inside of, where it stands alone.
    around: Option<String>,
}

/// The comments of a document, in the order of the text.
pub(super) fn commented<'t>(text: &'t str, document: &Document<'t>) -> Vec<Commented<'t>> {
    if document.comments.is_empty() {
        return Vec::new();
    }
    let mut walk = Walk {
        text,
        tree: &document.tree,
        comments: document.comments.iter().peekable(),
        found: Vec::new(),
        around: Vec::new(),
        brackets: Vec::new(),
        last: None,
        at: 0,
        line_start: 0,
    };
    walk.value(0, "");
    walk.comments_before(text.len() + 1, None);
    walk.found
}

struct Walk<'d, 't, I: Iterator<Item = &'d Comment<'t>>> {
    text: &'t str,
    tree: &'d Tree<'t>,
    comments: Peekable<I>,
    found: Vec<Commented<'t>>,
    /// The values that begin further and further in, with their columns.
    around: Vec<(usize, String)>,
    /// The values in brackets around the last value, and those that it ended, with their ends.
    brackets: Vec<(usize, String)>,
    last: Option<String>,
    /// What was looked at is passed only once.
    at: usize,
    line_start: usize,
}

impl<'d, 't: 'd, I: Iterator<Item = &'d Comment<'t>>> Walk<'d, 't, I> {
    fn value(&mut self, index: usize, path: &str) {
        let tree = self.tree;
        match tree.entries[index].kind {
            NodeKind::Map => {
                for (number, entry) in tree.children(index).enumerate() {
                    if number % 2 == 0 {
                        let NodeKind::Scalar(key, _) = &tree.entries[entry].kind else { continue };
                        self.member(entry, entry + 1, &format!("{path}.{key:?}"));
                    }
                }
            }
            NodeKind::List => {
                for (number, entry) in tree.children(index).enumerate() {
                    self.member(entry, entry, &format!("{path}[{number}]"));
                }
            }
            NodeKind::Scalar(..) | NodeKind::Alias(_) => {}
        }
    }

    fn member(&mut self, first: usize, value: usize, path: &str) {
        let start = self.tree.entries[first].lead;
        self.comments_before(start, Some(path));
        let column = self.column(start);
        while self.around.last().is_some_and(|(outer, _)| *outer >= column) {
            self.around.pop();
        }
        self.around.push((column, path.to_owned()));
        self.last = Some(path.to_owned());
        self.brackets.retain(|(end, _)| *end > start);
        let range = &self.tree.entries[value].range;
        if matches!(self.text.as_bytes().get(range.start), Some(b'{' | b'[')) {
            self.brackets.push((range.end, path.to_owned()));
        }
        self.value(value, path);
    }

    fn comments_before(&mut self, end: usize, next: Option<&str>) {
        while let Some(comment) = self.comments.next_if(|comment| comment.range.start < end) {
            let column = self.column(comment.range.start);
            let (value, around) = if comment.stands_alone {
                let is_about_next = next.is_some() && column <= self.column_ahead(end);
                let around = self.around.iter().rfind(|(outer, _)| *outer < column);
                (next.filter(|_| is_about_next).map(str::to_owned), around.map(|(_, path)| path.clone()))
            } else {
                // Behind a closing bracket it is about the whole.
                let closed = self.brackets.iter().find(|(end, _)| *end <= comment.range.start);
                (closed.map_or_else(|| self.last.clone(), |(_, path)| Some(path.clone())), None)
            };
            self.found.push(Commented { text: comment.text, value, around });
        }
    }

    /// The column of a byte behind all that were asked for before, in bytes.
    fn column(&mut self, at: usize) -> usize {
        let passed = self.text.as_bytes().get(self.at..at).unwrap_or_default();
        if let Some(line_break) = memchr::memrchr(b'\n', passed) {
            self.line_start = self.at + line_break + 1;
        }
        self.at = at.max(self.at);
        at - self.line_start.min(at)
    }

    /// The column of a byte further on, without going there.
    fn column_ahead(&self, at: usize) -> usize {
        let between = self.text.as_bytes().get(self.at..at).unwrap_or_default();
        let line_break = memchr::memrchr(b'\n', between).map_or(self.line_start, |it| self.at + it + 1);
        at - line_break
    }
}
