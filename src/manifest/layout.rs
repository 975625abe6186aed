//! How the values of a document are laid out in its text: members, colons, columns and lines.

use std::ops::Range;

use super::tree::{Form, Kind, Tree};

/// A value that may be changed, and what it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub value: usize,
    pub holder: Holder,
    /// The column of its key or dash in a block; none inside brackets, where no lines can be added.
    pub column: Option<usize>,
}

#[derive(Clone, Copy)]
pub(super) enum Holder {
    Document,
    Key(usize),
    List,
}

/// A key with its value, or a list element: what is added and removed as a whole.
pub(super) struct Member {
    pub place: Place,
    pub range: Range<usize>,
}

/// A document and the text that it was parsed from.
pub(super) struct Layout<'d, 't> {
    pub text: &'d str,
    pub tree: &'d Tree<'t>,
}

impl Layout<'_, '_> {
    /// The members of a collection in the order of the text; none where one has no place of its own.
    pub fn members(&self, place: &Place) -> Option<Vec<Member>> {
        let is_flow = self.is_flow(place.value);
        let children: Vec<_> = self.tree.children(place.value).collect();
        match self.tree.entries[place.value].kind {
            Kind::Map => {
                let pair = |pair: &[usize]| self.pair(*pair.first()?, *pair.get(1)?, is_flow);
                children.chunks(2).map(pair).collect()
            }
            _ => children.iter().map(|&value| self.item(value, is_flow)).collect(),
        }
    }

    fn pair(&self, key: usize, value: usize, is_flow: bool) -> Option<Member> {
        let start = self.tree.entries[key].range.start;
        let column = if is_flow { None } else { Some(self.column(start)?) };
        let colon = self.behind_colon(key).unwrap_or(self.tree.entries[key].range.end);
        let end = self.end(value).max(colon);
        Some(Member { place: Place { value, holder: Holder::Key(key), column }, range: start..end })
    }

    fn item(&self, value: usize, is_flow: bool) -> Option<Member> {
        let start = self.tree.entries[value].lead;
        let column = if is_flow { None } else { Some(self.column(start)?) };
        let end = self.end(value).max(start + 1);
        Some(Member { place: Place { value, holder: Holder::List, column }, range: start..end })
    }

    /// The text of the key of a member; none for a merge key and a list element.
    pub fn key(&self, member: &Member) -> Option<&str> {
        let Holder::Key(key) = member.place.holder else { return None };
        match &self.tree.entries[key].kind {
            Kind::Scalar(text, Form::Text) => Some(text),
            _ => None,
        }
    }

    /// Between the members of a collection in brackets: a new line where the first one is on its own line.
    pub fn separator(&self, opening: usize, first: usize) -> String {
        let gap = self.text.get(opening..first).unwrap_or_default();
        match gap.rfind('\n').and_then(|newline| gap.get(newline + 1..)) {
            Some(indent) if indent.trim_ascii().is_empty() => format!(",\n{indent}"),
            _ => ", ".to_owned(),
        }
    }

    /// Where the colon of a key ends; none where the key has none behind it.
    pub fn behind_colon(&self, key: usize) -> Option<usize> {
        let rest = self.text.get(self.tree.entries[key].range.end..)?;
        let behind = rest.trim_ascii_start().strip_prefix(':')?;
        Some(self.text.len() - behind.len())
    }

    /// Where a value ends, without the line ends behind a block scalar.
    pub fn end(&self, value: usize) -> usize {
        let range = &self.tree.entries[value].range;
        let text = self.text.get(range.clone()).unwrap_or_default();
        range.start + text.trim_ascii_end().len()
    }

    /// Whether a collection is written in brackets.
    pub fn is_flow(&self, index: usize) -> bool {
        let start = self.tree.entries[index].range.start;
        matches!(self.text.as_bytes().get(start), Some(b'{' | b'['))
    }

    /// The column of a byte, in characters; none where a tab makes that unclear.
    pub fn column(&self, at: usize) -> Option<usize> {
        let line = self.line_before(at);
        (!line.contains('\t')).then(|| line.trim_start_matches('\u{feff}').chars().count())
    }

    /// What stands before a byte in its line.
    pub fn line_before(&self, at: usize) -> &str {
        let before = self.text.get(..at).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default()
    }

    /// Where the line of a byte ends.
    pub fn end_of_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.trim_end_matches('\r').len()
    }

    /// The whole lines of a member: with the line end before them, or with their own where `leads`.
    ///
    /// What is added behind a member begins with a line end, and must not touch what is removed before it.
    pub fn lines(&self, range: &Range<usize>, leads: bool) -> Range<usize> {
        let start = range.start - self.line_before(range.start).len();
        let end = self.end_of_line(range.end);
        let rest = self.text.get(end..).unwrap_or_default();
        let line_end = rest.split_inclusive('\n').next().map_or(0, str::len);
        match self.text.get(..start).and_then(|before| before.strip_suffix('\n')) {
            Some(before) if !leads => before.trim_end_matches('\r').len()..end,
            _ => start..end + line_end,
        }
    }
}
