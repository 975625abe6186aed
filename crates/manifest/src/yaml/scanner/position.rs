//! Where the scanner is in the text, and what it sees there.

use super::Scanner;

/// A place in the text. Columns and distances are counted in characters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Position {
    pub at: usize,
    pub line: usize,
    pub line_start: usize,
    /// Bytes before it that begin no character.
    wide: usize,
    /// Those before its line.
    wide_before_line: usize,
    /// The text has no such bytes at all.
    is_ascii: bool,
}

impl Position {
    pub fn of(text: &str) -> Self {
        Self { is_ascii: text.is_ascii(), ..Self::default() }
    }

    pub fn column(&self) -> usize {
        self.at - self.line_start - (self.wide - self.wide_before_line)
    }

    /// The characters before it.
    pub fn index(&self) -> usize {
        self.at - self.wide
    }

    pub fn begin_line(&mut self) {
        self.line_start = self.at;
        self.wide_before_line = self.wide;
    }
}

/// The end of a line: how many bytes it has, and what becomes of it in a text.
#[derive(Clone, Copy)]
pub(super) struct LineBreak {
    pub length: usize,
    pub text: &'static str,
}

impl<'t> Scanner<'t> {
    pub(super) fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.position.at + offset).copied()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.position.at..).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        let start = self.position.at;
        self.position.at += bytes;
        if !self.position.is_ascii {
            let passed = self.text.as_bytes().get(start..self.position.at).unwrap_or_default();
            self.position.wide += passed.iter().filter(|byte| **byte & 0xc0 == 0x80).count();
        }
    }

    pub(super) fn advance_line(&mut self, line_break: LineBreak) {
        self.advance(line_break.length);
        self.position.line += 1;
        self.position.begin_line();
    }

    /// The line break at the current byte, in each of the forms that YAML 1.1 has.
    pub(super) fn line_break(&self) -> Option<LineBreak> {
        self.line_break_at(0)
    }

    pub(super) fn line_break_at(&self, offset: usize) -> Option<LineBreak> {
        let (length, text) = match self.text.as_bytes().get(self.position.at + offset..)? {
            [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => (2, "\n"),
            [b'\n' | b'\r', ..] => (1, "\n"),
            [0xe2, 0x80, 0xa8, ..] => (3, "\u{2028}"),
            [0xe2, 0x80, 0xa9, ..] => (3, "\u{2029}"),
            _ => return None,
        };
        Some(LineBreak { length, text })
    }

    /// Goes on to the end of the line.
    pub(super) fn skip_line(&mut self) -> &'t str {
        let rest = self.rest();
        let mut length = 0;
        while length < rest.len() && self.line_break_at(length).is_none() {
            let begins = |byte: &u8| matches!(byte, b'\n' | b'\r' | 0xc2 | 0xe2);
            let behind = rest.as_bytes().get(length + 1..).unwrap_or_default();
            length += 1 + behind.iter().position(begins).unwrap_or(behind.len());
        }
        self.advance(length);
        rest.get(..length).unwrap_or_default()
    }

    /// A space, a tab, a line break, or the end of the text.
    pub(super) fn is_gap(&self, offset: usize) -> bool {
        match self.byte(offset) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => true,
            Some(0xc2 | 0xe2) => self.line_break_at(offset).is_some(),
            Some(_) => false,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(0), Some(b' ' | b'\t'))
    }
}
