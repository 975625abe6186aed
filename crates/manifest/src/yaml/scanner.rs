//! From YAML text to tokens, by the rules of go-yaml v2, which are those of libyaml.
//!
//! A word may turn out to be a key only at the colon behind it, so tokens wait in a queue until that is decided.

mod keys;
mod position;
mod scalars;
mod words;

use std::{borrow::Cow, collections::VecDeque, ops::Range};

use smallvec::{SmallVec, smallvec};

use self::{keys::PossibleKey, position::Position};
use super::super::{Comment, SyntaxError, error, tree::Form};

/// A piece of YAML, and where it is written.
#[derive(Debug)]
pub struct Token<'t> {
    pub kind: Kind<'t>,
    pub range: Range<usize>,
}

#[derive(Debug, PartialEq)]
pub enum Kind<'t> {
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    TextEnd,
    BlockListStart,
    BlockMapStart,
    BlockEnd,
    FlowListStart,
    FlowListEnd,
    FlowMapStart,
    FlowMapEnd,
    /// The dash of a list.
    Dash,
    Comma,
    /// A key follows: `? `, or nothing before one that ends at a colon.
    Key,
    /// The colon behind a key.
    Colon,
    Alias(&'t str),
    Anchor(&'t str),
    Tag(Cow<'t, str>),
    /// Its text, which is the value where it is quoted or a block.
    Scalar(Cow<'t, str>, Form),
}

pub struct Scanner<'t> {
    text: &'t str,
    position: Position,
    queue: VecDeque<Token<'t>>,
    /// How many tokens were taken out of the queue.
    taken: usize,
    /// The column of the innermost block, none outside of all.
    indent: Option<usize>,
    /// Those around it.
    indents: Vec<Option<usize>>,
    /// One outside of all brackets, and one for each bracket that is open.
    keys: SmallVec<[Option<PossibleKey>; 8]>,
    /// Whether a key may begin here.
    key_allowed: bool,
    /// A document begins here, which may have a byte order mark: kubectl reads it like a file of its own.
    begins_document: bool,
    /// The comments that were passed.
    pub comments: Vec<Comment<'t>>,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            position: Position::of(text),
            queue: VecDeque::with_capacity(8),
            taken: 0,
            indent: None,
            indents: Vec::new(),
            keys: smallvec![None],
            key_allowed: true,
            begins_document: true,
            comments: Vec::new(),
        }
    }

    /// The next token, which stays the next.
    pub fn peek(&mut self) -> Result<&Token<'t>, SyntaxError> {
        while self.queue.is_empty() || self.head_may_be_key()? {
            self.fetch()?;
        }
        // The loop ends with a token in the queue.
        Ok(&self.queue[0])
    }

    /// Takes the token that was looked at.
    pub fn take(&mut self) -> Option<Token<'t>> {
        self.taken += 1;
        self.queue.pop_front()
    }

    fn in_brackets(&self) -> bool {
        self.keys.len() > 1
    }

    /// Reads on until there is one more token at least.
    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token()?;
        let column = self.position.column();
        self.leave_blocks(Some(column));
        let Some(first) = self.byte(0) else { return self.end() };
        if column == 0 && self.is_document_marker() {
            return self.document_marker(first);
        }
        let is_alone = self.is_gap(1);
        let in_brackets = self.in_brackets();
        match first {
            b'%' if column == 0 => Err(self.error(1, error::DIRECTIVE)),
            b'[' => self.open_bracket(Kind::FlowListStart),
            b'{' => self.open_bracket(Kind::FlowMapStart),
            b']' => self.close_bracket(Kind::FlowListEnd),
            b'}' => self.close_bracket(Kind::FlowMapEnd),
            b',' => self.comma(),
            b'-' if is_alone => self.dash(),
            b'?' if is_alone || in_brackets => self.question_mark(),
            b':' if is_alone || in_brackets => self.colon(),
            b'*' | b'&' => self.anchor(),
            b'!' => self.tag(),
            b'|' | b'>' if !in_brackets => self.block_scalar(),
            b'\'' | b'"' => self.quoted(),
            b'\t' => Err(self.error(1, error::TAB_INDENTS)),
            b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.error(1, format!("no value can begin with `{}`; quote it", first as char)))
            }
            _ => self.plain(),
        }
    }

    fn skip_to_token(&mut self) -> Result<(), SyntaxError> {
        loop {
            if self.position.column() == 0 {
                self.begin_line()?;
            }
            while self.byte(0) == Some(b' ') || self.byte(0) == Some(b'\t') && self.tab_separates() {
                self.advance(1);
            }
            if self.byte(0) == Some(b'#') {
                self.comment();
            }
            let Some(line_break) = self.line_break() else { return Ok(()) };
            self.advance_line(line_break);
            if !self.in_brackets() {
                self.key_allowed = true;
            }
        }
    }

    /// A byte order mark has no column. Elsewhere go-yaml skips it or not, as it falls into its buffer.
    fn begin_line(&mut self) -> Result<(), SyntaxError> {
        if std::mem::take(&mut self.begins_document) && self.rest().starts_with('\u{feff}') {
            self.advance('\u{feff}'.len_utf8());
            self.position.begin_line();
        }
        if self.rest().starts_with('\u{feff}') {
            return Err(self.error('\u{feff}'.len_utf8(), error::BYTE_ORDER_MARK));
        }
        Ok(())
    }

    /// Where a key may begin, a tab would be indentation.
    fn tab_separates(&self) -> bool {
        self.in_brackets() || !self.key_allowed
    }

    fn comment(&mut self) {
        let start = self.position.at;
        let text = self.skip_line().get(1..).unwrap_or_default();
        let range = start..self.position.at;
        let line = self.text.get(self.position.line_start..start).unwrap_or_default();
        let stands_alone = line.trim_start_matches('\u{feff}').trim_ascii().is_empty();
        self.comments.push(Comment { text, range, stands_alone });
    }

    fn end(&mut self) -> Result<(), SyntaxError> {
        self.leave_blocks(None);
        self.no_key()?;
        self.key_allowed = false;
        // What brackets around this were before cannot become a key any more.
        self.position.line += 1;
        self.push(Kind::TextEnd, 0);
        Ok(())
    }

    /// Whether `---` or `...` stands here, with nothing glued to it.
    fn is_document_marker(&self) -> bool {
        (self.rest().starts_with("---") || self.rest().starts_with("...")) && self.is_gap(3)
    }

    fn document_marker(&mut self, first: u8) -> Result<(), SyntaxError> {
        self.leave_blocks(None);
        self.no_key()?;
        self.key_allowed = false;
        self.begins_document = first == b'-';
        self.push(if first == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd }, 3);
        Ok(())
    }

    fn open_bracket(&mut self, kind: Kind<'t>) -> Result<(), SyntaxError> {
        self.perhaps_key()?;
        self.keys.push(None);
        self.key_allowed = true;
        self.push(kind, 1);
        Ok(())
    }

    fn close_bracket(&mut self, kind: Kind<'t>) -> Result<(), SyntaxError> {
        self.no_key()?;
        if self.in_brackets() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push(kind, 1);
        Ok(())
    }

    fn comma(&mut self) -> Result<(), SyntaxError> {
        self.no_key()?;
        self.key_allowed = true;
        self.push(Kind::Comma, 1);
        Ok(())
    }

    fn dash(&mut self) -> Result<(), SyntaxError> {
        self.enter_explicitly(
            Kind::BlockListStart,
            "a list cannot begin here; put its `-` on a line of its own",
        )?;
        self.no_key()?;
        self.key_allowed = true;
        self.push(Kind::Dash, 1);
        Ok(())
    }

    fn question_mark(&mut self) -> Result<(), SyntaxError> {
        self.enter_explicitly(Kind::BlockMapStart, "a key cannot begin here")?;
        self.no_key()?;
        self.key_allowed = !self.in_brackets();
        self.push(Kind::Key, 1);
        Ok(())
    }

    fn colon(&mut self) -> Result<(), SyntaxError> {
        let level = self.keys.len() - 1;
        if self.is_still_possible(level)? {
            let key = self.keys.get_mut(level).and_then(Option::take);
            let Some(PossibleKey { token, start, .. }) = key else { return Ok(()) };
            let at = token - self.taken;
            self.queue.insert(at, Token { kind: Kind::Key, range: start.at..start.at });
            self.enter_block(Kind::BlockMapStart, start, at);
            self.key_allowed = false;
        } else {
            self.enter_explicitly(Kind::BlockMapStart, error::NO_KEY)?;
            self.key_allowed = !self.in_brackets();
        }
        self.push(Kind::Colon, 1);
        Ok(())
    }

    /// A block begins with the indicator at hand, if it stands where one can.
    fn enter_explicitly(&mut self, kind: Kind<'t>, problem: &'static str) -> Result<(), SyntaxError> {
        if !self.in_brackets() {
            if !self.key_allowed {
                return Err(self.error(1, problem));
            }
            self.enter_block(kind, self.position, self.queue.len());
        }
        Ok(())
    }

    /// A block begins at `start` if that is further in than the one around it.
    fn enter_block(&mut self, kind: Kind<'t>, start: Position, at: usize) {
        let column = Some(start.column());
        if !self.in_brackets() && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            self.queue.insert(at, Token { kind, range: start.at..start.at });
        }
    }

    /// Ends the blocks that are further in than a column.
    fn leave_blocks(&mut self, column: Option<usize>) {
        while !self.in_brackets() && self.indent > column {
            self.push(Kind::BlockEnd, 0);
            self.indent = self.indents.pop().flatten();
        }
    }

    /// Adds a token of the next so many bytes.
    fn push(&mut self, kind: Kind<'t>, length: usize) {
        let start = self.position.at;
        self.advance(length);
        self.queue.push_back(Token { kind, range: start..self.position.at });
    }

    fn error(&self, length: usize, problem: impl Into<String>) -> SyntaxError {
        SyntaxError::new(problem, self.position.at..self.text.ceil_char_boundary(self.position.at + length))
    }

    /// An error about the text from a byte to the end of its line.
    fn error_from(&self, start: usize, problem: &str) -> SyntaxError {
        let line = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        SyntaxError::new(problem, start..start + line.trim_ascii_end().len())
    }
}
