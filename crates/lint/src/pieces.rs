//! A text in pieces of whole documents, cut where a line begins with `---`.
//!
//! YAML allows no such line inside a document, not even in a block scalar, so no piece needs its neighbor.

use std::io::{self, Read};

use memchr::{memchr_iter, memmem};

/// Some documents of a text, one after the other.
#[derive(Debug)]
pub struct Piece {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The number of the first line in the whole text, from 1.
    pub first_line: usize,
}

/// How much is read at a time, in bytes: enough documents to keep a thread busy for a while.
const BLOCK: usize = 128 << 10;

/// The largest document that is taken, in bytes; an API server takes 3 MiB.
const LARGEST_DOCUMENT: usize = 64 << 20;

/// The pieces of a text.
pub struct Pieces<R> {
    reader: R,
    kept: Vec<u8>,
    line: usize,
    at_end: bool,
}

impl<R: Read> Pieces<R> {
    /// The pieces of what a reader gives.
    pub fn new(reader: R) -> Self {
        Self { reader, kept: Vec::new(), line: 1, at_end: false }
    }

    /// The next piece, or none at the end.
    fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        while !self.at_end {
            let before = self.kept.len();
            let read = Read::by_ref(&mut self.reader).take(BLOCK as u64).read_to_end(&mut self.kept)?;
            self.at_end = read < BLOCK;
            if self.kept.len() > LARGEST_DOCUMENT {
                return Err(io::Error::other(format!(
                    "a document is larger than {} MiB",
                    LARGEST_DOCUMENT >> 20
                )));
            }
            // What was looked through once holds no boundary, but for the bytes that one could begin with.
            let from = before.saturating_sub(MARKER.len() + 1);
            if let Some(boundary) = last_boundary(&self.kept, from).filter(|_| !self.at_end) {
                let rest = self.kept.split_off(boundary);
                return Ok(Some(self.take(rest)));
            }
        }
        Ok((!self.kept.is_empty()).then(|| self.take(Vec::new())))
    }

    fn take(&mut self, rest: Vec<u8>) -> Piece {
        let bytes = std::mem::replace(&mut self.kept, rest);
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count();
        Piece { bytes, first_line }
    }
}

impl<R: Read> Iterator for Pieces<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_piece().transpose()
    }
}

const MARKER: &[u8] = b"\n---";

/// Where the last document begins that does so at or behind `from`.
fn last_boundary(text: &[u8], from: usize) -> Option<usize> {
    let tail = text.get(from..)?;
    memmem::rfind_iter(tail, MARKER).map(|at| from + at + 1).find(|at| is_boundary(text, *at))
}

/// Whether a document begins here: `---`, then white space or the end. The text before it must not be a
/// directive, which belongs to what follows.
fn is_boundary(text: &[u8], at: usize) -> bool {
    let behind = text.get(at + MARKER.len() - 1);
    behind.is_none_or(u8::is_ascii_whitespace)
}

/// The documents of a text: each one's bytes, and the number of line breaks before it.
pub fn documents(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = text;
    let mut lines = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut markers =
            memmem::find_iter(rest, MARKER).map(|at| at + 1).filter(|at| is_boundary(rest, *at));
        let end = markers.find(|at| !is_only_directives(rest.get(..*at).unwrap_or_default()));
        let (document, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let line = lines;
        lines += memchr_iter(b'\n', document).count();
        rest = behind;
        Some((document, line))
    })
}

/// Whether a text is a preamble such as `%YAML 1.1`, which belongs to the document behind it.
fn is_only_directives(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let mut has_directive = false;
    lines.all(|line| {
        has_directive |= line.starts_with(b"%");
        line.starts_with(b"%") || line.starts_with(b"#")
    }) && has_directive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(String, usize)> {
        let documents = documents(text.as_bytes());
        documents.map(|(bytes, line)| (String::from_utf8_lossy(bytes).into_owned(), line)).collect()
    }

    #[test]
    fn documents_begin_at_three_dashes_at_the_start_of_a_line() {
        for (text, expected) in [
            ("a: 1\n---\nb: 2\n", vec![("a: 1\n", 0), ("---\nb: 2\n", 1)]),
            ("---\na: 1\n--- # two\nb: 2", vec![("---\na: 1\n", 0), ("--- # two\nb: 2", 2)]),
            ("a: 1\r\n---\r\nb: 2\r\n", vec![("a: 1\r\n", 0), ("---\r\nb: 2\r\n", 1)]),
            ("a: |\n  ---\n----\n", vec![("a: |\n  ---\n----\n", 0)]),
            ("%YAML 1.1\n---\na: 1\n", vec![("%YAML 1.1\n---\na: 1\n", 0)]),
            ("# words\n---\na: 1\n", vec![("# words\n", 0), ("---\na: 1\n", 1)]),
            ("", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(text, line)| (text.to_owned(), line)).collect();
            assert_eq!(split(text), expected, "the documents of {text:?}");
        }
    }

    #[test]
    fn pieces_hold_whole_documents_and_know_their_first_line() {
        let document = format!("---\nkind: A\ntext: {}\n", "x".repeat(1_000));
        let text = document.repeat(500);
        let pieces: Vec<_> = Pieces::new(text.as_bytes()).map(Result::unwrap).collect();
        assert!(pieces.len() > 1, "a text of half a megabyte comes in several pieces");
        let mut line = 1;
        for piece in &pieces {
            assert!(piece.bytes.starts_with(b"---\n"), "every piece begins with a document");
            assert_eq!(piece.first_line, line);
            line += memchr_iter(b'\n', &piece.bytes).count();
        }
        let joined: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
        assert!(joined == text.as_bytes(), "the pieces together are the text");
    }
}
