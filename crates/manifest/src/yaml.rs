//! From YAML text to documents, as kubectl cuts it and go-yaml v2 reads it.

mod parser;
mod scanner;

use std::mem;

use self::{
    parser::Parser,
    scanner::{Kind, Scanner},
};
use super::{Document, Documents, SyntaxError, build::Builder, error};

/// Reads all documents of a text, until the first error.
pub(super) fn read(text: &str) -> Documents<'_> {
    let obstacle = obstacle(text);
    let readable = obstacle.as_ref().map_or(text, |it| text.get(..it.at).unwrap_or_default());
    let mut reader = Reader::new(readable);
    let result = reader.read();
    if result.is_ok() && obstacle.as_ref().is_some_and(|it| it.is_inside) {
        // Its beginning is no document: the rest might say something else.
        reader.documents.pop();
    }
    let error = result.err().or(obstacle.map(|it| it.error));
    Documents { documents: reader.documents, error }
}

/// What no document can hold.
struct Obstacle {
    /// Where what can be read ends.
    at: usize,
    /// Whether it stands inside a document, and not between two.
    is_inside: bool,
    error: SyntaxError,
}

fn obstacle(text: &str) -> Option<Obstacle> {
    let separator = bad_separator(text);
    let character = forbidden_character(text);
    separator.into_iter().chain(character).min_by_key(|it| it.at)
}

/// A line that begins with `---` and goes on with something else than space and a comment. kubectl cuts at such lines
/// before it reads any YAML, and refuses most; the first line of a file is another matter to it.
fn bad_separator(text: &str) -> Option<Obstacle> {
    let begins = memchr::memmem::find_iter(text.as_bytes(), b"---");
    let mut lines = begins.filter(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'));
    lines.find_map(|at| {
        let line = text.get(at + 3..)?.lines().next().unwrap_or_default();
        let behind = line.trim();
        let start = at + 3 + (line.len() - line.trim_start().len());
        let error = || SyntaxError::new(error::SEPARATOR, start..start + behind.len());
        let is_comment = behind.starts_with('#') && !line.starts_with('#');
        (!behind.is_empty() && !is_comment).then(|| Obstacle { at, is_inside: false, error: error() })
    })
}

fn forbidden_character(text: &str) -> Option<Obstacle> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r');
    if text.as_bytes().iter().all(is_plain) {
        return None;
    }
    let is_allowed = |c: char| match c {
        '\0'..=' ' | '\x7f'..='\u{9f}' => matches!(c, '\t' | '\n' | '\r' | ' ' | '\u{85}'),
        _ => !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    let (at, character) = text.char_indices().find(|(_, character)| !is_allowed(*character))?;
    let error = SyntaxError::new(error::CONTROL_CHARACTER, at..at + character.len_utf8());
    Some(Obstacle { at, is_inside: true, error })
}

struct Reader<'t> {
    scanner: Scanner<'t>,
    documents: Vec<Document<'t>>,
    builder: Builder<'t>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let builder = Builder::with_capacity((text.len() / 12).min(64));
        Self { scanner: Scanner::new(text), documents: Vec::new(), builder }
    }

    fn read(&mut self) -> Result<(), SyntaxError> {
        let mut is_first = true;
        loop {
            while !is_first && self.scanner.peek()?.kind == Kind::DocumentEnd {
                self.scanner.take();
            }
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::TextEnd => break,
                Kind::DocumentStart => self.document()?,
                _ if is_first => self.document()?,
                _ => return Err(SyntaxError::new(error::ANOTHER_VALUE, token.range.clone())),
            }
            is_first = false;
        }
        // What stands behind the last document belongs to it.
        if let Some(last) = self.documents.last_mut() {
            last.comments.append(&mut self.scanner.comments);
        }
        Ok(())
    }

    fn document(&mut self) -> Result<(), SyntaxError> {
        let head = self.scanner.peek()?;
        let (marker, is_marked) = (head.range.clone(), head.kind == Kind::DocumentStart);
        let first = self.scanner.comments.first();
        let start = first.map_or(marker.start, |first| first.range.start.min(marker.start));
        if is_marked {
            self.scanner.take();
        }
        let is_absent = is_marked
            && matches!(self.scanner.peek()?.kind, Kind::DocumentStart | Kind::DocumentEnd | Kind::TextEnd);
        let mut parser = Parser::new(&mut self.scanner, &mut self.builder);
        if is_absent {
            parser.nothing(marker.end)?;
        } else {
            parser.root()?;
        }
        let end = self.scanner.peek()?.range.start;
        self.finish(start, end);
        Ok(())
    }

    fn finish(&mut self, start: usize, end: usize) {
        let next = Builder::with_capacity(self.builder.len());
        let tree = mem::replace(&mut self.builder, next).finish();
        // The scanner looks ahead for keys, and may have passed comments that stand further down.
        let own = self.scanner.comments.partition_point(|comment| comment.range.start < end);
        let rest = self.scanner.comments.split_off(own);
        let comments = mem::replace(&mut self.scanner.comments, rest);
        self.documents.extend(tree.map(|tree| Document { tree, comments, span: start..end }));
    }
}
