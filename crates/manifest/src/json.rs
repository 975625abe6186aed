//! From JSON text to documents, with the place of every value; several values may follow each other.
//!
//! YAML is nearly a superset of JSON, but not where tabs, escapes or long keys are concerned.

use std::{borrow::Cow, ops::Range};

use super::{Document, Documents, SyntaxError, build::Builder, tree::Form};

/// Reads all values of a text, until the first error.
pub(super) fn read(text: &str) -> Documents<'_> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let builder = Builder::with_capacity((text.len() / 12).min(64));
    let mut reader = Reader { text, at: start, builder };
    let mut documents = Vec::new();
    let error = loop {
        match reader.document() {
            Ok(Some(document)) => documents.push(document),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    Documents { documents, error }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    builder: Builder<'t>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Option<Document<'t>>, SyntaxError> {
        self.skip_space();
        // A line of `---` between values separates documents as it does in YAML.
        while self.rest().starts_with("---") {
            self.at += 3;
            self.skip_space();
        }
        let start = self.at;
        if self.peek().is_none() {
            return Ok(None);
        }
        self.value()?;
        while !self.builder.is_complete() {
            self.step()?;
        }
        let next = Builder::with_capacity(self.builder.len());
        let tree = std::mem::replace(&mut self.builder, next).finish();
        Ok(tree.map(|tree| Document { tree, comments: Vec::new(), span: start..self.at }))
    }

    /// What comes after a value or behind an opening bracket.
    fn step(&mut self) -> Result<(), SyntaxError> {
        self.skip_space();
        let is_map = self.builder.in_map().unwrap_or_default();
        let is_first = matches!(self.last_byte(), Some(b'{' | b'['));
        match (self.peek(), is_map) {
            (Some(b'}'), true) | (Some(b']'), false) => {
                self.at += 1;
                return self.builder.close(Some(self.at));
            }
            (Some(b','), _) if !is_first => self.at += 1,
            (Some(_), _) if is_first => {}
            (_, true) => return Err(self.expected("`,` or `}`")),
            (_, false) => return Err(self.expected("`,` or `]`")),
        }
        if is_map { self.member() } else { self.value() }
    }

    fn member(&mut self) -> Result<(), SyntaxError> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.expected("a `:` after the key"));
        }
        self.at += 1;
        self.value()
    }

    /// A scalar, or the opening of a collection.
    fn value(&mut self) -> Result<(), SyntaxError> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                self.builder.open_map(start..self.at, None)
            }
            Some(b'[') => {
                self.at += 1;
                self.builder.open_list(start..self.at, None)
            }
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => self.literal(),
            _ => Err(self.expected("a value")),
        }
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let mut escapes = false;
        self.at += 1;
        while let Some(offset) = memchr::memchr2(b'"', b'\\', self.rest().as_bytes()) {
            self.at += offset;
            if self.peek() == Some(b'"') {
                break;
            }
            // A backslash, and whatever it escapes: at least a quote would not end the text.
            escapes = true;
            self.at += self.rest().chars().take(2).map(char::len_utf8).sum::<usize>();
        }
        if self.peek() != Some(b'"') {
            return Err(SyntaxError::new("the quote that opens here is never closed", start..start + 1));
        }
        self.at += 1;
        let range = start..self.at;
        let text = self.decode(range.clone(), escapes)?;
        self.builder.scalar(text, Form::Text, range, None)
    }

    fn decode(&self, range: Range<usize>, escapes: bool) -> Result<Cow<'t, str>, SyntaxError> {
        let inside = self.text.get(range.start + 1..range.end - 1).unwrap_or_default();
        if !escapes && inside.bytes().all(|byte| byte >= b' ') {
            return Ok(Cow::Borrowed(inside));
        }
        let quoted = self.text.get(range.clone()).unwrap_or_default();
        let decoded = serde_json::from_str(quoted).map(Cow::Owned);
        decoded.map_err(|error| SyntaxError::new(reason(&error), range))
    }

    /// `null`, `true`, `false` or a number.
    fn literal(&mut self) -> Result<(), SyntaxError> {
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_');
        let length = self.rest().bytes().take_while(|b| is_part(b)).count();
        let range = self.at..self.at + length;
        let text = self.text.get(range.clone()).unwrap_or_default();
        if !matches!(text, "null" | "true" | "false") {
            let number = serde_json::from_str::<serde_json::Number>(text);
            number.map_err(|_| {
                SyntaxError::new(format!("`{text}` is not JSON; quote a text"), range.clone())
            })?;
        }
        self.at = range.end;
        self.builder.scalar(Cow::Borrowed(text), Form::Json, range, None)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let Some(found) = self.rest().chars().next() else {
            return SyntaxError::new(format!("the text ends where {what} is expected"), self.at..self.at);
        };
        let range = self.at..self.at + found.len_utf8();
        SyntaxError::new(format!("{what} is expected here, not `{}`", found.escape_default()), range)
    }

    fn skip_space(&mut self) {
        let space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().bytes().take_while(space).count();
    }

    /// The last byte before the current one that is not white space.
    fn last_byte(&self) -> Option<u8> {
        self.text.get(..self.at)?.trim_ascii_end().bytes().next_back()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The message of `serde_json` without the position, which is one inside the string.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}
