//! Scalars: plain ones, quoted ones and blocks, with their lines folded as YAML folds them.

use std::borrow::Cow;

use super::{Kind, Scanner, Token, position::LineBreak};
use crate::{SyntaxError, error, tree::Form};

/// kubectl ends the last line of a text where it has no end.
const END_OF_TEXT: LineBreak = LineBreak { length: 0, text: "\n" };

/// The line breaks between two lines of a scalar that is folded.
#[derive(Default)]
struct Breaks {
    first: Option<LineBreak>,
    others: String,
}

impl Breaks {
    fn add(&mut self, line_break: LineBreak) {
        match self.first {
            None => self.first = Some(line_break),
            Some(_) => self.others.push_str(line_break.text),
        }
    }

    /// One line break becomes a space, of several the first is dropped; a Unicode separator stays what it is.
    fn fold_into(&mut self, text: &mut String) {
        let Some(first) = self.first.take() else { return };
        if first.text != "\n" {
            text.push_str(first.text);
        } else if self.others.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.others);
        self.others.clear();
    }
}

impl<'t> Scanner<'t> {
    fn push_scalar(&mut self, text: Cow<'t, str>, form: Form, start: usize, end: usize) {
        self.queue.push_back(Token { kind: Kind::Scalar(text, form), range: start..end });
    }

    pub(super) fn plain(&mut self) -> Result<(), SyntaxError> {
        self.perhaps_key()?;
        self.key_allowed = false;
        let least = self.indent.map_or(0, |indent| indent + 1);
        let (start, mut end) = (self.position.at, self.position.at);
        let mut folded: Option<String> = None;
        let mut breaks = Breaks::default();
        while self.byte(0) != Some(b'#') && !(self.position.column() == 0 && self.is_document_marker()) {
            let (run, length) = (self.position.at, self.plain_run());
            self.advance(length);
            if length > 0 {
                if breaks.first.is_some() {
                    let before = || self.text.get(start..end).unwrap_or_default().to_owned();
                    let text = folded.get_or_insert_with(before);
                    breaks.fold_into(text);
                    end = run;
                }
                if let Some(text) = &mut folded {
                    text.push_str(self.text.get(end..self.position.at).unwrap_or_default());
                }
                end = self.position.at;
            }
            if self.byte(0).is_none() || !self.is_gap(0) {
                break;
            }
            self.plain_gap(&mut breaks, least)?;
            if !self.in_brackets() && self.position.column() < least {
                break;
            }
        }
        if breaks.first.is_some() {
            self.key_allowed = true;
        }
        let written = || Cow::Borrowed(self.text.get(start..end).unwrap_or_default());
        self.push_scalar(folded.map_or_else(written, Cow::Owned), Form::Plain, start, end);
        Ok(())
    }

    /// The bytes from here that are part of a plain scalar without a gap.
    fn plain_run(&self) -> usize {
        let in_brackets = self.in_brackets();
        let stops = |offset: usize, byte: u8| match byte {
            b' ' | b'\t' | b'\n' | b'\r' => true,
            b':' => self.is_gap(offset + 1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => in_brackets,
            0xc2 | 0xe2 => self.line_break_at(offset).is_some(),
            _ => false,
        };
        let rest = self.rest().as_bytes();
        let stop = rest.iter().enumerate().position(|(offset, byte)| stops(offset, *byte));
        stop.unwrap_or(rest.len())
    }

    fn plain_gap(&mut self, breaks: &mut Breaks, least: usize) -> Result<(), SyntaxError> {
        loop {
            if let Some(line_break) = self.line_break() {
                breaks.add(line_break);
                self.advance_line(line_break);
            } else if self.is_blank() {
                let indents = breaks.first.is_some() && self.position.column() < least;
                if indents && self.byte(0) == Some(b'\t') {
                    return Err(self.error(1, error::TAB_INDENTS));
                }
                self.advance(1);
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn quoted(&mut self) -> Result<(), SyntaxError> {
        self.perhaps_key()?;
        self.key_allowed = false;
        let start = self.position.at;
        let quote = self.byte(0).unwrap_or_default();
        self.advance(1);
        let text = if let Some(length) = self.simple_quoted(quote) {
            let text = self.rest().get(..length).unwrap_or_default();
            self.advance(length);
            Cow::Borrowed(text)
        } else {
            Cow::Owned(self.folded_quoted(quote, start)?)
        };
        self.advance(1);
        self.push_scalar(text, Form::Text, start, self.position.at);
        Ok(())
    }

    /// The bytes until the closing quote, where they are the text: no escapes, no lines.
    fn simple_quoted(&self, quote: u8) -> Option<usize> {
        let rest = self.rest().as_bytes();
        let special = |byte: &u8| *byte == quote || matches!(byte, b'\\' | b'\n' | b'\r' | 0xc2 | 0xe2);
        let length = rest.iter().position(special)?;
        let is_end = rest.get(length) == Some(&quote);
        let is_doubled = quote == b'\'' && rest.get(length + 1) == Some(&quote);
        (is_end && !is_doubled).then_some(length)
    }

    fn folded_quoted(&mut self, quote: u8, start: usize) -> Result<String, SyntaxError> {
        let (mut text, mut breaks) = (String::new(), Breaks::default());
        loop {
            if self.position.column() == 0 && self.is_document_marker() || self.byte(0).is_none() {
                return Err(SyntaxError::new(error::NO_QUOTE, start..start + 1));
            }
            if self.quoted_run(quote, &mut text, start)? {
                // The line break behind a backslash is nothing; those behind it all count.
                breaks.first = Some(LineBreak { length: 0, text: "" });
            }
            if self.byte(0) == Some(quote) && breaks.first.is_none() {
                return Ok(text);
            }
            let gap_start = self.position.at;
            while let Some(byte) = self.byte(0) {
                if let Some(line_break) = self.line_break() {
                    breaks.add(line_break);
                    self.advance_line(line_break);
                } else if matches!(byte, b' ' | b'\t') {
                    self.advance(1);
                } else {
                    break;
                }
            }
            if breaks.first.is_some() {
                breaks.fold_into(&mut text);
            } else {
                text.push_str(self.text.get(gap_start..self.position.at).unwrap_or_default());
            }
        }
    }

    /// Takes what is no gap. Says whether a backslash joins this line with the next one.
    fn quoted_run(&mut self, quote: u8, text: &mut String, start: usize) -> Result<bool, SyntaxError> {
        while !self.is_gap(0) {
            match self.byte(0) {
                Some(b'\'') if quote == b'\'' && self.byte(1) == Some(b'\'') => {
                    text.push('\'');
                    self.advance(2);
                }
                Some(byte) if byte == quote => break,
                Some(b'\\') if quote == b'"' => {
                    if let Some(line_break) = self.line_break_at(1) {
                        self.advance(1);
                        self.advance_line(line_break);
                        return Ok(true);
                    }
                    text.push(self.escape(start)?);
                }
                _ => {
                    let Some(character) = self.rest().chars().next() else { break };
                    text.push(character);
                    self.advance(character.len_utf8());
                }
            }
        }
        Ok(false)
    }

    /// The character that an escape stands for.
    fn escape(&mut self, start: usize) -> Result<char, SyntaxError> {
        let Some(code) = self.rest().chars().nth(1) else {
            return Err(SyntaxError::new(error::NO_QUOTE, start..start + 1));
        };
        let digits = match code {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let character = if digits > 0 {
            let digits = self.rest().get(2..2 + digits);
            let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            digits.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?))
        } else {
            named_escape(code)
        };
        let length = 1 + code.len_utf8() + digits;
        let Some(character) = character else {
            let written = self.rest().get(..length).unwrap_or("\\").escape_debug();
            return Err(self.error(length, format!("`{written}` is no escape of YAML 1.1")));
        };
        self.advance(length);
        Ok(character)
    }

    pub(super) fn block_scalar(&mut self) -> Result<(), SyntaxError> {
        self.no_key()?;
        self.key_allowed = true;
        let start = self.position.at;
        let is_folded = self.byte(0) == Some(b'>');
        self.advance(1);
        let (keeps, step) = self.block_header()?;
        let mut indent = step.map(|step| self.indent.unwrap_or(0) + step);
        let (mut text, mut blank_lines) = (String::new(), String::new());
        let (mut line_break, mut was_blank) = (None::<LineBreak>, false);
        let mut end = self.block_gap(&mut indent, &mut blank_lines)?;
        while Some(self.position.column()) == indent && self.byte(0).is_some() {
            let is_blank = self.is_blank();
            if let Some(line_break) = line_break {
                if !is_folded || was_blank || is_blank || line_break.text != "\n" {
                    text.push_str(line_break.text);
                } else if blank_lines.is_empty() {
                    text.push(' ');
                }
            }
            text.push_str(&blank_lines);
            blank_lines.clear();
            was_blank = is_blank;
            text.push_str(self.skip_line());
            line_break = Some(self.line_break().unwrap_or(END_OF_TEXT)).inspect(|it| self.advance_line(*it));
            end = self.block_gap(&mut indent, &mut blank_lines)?;
        }
        if keeps != Some(false) {
            text.push_str(line_break.map_or("", |line_break| line_break.text));
        }
        if keeps == Some(true) {
            text.push_str(&blank_lines);
        }
        self.push_scalar(Cow::Owned(text), Form::Text, start, end);
        Ok(())
    }

    /// Behind `|` or `>`: whether line breaks at the end are all kept or all dropped, and the indentation.
    fn block_header(&mut self) -> Result<(Option<bool>, Option<usize>), SyntaxError> {
        let (mut keeps, mut step) = (None, None);
        for _ in 0..2 {
            match self.byte(0) {
                Some(sign @ (b'+' | b'-')) if keeps.is_none() => keeps = Some(sign == b'+'),
                Some(digit @ b'1'..=b'9') if step.is_none() => step = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.advance(1);
        }
        while self.is_blank() {
            self.advance(1);
        }
        if self.byte(0) == Some(b'#') {
            self.comment();
        }
        match self.line_break() {
            Some(line_break) => self.advance_line(line_break),
            None if self.byte(0).is_none() => self.advance_line(END_OF_TEXT),
            None => return Err(self.error(1, error::BLOCK_TEXT_BELOW)),
        }
        Ok((keeps, step))
    }

    /// Passes indentation and empty lines; where the indentation is not known, the deepest of them tells it. Says
    /// where they end.
    fn block_gap(&mut self, indent: &mut Option<usize>, lines: &mut String) -> Result<usize, SyntaxError> {
        let (mut deepest, mut end) = (0, self.position.at);
        loop {
            let is_before = |column: usize| indent.is_none_or(|indent| column < indent);
            while self.byte(0) == Some(b' ') && is_before(self.position.column()) {
                self.advance(1);
            }
            let column = self.position.column();
            deepest = deepest.max(column);
            if self.byte(0) == Some(b'\t') && is_before(column) {
                return Err(self.error(1, error::TAB_INDENTS));
            }
            let Some(line_break) = self.line_break() else { break };
            lines.push_str(line_break.text);
            self.advance_line(line_break);
            end = self.position.at;
        }
        if self.byte(0).is_none() && self.position.column() > 0 {
            lines.push('\n');
        }
        indent.get_or_insert_with(|| deepest.max(self.indent.map_or(0, |indent| indent + 1)).max(1));
        Ok(end)
    }
}

fn named_escape(code: char) -> Option<char> {
    Some(match code {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '\'' | '\\' => code,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
