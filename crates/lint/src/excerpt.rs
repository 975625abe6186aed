//! The lines of a text that are shown around what is marked in it.

use std::{ops::Range, sync::Arc};

use super::lines::Lines;
use crate::render::diagnostic::{Excerpt, Mark};

/// How much of a line is shown around a mark, in bytes: some JSON is one long line.
const LONGEST_LINE: usize = 400;
/// How far apart two marks of one excerpt are at most, and how much of a marked value is shown, in bytes: an
/// excerpt is kept and drawn whole.
pub const LONGEST_GAP: usize = 4096;

/// A range that lies in the text, between characters.
pub fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}

/// The whole lines around some ranges of a text whose first line has this number.
pub fn excerpt(
    text: &str,
    lines: &Lines<'_>,
    file: Option<Arc<str>>,
    first_line: usize,
    mut marks: Vec<Mark>,
) -> Excerpt {
    let start = marks.iter().map(|mark| mark.range.start).min().unwrap_or(0);
    let end = marks.iter().map(|mark| shown_end(&mark.range)).max().unwrap_or(start);
    let Range { start: from, end: to } = lines_around(text, start..end);
    let shown = text.get(from..to).unwrap_or_default();
    // A byte order mark is no column, and the return of a last line without its newline no character.
    let from = from + shown.len() - shown.trim_start_matches('\u{feff}').len();
    let shown = shown.trim_start_matches('\u{feff}').trim_end_matches('\r');
    let to = from + shown.len();
    for Mark { range, .. } in &mut marks {
        *range = range.start.clamp(from, to) - from..range.end.clamp(from, to) - from;
    }
    Excerpt {
        file,
        first_line: first_line + lines.breaks_before(from),
        first_column: lines.column(from),
        text: shown.to_owned(),
        marks,
    }
}

/// The whole lines that a range is on, as far as they are not too long.
pub fn lines_around(text: &str, range: Range<usize>) -> Range<usize> {
    let Range { start, end } = clamp(text, range);
    let first = text.ceil_char_boundary(start.saturating_sub(LONGEST_LINE));
    let last = text.floor_char_boundary(end.saturating_add(LONGEST_LINE).min(text.len()));
    let before = text.get(first..start).and_then(|before| before.rfind('\n'));
    let from = before.map_or(first, |newline| first + newline + 1);
    let behind = text.get(end..last).and_then(|behind| behind.find('\n'));
    from..behind.map_or(last.max(end), |newline| end + newline)
}

/// Where a mark ends in its excerpt.
fn shown_end(range: &Range<usize>) -> usize {
    range.end.min(range.start.saturating_add(LONGEST_GAP))
}
