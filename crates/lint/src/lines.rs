//! Lines and columns of the bytes of a text, found in the same time however long the text and its lines are.

use std::cell::OnceCell;

/// How much of a text is looked through for one answer, in bytes.
const STRIDE: usize = 4096;

/// The lines of a text, counted once, when they are first asked for.
pub struct Lines<'t> {
    text: &'t str,
    /// What is known at the beginning of every stride.
    marks: OnceCell<Vec<Position>>,
}

/// What stands before a byte.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    line_breaks: usize,
    characters: usize,
    /// The characters before the line that the byte is on, and a byte order mark at its beginning.
    before_line: usize,
}

impl Position {
    fn advance(&mut self, text: &[u8]) {
        let first = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
        let (lines, last) = text.split_at(first);
        if first > 0 {
            self.line_breaks += memchr::memchr_iter(b'\n', lines).count();
            self.characters += characters(lines);
            self.before_line = self.characters;
        }
        self.characters += characters(last);
    }
}

impl<'t> Lines<'t> {
    /// The lines of this text.
    pub fn of(text: &'t str) -> Self {
        Self { text, marks: OnceCell::new() }
    }

    /// The number of line breaks before a byte.
    pub fn breaks_before(&self, at: usize) -> usize {
        self.position(at).line_breaks
    }

    /// The column of a byte in its line, in characters from 1; a byte order mark has no width.
    pub fn column(&self, at: usize) -> usize {
        let Position { line_breaks, characters, before_line } = self.position(at);
        let marks = if line_breaks == 0 { self.byte_order_marks(at) } else { 0 };
        characters - before_line - marks + 1
    }

    fn byte_order_marks(&self, at: usize) -> usize {
        self.text.chars().take_while(|c| *c == '\u{feff}').take(at.div_ceil('\u{feff}'.len_utf8())).count()
    }

    fn position(&self, at: usize) -> Position {
        let marks = self.marks.get_or_init(|| self.count());
        let at = at.min(self.text.len());
        let stride = (at / STRIDE).min(marks.len().saturating_sub(1));
        let mut position = marks.get(stride).copied().unwrap_or_default();
        position.advance(self.text.as_bytes().get(stride * STRIDE..at).unwrap_or_default());
        position
    }

    fn count(&self) -> Vec<Position> {
        let mut position = Position::default();
        let strides = self.text.as_bytes().chunks(STRIDE);
        strides.map(|stride| (position, position.advance(stride)).0).collect()
    }
}

/// The characters that begin in some bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_those_that_counting_from_the_beginning_finds() {
        for text in [
            String::new(),
            "a\nbé\n\nc".to_owned(),
            "\u{feff}a: 1\nb: 2\n".to_owned(),
            "é".repeat(3 * STRIDE),
            "x".repeat(2 * STRIDE),
            format!("{}\n{}", "ü".repeat(STRIDE - 1), "line\n".repeat(STRIDE)),
        ] {
            let lines = Lines::of(&text);
            let shown: String = text.chars().take(20).collect();
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)).step_by(7) {
                let before = &text[..at];
                let line = before.rsplit('\n').next().unwrap().trim_start_matches('\u{feff}');
                let place = (lines.breaks_before(at), lines.column(at));
                let expected = (before.matches('\n').count(), line.chars().count() + 1);
                assert_eq!(place, expected, "byte {at} of {shown:?}…");
            }
        }
    }
}
