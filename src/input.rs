//! Where manifests come from: files, directories and standard input, cut into pieces of whole documents.
//!
//! Memory stays flat however large the input is: a source is read in pieces, and only small ones are kept
//! between the look at what refers to what and the judgement.

mod directory;
mod exclude;
mod pieces;
mod select;
mod stream;

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

use tempfile::SpooledTempFile;

pub use pieces::{Piece, Pieces, documents};
pub use select::{Found, Selection, find};

use crate::rule::printable;

/// What goes wrong before a document is seen.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file or directory cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Which one.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A directory cannot be walked through.
    #[error("cannot walk through a directory: {0}")]
    Walk(#[from] ignore::Error),
    /// `--exclude` is no pattern.
    #[error("--exclude {pattern}: {why}")]
    Exclude {
        /// What was typed.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is nothing to judge.
    #[error("{path} is empty: nothing was judged. Name files, or pipe manifests in")]
    Empty {
        /// Which stream.
        path: String,
    },
    /// There is too much to judge.
    #[error("{path} is larger than {} MiB: write it to a file and name that", stream::LARGEST >> 20)]
    TooLarge {
        /// Which stream.
        path: String,
    },
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
    body: Body,
}

enum Body {
    /// In memory already.
    Held(Vec<u8>),
    /// To be read from its path.
    OnDisk,
    /// A stream, too large for memory.
    Spooled(Mutex<SpooledTempFile>),
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

    /// Forgets what was read of a file, which has changed since.
    pub fn reread(&mut self) {
        if self.path.is_some() {
            self.body = Body::OnDisk;
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
    /// The file cannot be opened.
    pub fn pieces(&self) -> Result<Pieces<Box<dyn Read + Send + '_>>, InputError> {
        let reader: Box<dyn Read + Send + '_> = match (&self.body, &self.path) {
            (Body::Held(bytes), _) => Box::new(Cursor::new(bytes.as_slice())),
            (Body::Spooled(file), _) => Box::new(Rewound::new(file).map_err(|error| self.unreadable(error))?),
            (Body::OnDisk, Some(path)) => Box::new(File::open(path).map_err(|error| self.unreadable(error))?),
            (Body::OnDisk, None) => Box::new(io::empty()),
        };
        Ok(Pieces::new(reader))
    }

    /// The whole text.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, InputError> {
        let mut bytes = Vec::new();
        for piece in self.pieces()? {
            bytes.extend(piece.map_err(|error| self.unreadable(error))?.bytes);
        }
        Ok(bytes)
    }

    /// What is said when reading fails.
    pub fn unreadable(&self, error: io::Error) -> InputError {
        let path = self.name.as_deref().unwrap_or("standard input").to_owned();
        InputError::Read { path, error }
    }

    /// Whether the text is small and at hand.
    pub fn held(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Held(bytes) => Some(bytes),
            Body::OnDisk | Body::Spooled(_) => None,
        }
    }
}

/// A spooled file from its beginning, for one reader at a time.
struct Rewound<'f>(&'f Mutex<SpooledTempFile>);

impl<'f> Rewound<'f> {
    fn new(file: &'f Mutex<SpooledTempFile>) -> io::Result<Self> {
        let reader = Self(file);
        reader.lock()?.seek(SeekFrom::Start(0))?;
        Ok(reader)
    }

    fn lock(&self) -> io::Result<MutexGuard<'f, SpooledTempFile>> {
        self.0.lock().map_err(|_| io::Error::other("another reader failed"))
    }
}

impl Read for Rewound<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lock()?.read(buffer)
    }
}
