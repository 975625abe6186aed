//! Where manifests come from: files, directories and standard input, cut into pieces of whole documents.
//!
//! Memory stays flat however large the input is: a source is read in pieces, and only small ones are kept
//! between the look at what refers to what and the judgement.

mod pieces;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use tempfile::SpooledTempFile;

pub use pieces::{Piece, Pieces, documents};

use crate::parallel::in_order;

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
    #[error("--exclude: {0}")]
    Exclude(#[from] globset::Error),
    /// There is nothing to judge.
    #[error("{path} is empty: nothing was judged. Name files, or pipe manifests in")]
    Empty {
        /// Which stream.
        path: String,
    },
    /// There is too much to judge.
    #[error("{path} is larger than {} MiB: write it to a file and name that", LARGEST_STREAM >> 20)]
    TooLarge {
        /// Which stream.
        path: String,
    },
}

/// The most that is taken from standard input or a pipe, in bytes.
const LARGEST_STREAM: u64 = 4 << 30;
/// Beyond this, a stream goes to a temporary file.
const HELD_STREAM: usize = 8 << 20;
/// Files up to this size are kept between the two looks at them, in bytes, all together.
const HELD_FILES: usize = 6 << 20;
/// How many files a thread opens before it asks for more.
const FILES_AT_ONCE: usize = 64;

/// One text: a file or standard input.
pub struct Source {
    /// The name for people; none for a standard input that was given none.
    pub name: Option<Arc<str>>,
    /// The file, where it is one.
    pub path: Option<PathBuf>,
    /// Whether somebody named it, and it was not merely found in a directory.
    pub is_named: bool,
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
        Self { name: Some(name.into()), path: None, is_named: true, body: Body::Held(text) }
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

/// Which texts are meant.
#[derive(Debug, Default)]
pub struct Selection {
    /// Files, directories, and `-` for standard input; none: standard input where it is a pipe or a file, else `.`.
    pub paths: Vec<PathBuf>,
    /// Patterns of files in directories that are left out.
    pub exclude: Vec<String>,
    /// The name of standard input in findings.
    pub stdin_name: Option<String>,
}

/// The texts that a selection means, in the order in which it names them, directories by name.
///
/// # Errors
///
/// A path that cannot be read, or an empty standard input that was meant to be judged.
pub fn sources(selection: &Selection) -> Result<Vec<Source>, InputError> {
    let exclude = globs(&selection.exclude)?;
    let mut paths = selection.paths.clone();
    if paths.is_empty() {
        paths.push(PathBuf::from(if stdin_has_manifests() { "-" } else { "." }));
    }
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.push(stdin(selection.stdin_name.as_deref())?);
        } else if path.is_dir() {
            sources.extend(directory(&path, &exclude)?);
        } else if is_stream(&path) {
            let name: Arc<str> = path.to_string_lossy().into();
            let mut stream =
                File::open(&path).map_err(|error| InputError::Read { path: name.to_string(), error })?;
            sources.push(spooled(&mut stream, Some(name))?);
        } else {
            sources.push(file(path, true));
        }
    }
    hold_small_ones(&mut sources)?;
    Ok(sources)
}

fn globs(patterns: &[String]) -> Result<GlobSet, InputError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern)?);
        // A bare name or a directory is meant wherever it stands, as in .gitignore.
        set.add(Glob::new(&format!("**/{pattern}"))?);
        set.add(Glob::new(&format!("**/{}/**", pattern.trim_end_matches('/')))?);
    }
    Ok(set.build()?)
}

fn file(path: PathBuf, is_named: bool) -> Source {
    let shown = path.strip_prefix("./").unwrap_or(&path).to_string_lossy().into_owned();
    Source { name: Some(shown.into()), path: Some(path), is_named, body: Body::OnDisk }
}

fn directory(root: &Path, exclude: &GlobSet) -> Result<Vec<Source>, InputError> {
    let mut paths = BTreeSet::new();
    for entry in WalkBuilder::new(root).require_git(false).build() {
        let entry = entry?;
        let path = entry.path();
        // A mounted ConfigMap is a directory of links.
        let is_file =
            entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink() && path.is_file());
        let relative = path.strip_prefix(root).unwrap_or(path);
        if is_file && is_manifest(path) && !exclude.is_match(relative) {
            paths.insert(entry.into_path());
        }
    }
    Ok(paths.into_iter().map(|path| file(path, false)).collect())
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    }) || path.file_name().is_some_and(|name| name == "Kustomization")
}

/// Whether a path is a pipe, as the shell makes one for `<(helm template .)`: it can be read only once.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Whether standard input is a pipe, a socket or a file: a terminal would keep us waiting, and `/dev/null`, which
/// stands there in cron and CI, holds nothing that somebody meant.
#[cfg(unix)]
fn stdin_has_manifests() -> bool {
    use std::os::{fd::AsFd, unix::fs::FileTypeExt};

    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    input
        .and_then(|input| input.metadata())
        .is_ok_and(|it| !it.file_type().is_char_device() && !it.file_type().is_dir())
}

#[cfg(not(unix))]
fn stdin_has_manifests() -> bool {
    use std::io::IsTerminal;

    !io::stdin().is_terminal()
}

fn stdin(name: Option<&str>) -> Result<Source, InputError> {
    spooled(&mut io::stdin().lock(), name.map(Into::into))
}

/// Takes all of a stream, in memory while it is small.
fn spooled(stream: &mut dyn Read, name: Option<Arc<str>>) -> Result<Source, InputError> {
    let path = name.as_deref().unwrap_or("standard input").to_owned();
    let unreadable = |error| InputError::Read { path: path.clone(), error };
    let mut spool = SpooledTempFile::new(HELD_STREAM);
    let length = io::copy(&mut stream.take(LARGEST_STREAM + 1), &mut spool).map_err(unreadable)?;
    spool.flush().map_err(unreadable)?;
    match length {
        0 => return Err(InputError::Empty { path }),
        length if length > LARGEST_STREAM => return Err(InputError::TooLarge { path }),
        _ => {}
    }
    let body = if spool.is_rolled() {
        Body::Spooled(Mutex::new(spool))
    } else {
        let mut bytes = Vec::new();
        spool.seek(SeekFrom::Start(0)).and_then(|_| spool.read_to_end(&mut bytes)).map_err(unreadable)?;
        Body::Held(bytes)
    };
    Ok(Source { name, path: None, is_named: true, body })
}

/// Reads files until the room for held ones is full; a file that cannot be read stops everything, before
/// anything is said about another.
fn hold_small_ones(sources: &mut [Source]) -> Result<(), InputError> {
    let room = AtomicUsize::new(HELD_FILES);
    let mut fault = None;
    let mut held = Vec::with_capacity(sources.len());
    in_order(
        sources.chunks(FILES_AT_ONCE),
        |sources| sources.iter().map(|source| hold(source, &room)).collect::<Vec<_>>(),
        |read| held.extend(read),
    );
    for (source, bytes) in sources.iter_mut().zip(held) {
        match bytes {
            Ok(Some(bytes)) => source.body = Body::Held(bytes),
            Ok(None) => {}
            Err(error) => drop(fault.get_or_insert(error)),
        }
    }
    fault.map_or(Ok(()), Err)
}

/// The bytes of a file that fits into the room, which becomes smaller by it.
fn hold(source: &Source, room: &AtomicUsize) -> Result<Option<Vec<u8>>, InputError> {
    let (Some(path), Body::OnDisk) = (&source.path, &source.body) else { return Ok(None) };
    let unreadable = |error| source.unreadable(error);
    let mut file = File::open(path).map_err(unreadable)?;
    let length = usize::try_from(file.metadata().map_err(unreadable)?.len()).unwrap_or(usize::MAX);
    let take = |room: usize| room.checked_sub(length);
    if room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(length + 1);
    // A file that grows meanwhile, or that is endless, is read in pieces later.
    Read::by_ref(&mut file).take(length as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok((bytes.len() <= length).then_some(bytes))
}
