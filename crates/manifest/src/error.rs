//! What is wrong with a text, in the words of the person who wrote it, and why an edit is refused.

use std::{fmt::Display, ops::Range};

use thiserror::Error;

// The mistakes that people make most, in other words than those of the YAML grammar.
pub(super) const TAB_INDENTS: &str = "a tab cannot indent YAML; use spaces";
pub(super) const NOT_ALIGNED: &str = "this line is not indented like the lines that it belongs to";
pub(super) const NO_COLON: &str = "a `:` is missing after this key";
pub(super) const NO_KEY: &str =
    "a `:` cannot stand here; quote the text that contains it, or check the indentation";
pub(super) const NO_VALUE: &str = "a value is expected here";
pub(super) const NO_QUOTE: &str = "the quote that opens here is never closed";
pub(super) const NO_BRACKET: &str = "the bracket that opens here is never closed";
pub(super) const NO_COMMA: &str = "a `,` is expected here, or the bracket that closes this collection";
pub(super) const BLOCK_TEXT_BELOW: &str =
    "the text of `|` and `>` begins on the next line; quote this text if none of them is meant";
pub(super) const BYTE_ORDER_MARK: &str = "a byte order mark can stand only at the start of a file";
pub(super) const DIRECTIVE: &str = "kubectl reads no lines that begin with `%`; remove it";
pub(super) const SEPARATOR: &str =
    "kubectl reads nothing but a comment behind `---`; put this on the next line";
pub(super) const CONTROL_CHARACTER: &str = "YAML cannot hold this invisible character; remove it";
pub(super) const ANOTHER_VALUE: &str =
    "this does not belong to the value above it; check the indentation, or separate documents by `---`";

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
    /// A comment would be lost, or come to stand with something else.
    #[error(
        "there is no place that keeps the comment `# {comment}` with what it is about; change the file by hand"
    )]
    Comment {
        /// What the comment says.
        comment: String,
    },
    /// The edited text would not hold the asked-for data, for example since an anchor is used elsewhere.
    #[error("this edit would change more than it should; change the file by hand")]
    Unfaithful,
    /// The document itself cannot be read.
    #[error(transparent)]
    Unreadable(#[from] SyntaxError),
}
