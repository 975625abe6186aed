//! How the values of a document are laid out in its text: members, comments, columns and lines.

use std::ops::Range;

use super::{
    Comment,
    tree::{Form, NodeKind, Tree},
};

/// A value that may be changed, and what it belongs to.
#[derive(Clone, Copy)]
pub(super) struct NodePosition {
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

/// A key with its value, or a list element: what is added as a whole.
pub(super) struct Member {
    pub position: NodePosition,
    pub range: Range<usize>,
}

/// A document and the text that it was parsed from.
pub(super) struct Layout<'d, 't> {
    pub text: &'d str,
    pub tree: &'d Tree<'t>,
    pub comments: &'d [Comment<'t>],
}

impl Layout<'_, '_> {
    /// The members of a collection in the order of the text; none where one has no place of its own.
    pub fn members(&self, position: &NodePosition) -> Option<Vec<Member>> {
        let is_flow = self.is_flow(position.value);
        let children: Vec<_> = self.tree.children(position.value).collect();
        match self.tree.entries[position.value].kind {
            NodeKind::Map => {
                let pair = |pair: &[usize]| {
                    let (key, value) = (*pair.first()?, *pair.get(1)?);
                    self.member(key, value, Holder::Key(key), is_flow)
                };
                children.chunks(2).map(pair).collect()
            }
            _ => children.iter().map(|&value| self.member(value, value, Holder::List, is_flow)).collect(),
        }
    }

    fn member(&self, first: usize, value: usize, holder: Holder, is_flow: bool) -> Option<Member> {
        let start = self.tree.entries[first].lead;
        let column = if is_flow { None } else { Some(self.column(start)?) };
        let indicator = self.lead(value).map_or(0, |lead| lead + 1);
        let end = self.end(value).max(self.tree.entries[first].range.start).max(indicator);
        Some(Member { position: NodePosition { value, holder, column }, range: start..end })
    }

    /// Where the `-` or `:` stands that leads to a value, if one does.
    pub fn lead(&self, value: usize) -> Option<usize> {
        let entry = &self.tree.entries[value];
        let is_indicator = matches!(self.text.as_bytes().get(entry.lead), Some(b'-' | b':'));
        (is_indicator && entry.lead < entry.range.start).then_some(entry.lead)
    }

    /// The text of the key of a member; none for a merge key and a list element.
    pub fn key(&self, member: &Member) -> Option<&str> {
        let Holder::Key(key) = member.position.holder else { return None };
        match &self.tree.entries[key].kind {
            NodeKind::Scalar(text, Form::Text) => Some(text),
            _ => None,
        }
    }

    /// Behind the commas of a collection in brackets: a new line where the first member is on its own line.
    pub fn separator(&self, opening: usize, first: usize) -> String {
        let gap = self.text.get(opening..first).unwrap_or_default();
        match gap.rfind('\n').and_then(|newline| gap.get(newline + 1..)) {
            Some(indent) if indent.trim_ascii().is_empty() => format!("\n{indent}"),
            _ => " ".to_owned(),
        }
    }

    /// Where a value ends, without the line ends behind a block scalar that do not count.
    pub fn end(&self, value: usize) -> usize {
        let range = &self.tree.entries[value].range;
        let text = self.text.get(range.clone()).unwrap_or_default();
        let header = text.lines().next().unwrap_or_default();
        if header.starts_with(['|', '>']) && header.contains('+') && text.ends_with('\n') {
            return range.start + text.trim_end_matches('\r').len() - 1;
        }
        range.start + text.trim_ascii_end().len()
    }

    /// Where the first line of a block scalar ends; none of other values.
    pub fn block_header(&self, value: usize) -> Option<usize> {
        let range = &self.tree.entries[value].range;
        let is_block = matches!(self.text.as_bytes().get(range.start), Some(b'|' | b'>'));
        let is_scalar = matches!(self.tree.entries[value].kind, NodeKind::Scalar(_, Form::Text));
        (is_block && is_scalar).then(|| self.end_of_line(range.start).min(range.end))
    }

    /// The end of what stands before a comment in some bytes of a line.
    pub fn end_of_words(&self, start: usize, end: usize) -> usize {
        let end = self.comment_behind(start).map_or(end, |comment| comment.start.min(end));
        start + self.text.get(start..end).unwrap_or_default().trim_ascii_end().len()
    }

    /// Whether a collection is written in brackets.
    pub fn is_flow(&self, index: usize) -> bool {
        let start = self.tree.entries[index].range.start;
        matches!(self.text.as_bytes().get(start), Some(b'{' | b'['))
    }

    /// What the first comment in some bytes says.
    pub fn comment_in(&self, range: &Range<usize>) -> Option<&str> {
        let first = self.comments_from(range.start).first()?;
        (first.range.start < range.end).then(|| first.text.trim())
    }

    /// The comment on the line of a byte, behind it.
    pub fn comment_behind(&self, at: usize) -> Option<Range<usize>> {
        let comment = self.comments_from(at).first()?;
        let gap = self.text.get(at..comment.range.start)?;
        (!gap.contains('\n')).then(|| comment.range.clone())
    }

    fn comments_from(&self, at: usize) -> &[Comment<'_>] {
        let first = self.comments.partition_point(|comment| comment.range.start < at);
        self.comments.get(first..).unwrap_or_default()
    }

    /// The end of the line of a byte, or of the last comment below it that is further in than a column: those belong to
    /// what is above them.
    pub fn behind_comments(&self, at: usize, column: usize) -> usize {
        let mut end = self.end_of_line(at);
        for comment in self.comments_from(end) {
            let gap = self.text.get(end..comment.range.start).unwrap_or_default();
            let is_inside = self.column(comment.range.start).is_none_or(|inner| inner > column);
            if !gap.trim_ascii().is_empty() || !is_inside {
                break;
            }
            end = self.end_of_line(comment.range.end);
        }
        end
    }

    /// The column of a byte, in characters; none where a tab makes that unclear.
    pub fn column(&self, at: usize) -> Option<usize> {
        let line = self.text.get(self.line_start(at)..at).unwrap_or_default();
        (!line.contains('\t')).then(|| line.trim_start_matches('\u{feff}').chars().count())
    }

    fn line_start(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)
    }

    /// Where the line break stands before the line of a byte.
    pub fn line_break_before(&self, at: usize) -> usize {
        let before = self.text.get(..self.line_start(at)).unwrap_or_default();
        before.strip_suffix('\n').map_or(before, |line| line.trim_end_matches('\r')).len()
    }

    /// Where the line of a byte ends.
    pub fn end_of_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = memchr::memchr(b'\n', rest.as_bytes()).and_then(|end| rest.get(..end)).unwrap_or(rest);
        at + line.trim_end_matches('\r').len()
    }
}
