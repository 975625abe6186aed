//! Which texts a command line means: every file once, in the order in which it was named.

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{Body, InputError, OnDisk, Source, directory, exclude::Excludes, stream};
use crate::parallel::in_order;
use syncguard_lint::render::diagnostic::LeftOut;

/// Files up to this size are kept between the two looks at them, in bytes, all together.
const HELD_FILES: usize = 6 << 20;
/// How many files a thread opens before it asks for more.
const FILES_AT_ONCE: usize = 64;

/// Which texts are meant.
#[derive(Debug, Default)]
pub struct Selection {
    /// Files, directories, and `-` for standard input; none: standard input where it is a pipe or a file, else `.`.
    pub paths: Vec<PathBuf>,
    /// Patterns of files in directories that are left out, as in .gitignore.
    pub exclude: Vec<String>,
    /// The name of standard input in findings.
    pub stdin_name: Option<String>,
}

/// The texts that a selection means.
#[derive(Default)]
pub struct Found {
    /// The texts, in the order in which the selection names them, directories by name; each file once.
    pub sources: Vec<Source>,
    /// What cannot be read, though it was meant.
    pub failures: Vec<InputError>,
    /// What directories hold, and was not meant.
    pub left_out: LeftOut,
    /// The patterns that left nothing out.
    pub idle_excludes: Vec<String>,
}

/// Finds the texts that a selection means. What cannot be read is no reason to stop: it is among the failures.
///
/// # Errors
///
/// A pattern of `--exclude` that means nothing.
pub fn find(selection: &Selection) -> Result<Found, InputError> {
    let mut excludes = Excludes::read(&selection.exclude)?;
    let mut once = Once::default();
    let nothing_named = selection.paths.is_empty();
    let assumed = [PathBuf::from(if stream::stdin_has_manifests() { "-" } else { "." })];
    for path in if nothing_named { &assumed } else { selection.paths.as_slice() } {
        if path.as_os_str() == "-" {
            if once.is_first(path.clone(), true) {
                let name = selection.stdin_name.as_deref();
                once.add(stream::stdin(name).map(|source| Source { is_assumed: nothing_named, ..source }));
            }
        } else if path.is_dir() {
            once.add_directory(path, &mut excludes);
        } else if stream::is_stream(path) {
            once.add(stream::named(path));
        } else if once.is_first(path.canonicalize().unwrap_or_else(|_| path.clone()), true) {
            once.found.sources.push(file(path.clone(), true));
        }
    }
    let mut found = once.found;
    found.idle_excludes = excludes.idle();
    hold_small_ones(&mut found);
    Ok(found)
}

/// Sees to it that there is one source for a file, however many ways lead to it.
#[derive(Default)]
struct Once {
    found: Found,
    /// Where each file stands among the sources.
    known: HashMap<PathBuf, usize>,
}

impl Once {
    /// Whether a file, by the one path that it really has, comes up for the first time. It is named once it has been.
    fn is_first(&mut self, real: PathBuf, is_named: bool) -> bool {
        let next = self.found.sources.len();
        let position = *self.known.entry(real).or_insert(next);
        if let Some(source) = self.found.sources.get_mut(position) {
            source.is_named |= is_named;
        }
        position == next
    }

    fn add(&mut self, source: Result<Source, InputError>) {
        match source {
            Ok(source) => self.found.sources.push(source),
            Err(error) => self.found.failures.push(error),
        }
    }

    fn add_directory(&mut self, root: &Path, excludes: &mut Excludes) {
        let searched = directory::search(root, excludes);
        self.found.failures.extend(searched.failures);
        self.found.left_out.add(searched.left_out);
        for manifest in searched.manifests {
            if self.is_first(manifest.real, false) {
                self.found.sources.push(file(manifest.path, false));
            }
        }
    }
}

fn file(path: PathBuf, is_named: bool) -> Source {
    let shown = path.strip_prefix("./").unwrap_or(&path).to_string_lossy().into_owned();
    Source {
        name: Some(shown.into()),
        path: Some(path.clone()),
        is_named,
        is_assumed: false,
        body: Body::Stored(Box::new(OnDisk(path))),
    }
}

/// Reads files until the room for held ones is full. One that cannot be read becomes a failure.
fn hold_small_ones(found: &mut Found) {
    let room = AtomicUsize::new(HELD_FILES);
    let mut held = Vec::with_capacity(found.sources.len());
    in_order(
        found.sources.chunks(FILES_AT_ONCE),
        |sources| sources.iter().map(|source| hold(source, &room)).collect::<Vec<_>>(),
        |read| held.extend(read),
    );
    let sources = std::mem::take(&mut found.sources);
    for (mut source, bytes) in sources.into_iter().zip(held) {
        match bytes {
            Ok(bytes) => {
                if let Some(bytes) = bytes {
                    source.body = Body::Held(bytes);
                }
                found.sources.push(source);
            }
            Err(error) => found.failures.push(error),
        }
    }
}

/// The bytes of a file that fits into the room, which becomes smaller by it.
fn hold(source: &Source, room: &AtomicUsize) -> Result<Option<Vec<u8>>, InputError> {
    let (Some(path), Body::Stored(_)) = (&source.path, &source.body) else { return Ok(None) };
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
