//! Where manifests come from: files, directories and standard input, cut into pieces of whole documents.
//!
//! Memory stays flat however large the input is: a source is read in pieces, and only small ones are kept
//! between the look at what refers to what and the judgment.

mod directory;
mod exclude;
mod followed;
mod select;
mod stream;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{Mutex, MutexGuard},
};

use tempfile::SpooledTempFile;

pub use followed::{FollowedFiles, NamedFile, Unreadable, ticks};
pub use select::{Found, Selection, find};

use syncguard_lint::source::{Body, Open, ReadError, Source};

/// What goes wrong before a document is seen.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file or directory cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A directory cannot be walked through.
    #[error("cannot walk through a directory")]
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

/// A file, opened anew for each reader.
struct OnDisk(PathBuf);

impl Open for OnDisk {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(File::open(&self.0)?))
    }
}

/// A stream that is too large for memory.
struct Spooled(Mutex<SpooledTempFile>);

impl Open for Spooled {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Rewound::new(&self.0)?))
    }
}

/// Forgets what was read of a file, which has changed since.
pub fn reread(source: &mut Source) {
    if let Some(path) = &source.path {
        source.body = Body::Stored(Box::new(OnDisk(path.clone())));
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
