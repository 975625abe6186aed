//! One text that is judged: what it is called, and how it is read.

use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use syncguard_core::rule::printable;

use crate::pieces::Pieces;

/// A text cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct ReadError {
    /// Which one.
    pub path: String,
    /// Why.
    #[source]
    pub error: io::Error,
}

/// A text that is not in memory, and is read as often as it is needed.
pub trait Open: Send + Sync {
    /// A reader from its beginning.
    ///
    /// # Errors
    ///
    /// It cannot be had.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// Where the bytes of a text are.
pub enum Body {
    /// In memory.
    Held(Vec<u8>),
    /// Elsewhere.
    Stored(Box<dyn Open>),
}

/// One text: a file or standard input.
pub struct Source {
    /// The name for people; none for a standard input that was given none.
    pub name: Option<Arc<str>>,
    /// The file, where it is one.
    pub path: Option<PathBuf>,
    /// Whether somebody named it, and it was not merely found in a directory.
    pub is_named: bool,
    /// Whether it is a standard input that nobody asked for: it was there where no path was named.
    pub is_assumed: bool,
    /// The bytes.
    pub body: Body,
}

impl Source {
    /// A text that is in memory, under a name for people.
    pub fn of_text(name: &str, text: Vec<u8>) -> Self {
        Self {
            name: Some(name.into()),
            path: None,
            is_named: true,
            is_assumed: false,
            body: Body::Held(text),
        }
    }

    /// The name as a terminal may show it.
    pub fn label(&self) -> String {
        printable(self.name.as_deref().unwrap_or("<stdin>"))
    }

    /// The text, piece by piece.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn pieces(&self) -> Result<Pieces<Box<dyn Read + Send + '_>>, ReadError> {
        let reader: Box<dyn Read + Send + '_> = match &self.body {
            Body::Held(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Body::Stored(text) => text.open().map_err(|error| self.unreadable(error))?,
        };
        Ok(Pieces::new(reader))
    }

    /// The whole text.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        for piece in self.pieces()? {
            bytes.extend(piece.map_err(|error| self.unreadable(error))?.bytes);
        }
        Ok(bytes)
    }

    /// What is said when reading fails.
    pub fn unreadable(&self, error: io::Error) -> ReadError {
        let path = self.name.as_deref().unwrap_or("standard input").to_owned();
        ReadError { path, error }
    }

    /// Whether the text is small and at hand.
    pub fn held(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Held(bytes) => Some(bytes),
            Body::Stored(_) => None,
        }
    }
}
