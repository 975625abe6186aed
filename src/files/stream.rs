//! Standard input and other pipes, which can be read only once.

use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tempfile::SpooledTempFile;

use super::{Body, InputError, ReadError, Source, Spooled};

/// The most that is taken from a stream, in bytes.
pub(super) const LARGEST: u64 = 4 << 30;
/// Beyond this, a stream goes to a temporary file.
const HELD: usize = 8 << 20;
/// How long a person waits before asking what the program waits for.
const PATIENCE: Duration = Duration::from_secs(1);

/// All of standard input, under a name for people.
pub(super) fn stdin(name: Option<&str>) -> Result<Source, InputError> {
    let mut input = io::stdin().lock();
    wait_for(&mut input);
    spooled(&mut input, name.map(Into::into))
}

/// Waits for the first byte, or the end, and tells a person at a terminal what is being waited for.
fn wait_for(input: &mut impl BufRead) {
    let (came, comes) = mpsc::channel::<()>();
    if io::stderr().is_terminal() {
        thread::spawn(move || {
            if comes.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let text = "waiting for manifests on standard input; to judge files, name them\n";
                // Nobody reads it where this fails.
                let _ = io::stderr().write_all(text.as_bytes());
            }
        });
    }
    // An error comes again, and is told, when the stream is read.
    let _ = input.fill_buf();
    drop(came);
}

/// All of a pipe that has a path, as the shell makes one for `<(helm template .)`.
pub(super) fn named(path: &Path) -> Result<Source, InputError> {
    let name: Arc<str> = path.to_string_lossy().into();
    let mut stream = File::open(path).map_err(|error| ReadError { path: name.to_string(), error })?;
    spooled(&mut stream, Some(name))
}

/// Whether a path is a pipe: it can be read only once.
pub(super) fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Whether standard input is a pipe, a socket or a file: a terminal would keep us waiting, and `/dev/null`, which
/// stands there in cron and CI, holds nothing that somebody meant.
#[cfg(unix)]
pub(super) fn stdin_has_manifests() -> bool {
    use std::os::{fd::AsFd, unix::fs::FileTypeExt};

    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    input
        .and_then(|input| input.metadata())
        .is_ok_and(|it| !it.file_type().is_char_device() && !it.file_type().is_dir())
}

#[cfg(not(unix))]
pub(super) fn stdin_has_manifests() -> bool {
    !io::stdin().is_terminal()
}

/// Takes all of a stream, in memory while it is small.
fn spooled(stream: &mut dyn Read, name: Option<Arc<str>>) -> Result<Source, InputError> {
    let path = name.as_deref().unwrap_or("standard input").to_owned();
    let unreadable = |error| ReadError { path: path.clone(), error };
    let mut spool = SpooledTempFile::new(HELD);
    let length = io::copy(&mut stream.take(LARGEST + 1), &mut spool).map_err(unreadable)?;
    spool.flush().map_err(unreadable)?;
    match length {
        0 => return Err(InputError::Empty { path }),
        length if length > LARGEST => return Err(InputError::TooLarge { path }),
        _ => {}
    }
    let body = if spool.is_rolled() {
        Body::Stored(Box::new(Spooled(Mutex::new(spool))))
    } else {
        let mut bytes = Vec::new();
        spool.seek(SeekFrom::Start(0)).and_then(|_| spool.read_to_end(&mut bytes)).map_err(unreadable)?;
        Body::Held(bytes)
    };
    Ok(Source { name, path: None, is_named: true, is_assumed: false, body })
}
