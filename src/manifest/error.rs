//! What is wrong with a text, in the words of the person who wrote it, and why an edit is refused.

use std::{fmt::Display, ops::Range};

use granit_parser::{ErrorKind, ScanError};
use thiserror::Error;

pub(super) const TAB_INDENTS: &str = "a tab cannot indent YAML; use spaces";

/// Why a text cannot be read, and the bytes to look at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, for the person who wrote the text.
    pub message: String,
    /// The bytes of the text that it is about; empty where it is about a place between two bytes.
    pub range: Range<usize>,
}

impl SyntaxError {
    pub(super) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range }
    }

    /// Places an error that a type raised about its value; one that has a place keeps it.
    pub(super) fn at(mut self, range: &Range<usize>) -> Self {
        if self.range == (0..0) {
            self.range = range.clone();
        }
        self
    }

    /// An error of the YAML parser: the common mistakes explained, the others in its own words.
    pub(super) fn of_yaml(error: &ScanError, text: &str) -> Self {
        let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let message = explain(error.kind()).map_or_else(|| error.kind().to_string(), str::to_owned);
        Self::new(message, at..at + width)
    }
}

/// The mistakes that people make most, in other words than those of the YAML grammar.
fn explain(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabNotAllowed => {
            TAB_INDENTS
        }
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            "this line is not indented like the lines that it belongs to"
        }
        ErrorKind::ExpectedDocumentStart => {
            "this does not belong to the value above it; check the indentation, or separate documents by `---`"
        }
        ErrorKind::SimpleKeyExpected => "a `:` is missing after this key",
        ErrorKind::MappingValueNotAllowed => {
            "a `:` cannot stand here; quote the text that contains it, or check the indentation"
        }
        ErrorKind::UnknownAnchor => "this alias refers to an anchor that is not defined above it",
        ErrorKind::UnclosedQuotedScalar => "the quote that opens here is never closed",
        ErrorKind::UnclosedFlowCollection { .. } => "the bracket that opens here is never closed",
        ErrorKind::BomInsideDocument => "a byte order mark can stand only at the start of a file",
        ErrorKind::RecursionLimitExceeded => super::build::TOO_DEEP,
        _ => return None,
    })
}

impl serde::de::Error for SyntaxError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string(), 0..0)
    }
}

/// Why a text is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// The path leads through a value that cannot hold the next one.
    #[error("there is no place for `{path}` in this document")]
    NoPlace {
        /// The path of the change.
        path: String,
    },
    /// The value is written elsewhere, and a change there would change other values too.
    #[error("`{path}` comes from an alias or a merge key; change it where it is defined")]
    Shared {
        /// The path of the value.
        path: String,
    },
    /// The value is written in a way that cannot be edited in place.
    #[error("`{path}` is written in a layout that cannot be edited in place; change it by hand")]
    Layout {
        /// The path of the value.
        path: String,
    },
    /// The edited text would not hold the asked-for data, for example since an anchor is used elsewhere.
    #[error("this edit would change more than it should; change the file by hand")]
    Unfaithful,
    /// The document itself cannot be read.
    #[error(transparent)]
    Unreadable(#[from] SyntaxError),
}
