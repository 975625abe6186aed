//! Where a text must change so that a document holds other data: replaced, added and removed ranges of bytes.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    Document,
    error::EditError,
    layout::{Holder, Layout, Member, Place},
    render::{self, Style},
    tree::Kind,
};
use crate::path::Path;

/// The text with everything changed that differs between the data `before` and `after`.
pub(super) fn rewrite(
    text: &str,
    document: &Document<'_>,
    before: &Value,
    after: &Value,
) -> Result<String, EditError> {
    let first = text.get(document.root().range().start..).unwrap_or_default();
    let style = if first.starts_with(['{', '[']) { Style::Json } else { Style::Yaml };
    let layout = Layout { text, tree: &document.tree };
    let mut editor = Editor { layout, style, splices: Vec::new() };
    let root = Place { value: 0, holder: Holder::Document, column: None };
    editor.update(&root, before, after, &Path::root())?;
    editor.apply().ok_or(EditError::Unfaithful)
}

struct Editor<'d, 't> {
    layout: Layout<'d, 't>,
    style: Style,
    splices: Vec<(Range<usize>, String)>,
}

impl Editor<'_, '_> {
    fn update<'a>(
        &mut self,
        place: &Place,
        before: &'a Value,
        after: &Value,
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        if same(before, after) {
            return Ok(());
        }
        match (&self.layout.tree.entries[place.value].kind, before, after) {
            (Kind::Alias(_), ..) => Err(EditError::Shared { path: path.to_string() }),
            (Kind::Map, Value::Object(before), Value::Object(to)) if render::is_block(after) => {
                self.update_map(place, before, to, path)
            }
            (Kind::List, Value::Array(before), Value::Array(to)) if render::is_block(after) => {
                self.update_list(place, before, to, path)
            }
            _ => self.replace(place, after, path),
        }
    }

    fn update_map<'a>(
        &mut self,
        place: &Place,
        before: &'a Map<String, Value>,
        after: &Map<String, Value>,
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        let members = self.layout.members(place).ok_or_else(|| no_layout(path))?;
        for (name, old) in before {
            let new = after.get(name);
            if new.is_some_and(|new| same(old, new)) {
                continue;
            }
            let Some(member) = members.iter().rfind(|member| self.layout.key(member) == Some(name)) else {
                return Err(EditError::Shared { path: path.clone().key(name).to_string() });
            };
            if let Some(new) = new {
                self.update(&member.place, old, new, &path.clone().key(name))?;
            }
        }
        let is_kept = |member: &Member| self.layout.key(member).is_none_or(|name| after.contains_key(name));
        let kept: Vec<bool> = members.iter().map(is_kept).collect();
        let Some(last) = kept.iter().rposition(|kept| *kept) else {
            return self.replace(place, &Value::Object(after.clone()), path);
        };
        self.remove(place, &members, &kept);
        let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
        let written = |name: &str, value: &Value, column| match column {
            Some(column) => render::field(name, value, column),
            None => render::member(name, value, self.style),
        };
        let column = block_column(&members);
        let texts: Vec<_> = added.map(|(name, value)| written(name, value, column)).collect();
        self.add(place, &members, last, column, &texts);
        Ok(())
    }

    fn update_list<'a>(
        &mut self,
        place: &Place,
        before: &'a [Value],
        after: &[Value],
        path: &Path<'a>,
    ) -> Result<(), EditError> {
        let members = self.layout.members(place).ok_or_else(|| no_layout(path))?;
        let pairs = || before.iter().zip(after);
        let head = pairs().take_while(|(a, b)| same(a, b)).count();
        let shorter = before.len().min(after.len());
        let backwards = before.iter().rev().zip(after.iter().rev());
        let tail = backwards.take(shorter - head).take_while(|(a, b)| same(a, b)).count();
        for (index, (old, new)) in pairs().enumerate().take(shorter - tail).skip(head) {
            let Some(member) = members.get(index) else { return Err(no_layout(path)) };
            self.update(&member.place, old, new, &path.clone().index(index))?;
        }
        let added = after.get(shorter - tail..after.len() - tail).unwrap_or_default();
        let Some(last) = (shorter - tail).checked_sub(1).or(added.is_empty().then_some(0)) else {
            // There is no element to add something behind.
            return self.replace(place, &Value::Array(after.to_vec()), path);
        };
        let removed = shorter - tail..before.len() - tail;
        let kept: Vec<bool> = (0..members.len()).map(|index| !removed.contains(&index)).collect();
        self.remove(place, &members, &kept);
        let column = block_column(&members);
        let texts: Vec<_> = added.iter().map(|value| self.written_item(value, column)).collect();
        self.add(place, &members, last, column, &texts);
        Ok(())
    }

    fn written_item(&self, value: &Value, column: Option<usize>) -> String {
        column.map_or_else(|| render::inline(value, self.style), |column| render::item(value, column))
    }

    /// Removes the members that are not kept; at least one is kept.
    fn remove(&mut self, place: &Place, members: &[Member], kept: &[bool]) {
        let Some(first) = members.first() else { return };
        // The first member stands behind a bracket or the dash of a list, which must stay.
        let is_flow = self.layout.is_flow(place.value);
        let is_inset = is_flow || !self.layout.line_before(first.range.start).trim_ascii().is_empty();
        let first_kept = kept.iter().position(|kept| *kept).unwrap_or_default();
        for (index, member) in members.iter().enumerate() {
            let range = match (members.get(index.wrapping_sub(1)), members.get(index + 1)) {
                _ if kept.get(index) != Some(&false) => continue,
                (_, Some(next)) if is_inset && index < first_kept => member.range.start..next.range.start,
                (Some(previous), _) if is_flow => previous.range.end..member.range.end,
                _ => self.layout.lines(&member.range, index < first_kept),
            };
            self.splices.push((range, String::new()));
        }
    }

    /// Adds members, if there are any, behind the member `last`.
    fn add(
        &mut self,
        place: &Place,
        members: &[Member],
        last: usize,
        column: Option<usize>,
        texts: &[String],
    ) {
        if texts.is_empty() {
            return;
        }
        let (Some(first), Some(last)) = (members.first(), members.get(last)) else { return };
        let Some(column) = column else {
            let opening = self.layout.tree.entries[place.value].range.start;
            let separator = self.layout.separator(opening, first.range.start);
            let text = texts.iter().flat_map(|text| [separator.as_str(), text]).collect();
            return self.splices.push((last.range.end..last.range.end, text));
        };
        let end = self.layout.end_of_line(last.range.end);
        let separator = format!("\n{:column$}", "");
        let text = texts.iter().flat_map(|text| [separator.as_str(), text]).collect();
        self.splices.push((end..end, text));
    }

    fn replace(&mut self, place: &Place, after: &Value, path: &Path<'_>) -> Result<(), EditError> {
        let old = &self.layout.tree.entries[place.value];
        let is_block_now = matches!(old.kind, Kind::Map | Kind::List) && !self.layout.is_flow(place.value);
        let start = old.range.start;
        let range = start..self.layout.end(place.value).max(start);
        let lines = render::is_block(after);
        let splice = match (place.holder, place.column) {
            (Holder::Document, _) if old.range.is_empty() => return Err(no_layout(path)),
            _ if is_block_now && lines => {
                let column = self.layout.column(start).ok_or_else(|| no_layout(path))?;
                (range, render::block(after, column))
            }
            (Holder::Key(key), Some(column)) if lines => {
                let column = column + render::STEP;
                let text = format!("\n{:column$}{}", "", render::block(after, column));
                (self.behind_key(key, range, path)?, text)
            }
            (Holder::Key(key), _) if is_block_now || range.is_empty() => {
                // `{a}` is a key without a colon, which the value needs.
                let colon = self.layout.behind_colon(key).map_or(":", |_| "");
                let text = format!("{colon} {}", render::inline(after, self.style));
                (self.behind_key(key, range, path)?, text)
            }
            (Holder::List, Some(column)) => {
                let is_behind_dash = self.layout.line_before(start).ends_with('-');
                let text = render::block(after, column + render::STEP);
                (range, format!("{}{text}", if is_behind_dash { " " } else { "" }))
            }
            _ => (range, render::inline(after, self.style)),
        };
        self.splices.push(splice);
        Ok(())
    }

    /// The bytes from the colon of a key to the end of its value, or just of the value where a comment, an
    /// anchor or a tag stands between them.
    fn behind_key(
        &self,
        key: usize,
        value: Range<usize>,
        path: &Path<'_>,
    ) -> Result<Range<usize>, EditError> {
        let Some(colon) = self.layout.behind_colon(key) else {
            // The long form `? a` has its colon elsewhere, or nowhere.
            let end = self.layout.tree.entries[key].range.end;
            let rest = self.layout.text.get(end..).unwrap_or_default().trim_ascii_start();
            return if rest.starts_with([',', '}']) { Ok(end..end) } else { Err(no_layout(path)) };
        };
        let value = value.start.max(colon)..value.end.max(colon);
        let gap = self.layout.text.get(colon..value.start).unwrap_or_default();
        Ok(if gap.trim_ascii().is_empty() { colon..value.end } else { value })
    }

    /// The text with all splices; none where two of them overlap.
    fn apply(mut self) -> Option<String> {
        self.splices.sort_by_key(|(range, _)| (range.start, range.end));
        let newline = if self.layout.text.contains("\r\n") { "\r\n" } else { "\n" };
        let (mut edited, mut at) = (String::with_capacity(self.layout.text.len() + 64), 0);
        for (range, new) in &self.splices {
            edited.push_str(self.layout.text.get(at..range.start)?);
            edited.push_str(&new.replace('\n', newline));
            at = range.end;
        }
        edited.push_str(self.layout.text.get(at..)?);
        Some(edited)
    }
}

/// The column at which the members of a block begin.
fn block_column(members: &[Member]) -> Option<usize> {
    members.first().and_then(|first| first.place.column)
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
