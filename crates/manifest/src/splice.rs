//! Where a text must change so that a document holds other data.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    Document,
    error::EditError,
    layout::{Holder, Layout, Member, NodePosition},
    render::{self, Style},
    tree::NodeKind,
};
use crate::path::Path;

/// A range of bytes, and what comes to stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes of the old text.
    pub range: Range<usize>,
    /// The new text.
    pub text: String,
}

impl Splice {
    /// A text with splices in it, which must be in the order of the text.
    pub fn apply(text: &str, splices: &[Self]) -> String {
        let edited = String::from_utf8(Self::apply_to_bytes(text.as_bytes(), splices));
        edited.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// The same of a text of which some may not be UTF-8.
    pub fn apply_to_bytes(text: &[u8], splices: &[Self]) -> Vec<u8> {
        let (mut edited, mut at) = (Vec::with_capacity(text.len() + 64), 0);
        for splice in splices {
            edited.extend_from_slice(text.get(at..splice.range.start).unwrap_or_default());
            edited.extend_from_slice(splice.text.as_bytes());
            at = splice.range.end;
        }
        edited.extend_from_slice(text.get(at..).unwrap_or_default());
        edited
    }
}

/// What must change in the text wherever the data `before` and `after` differ.
pub(super) fn splices(
    text: &str,
    document: &Document<'_>,
    before: &Value,
    after: &Value,
) -> Result<Vec<Splice>, EditError> {
    let first = text.get(document.root().range().start..).unwrap_or_default();
    let style = if first.starts_with(['{', '[']) { Style::Json } else { Style::Yaml };
    let layout = Layout { text, tree: &document.tree, comments: &document.comments };
    let mut editor = Editor { layout, style, splices: Vec::new() };
    let root = NodePosition { value: 0, holder: Holder::Document, column: None };
    editor.update(&root, before, after, &Path::root())?;
    editor.finish()
}

struct Editor<'d, 't> {
    layout: Layout<'d, 't>,
    style: Style,
    splices: Vec<Splice>,
}

impl Editor<'_, '_> {
    fn update<'a>(
        &mut self,
        position: &NodePosition,
        before: &'a Value,
        after: &Value,
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        if same(before, after) {
            return Ok(());
        }
        match (&self.layout.tree.entries[position.value].kind, before, after) {
            (NodeKind::Alias(_), ..) => Err(EditError::Shared { path: path.to_string() }),
            (NodeKind::Map, Value::Object(from), Value::Object(to))
                if self.can_grow(position, from.is_empty())
                    && from.keys().all(|key| to.contains_key(key)) =>
            {
                self.grow_map(position, from, to, path)
            }
            (NodeKind::List, Value::Array(from), Value::Array(to))
                if self.can_grow(position, from.is_empty()) && from.len() <= to.len() =>
            {
                self.grow_list(position, from, to, path)
            }
            _ => self.replace(position, after, path),
        }
    }

    /// Whether members can be put beside what is there; an empty pair of brackets is replaced, unless that would take a
    /// comment.
    fn can_grow(&self, position: &NodePosition, is_empty: bool) -> bool {
        let range = &self.layout.tree.entries[position.value].range;
        !is_empty || self.layout.comment_in(range).is_some()
    }

    fn grow_map<'a>(
        &mut self,
        position: &NodePosition,
        before: &'a Map<String, Value>,
        after: &Map<String, Value>,
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        let members = self.layout.members(position).ok_or_else(|| no_layout(path))?;
        for (name, old) in before {
            let Some(new) = after.get(name).filter(|new| !same(old, new)) else { continue };
            let path = path.clone().key(name);
            let Some(member) = members.iter().rfind(|member| self.layout.key(member) == Some(name)) else {
                return Err(EditError::Shared { path: path.to_string() });
            };
            self.update(&member.position, old, new, &path)?;
        }
        let column = block_column(&members);
        let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
        let written = |(name, value): (&String, &Value)| match column {
            Some(column) => render::field(name, value, column),
            None => render::member(name, value, self.style),
        };
        let texts: Vec<_> = added.map(written).collect();
        self.add(position, &members, &texts);
        Ok(())
    }

    fn grow_list<'a>(
        &mut self,
        position: &NodePosition,
        before: &'a [Value],
        after: &[Value],
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        let members = self.layout.members(position).ok_or_else(|| no_layout(path))?;
        for (index, (old, new)) in before.iter().zip(after).enumerate() {
            if !same(old, new) {
                let Some(member) = members.get(index) else { return Err(no_layout(path)) };
                self.update(&member.position, old, new, &path.clone().index(index))?;
            }
        }
        let column = block_column(&members);
        let added = after.get(before.len()..).unwrap_or_default();
        let written = |value: &Value| match column {
            Some(column) => render::item(value, column),
            None => render::inline(value, self.style),
        };
        let texts: Vec<_> = added.iter().map(written).collect();
        self.add(position, &members, &texts);
        Ok(())
    }

    /// Adds members behind those that are there.
    fn add(&mut self, position: &NodePosition, members: &[Member], texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        let range = self.layout.tree.entries[position.value].range.clone();
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            // Brackets with nothing but comments inside.
            let end = range.end - 1;
            return self.splice(end..end, texts.join(", "));
        };
        let Some(column) = first.position.column else {
            return self.add_in_brackets(&range, first, last, texts);
        };
        let end = self.layout.behind_comments(last.range.end, column);
        let separator = format!("\n{:column$}", "");
        self.splice(end..end, texts.iter().flat_map(|text| [separator.as_str(), text]).collect());
    }

    fn add_in_brackets(&mut self, brackets: &Range<usize>, first: &Member, last: &Member, texts: &[String]) {
        let end = last.range.end;
        let separator = self.layout.separator(brackets.start, first.range.start);
        let Some(comment) = self.layout.comment_behind(end).filter(|comment| comment.start < brackets.end)
        else {
            let text = texts.iter().flat_map(|text| [",", &separator, text]).collect();
            return self.splice(end..end, text);
        };
        // The comment stays behind the member that is last now.
        if self.layout.text.get(end..comment.start).is_some_and(|gap| !gap.contains(',')) {
            self.splice(end..end, ",".to_owned());
        }
        let separator = if separator.contains('\n') { separator } else { "\n ".to_owned() };
        let text = format!("{separator}{}", texts.join(&format!(",{separator}")));
        self.splice(comment.end..comment.end, text);
    }

    /// Puts another value in the place of one.
    fn replace(&mut self, position: &NodePosition, after: &Value, path: &Path<'_>) -> Result<(), EditError> {
        let old = &self.layout.tree.entries[position.value];
        let start = old.range.start;
        let range = start..self.layout.end(position.value).max(start);
        if let Some(header) = self.layout.block_header(position.value) {
            // The text of a block goes; what is behind its `|` stays.
            let below = header..range.end;
            self.splice(below, String::new());
            return self.replace_range(position, start..self.layout.end_of_words(start, header), after, path);
        }
        if let Some(comment) = self.layout.comment_in(&range) {
            return Err(EditError::Comment { comment: comment.to_owned() });
        }
        self.replace_range(position, range, after, path)
    }

    fn replace_range(
        &mut self,
        position: &NodePosition,
        range: Range<usize>,
        after: &Value,
        path: &Path<'_>,
    ) -> Result<(), EditError> {
        let start = range.start;
        let is_collection =
            matches!(self.layout.tree.entries[position.value].kind, NodeKind::Map | NodeKind::List);
        let is_block_now = is_collection && !self.layout.is_flow(position.value);
        let becomes_block = render::is_block(after) && position.column.is_some();
        match position.holder {
            Holder::Document if range.is_empty() => return Err(no_layout(path)),
            _ if is_block_now && render::is_block(after) => {
                let column = self.layout.column(start).ok_or_else(|| no_layout(path))?;
                self.splice(range, render::block(after, column));
            }
            Holder::Key(_) if becomes_block || is_block_now || range.is_empty() => {
                let lead = self.layout.lead(position.value);
                self.replace_behind_colon(position, lead, range, after, path)?;
            }
            Holder::List if becomes_block || range.is_empty() => {
                let column = position.column.unwrap_or(0) + render::STEP;
                let is_glued = self.layout.text.get(..start).is_some_and(|before| before.ends_with('-'));
                let text = render::block(after, column);
                self.splice(range, format!("{}{text}", if is_glued { " " } else { "" }));
            }
            _ => self.splice(range, render::inline(after, self.style)),
        }
        Ok(())
    }

    /// A value that begins or ended on lines of its own: what stands behind the colon stays there, but for the old value.
    fn replace_behind_colon(
        &mut self,
        position: &NodePosition,
        colon: Option<usize>,
        range: Range<usize>,
        after: &Value,
        path: &Path<'_>,
    ) -> Result<(), EditError> {
        let Holder::Key(key) = position.holder else { return Err(no_layout(path)) };
        // `{a}` is a key without a colon; the long form `? a` would need one on another line.
        let Some(behind) = colon.map(|colon| colon + 1) else {
            let end = self.layout.tree.entries[key].range.end;
            if position.column.is_some() {
                return Err(no_layout(path));
            }
            self.splice(end..end, format!(": {}", render::inline(after, self.style)));
            return Ok(());
        };
        let gap = self.layout.text.get(behind..range.start).unwrap_or_default();
        let has_comments = self.layout.comment_in(&(behind..range.start)).is_some();
        let is_plain_gap = gap.trim_ascii().is_empty();
        let old = if is_plain_gap { behind..range.end } else { range };
        if render::is_block(after) && position.column.is_some() {
            let column = position.column.unwrap_or(0) + render::STEP;
            let line_end = self.layout.end_of_line(old.end);
            let lines = format!("\n{:column$}{}", "", render::block(after, column));
            if line_end == old.end {
                self.splice(old, lines);
            } else {
                self.splice(old, String::new());
                self.splice(line_end..line_end, lines);
            }
        } else if is_plain_gap {
            self.splice(old, format!(" {}", render::inline(after, self.style)));
        } else if has_comments {
            // What the comment stands behind is the colon; the lines below it go.
            let line_start = self.layout.line_break_before(old.start);
            self.splice(behind..behind, format!(" {}", render::inline(after, self.style)));
            self.splice(line_start..old.end, String::new());
        } else {
            self.splice(old, render::inline(after, self.style));
        }
        Ok(())
    }

    fn splice(&mut self, range: Range<usize>, text: String) {
        self.splices.push(Splice { range, text });
    }

    /// The splices in the order of the text; none may touch another's bytes.
    fn finish(mut self) -> Result<Vec<Splice>, EditError> {
        self.splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        if self.splices.windows(2).any(|pair| pair[0].range.end > pair[1].range.start) {
            return Err(EditError::Unfaithful);
        }
        if memchr::memmem::find(self.layout.text.as_bytes(), b"\r\n").is_some() {
            for splice in &mut self.splices {
                splice.text = splice.text.replace('\n', "\r\n");
            }
        }
        Ok(self.splices)
    }
}

/// The column at which the members of a block begin.
fn block_column(members: &[Member]) -> Option<usize> {
    members.first().and_then(|first| first.position.column)
}

fn no_layout(path: &Path<'_>) -> EditError {
    let is_root = path.steps().is_empty();
    EditError::Layout { path: if is_root { "the document".to_owned() } else { path.to_string() } }
}

/// Whether two values are equal; `1` and `1.0` are one number, as they are to Kubernetes.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
