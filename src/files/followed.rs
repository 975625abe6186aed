//! Files that are followed: read together, compared by their contents, and reported once when they are bad.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use thiserror::Error;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::info;

use crate::fault::LastingFault;

/// The link by which the kubelet swaps all files of a mounted Secret at once.
const KUBELET_LINK: &str = "..data";

/// How often to begin again when the kubelet swaps the files in the middle of reading them.
const ATTEMPTS: u32 = 3;

/// A file that was named by a flag, and whose contents the operating system does not give.
#[derive(Debug, Error)]
#[error("cannot read {flag} {path}: {reason}; name a file that this process may read", path = path.display())]
pub struct Unreadable {
    /// The flag that named the file.
    pub flag: &'static str,
    /// The file as it was named.
    pub path: PathBuf,
    /// What the operating system said.
    #[source]
    pub reason: io::Error,
}

/// A file and the flag that named it.
#[derive(Debug)]
pub struct NamedFile {
    /// The flag, for messages.
    pub flag: &'static str,
    /// The file as it was named.
    pub path: PathBuf,
}

/// The contents of all the files, in their order.
pub type Contents = Vec<Vec<u8>>;

/// What identifies contents, without keeping a private key about.
type Fingerprint = [u8; 32];

/// Files that belong together, and which of their contents have been seen.
#[derive(Debug)]
pub struct FollowedFiles {
    files: Arc<[NamedFile]>,
    in_use: Option<Fingerprint>,
    fault: LastingFault<Fault>,
}

/// What was wrong with the files.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Contents that were refused.
    Refused(Fingerprint),
    /// A failure to read, by its message.
    Unreadable(String),
}

impl FollowedFiles {
    /// Files of which nothing has been read yet.
    pub fn new<const N: usize>(files: [NamedFile; N]) -> Self {
        Self { files: Arc::new(files), in_use: None, fault: LastingFault::default() }
    }

    /// The value that the files hold at the start.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or `build` makes nothing of them.
    pub fn first<T, E: From<Unreadable>>(
        &mut self,
        build: impl FnOnce(&[Vec<u8>]) -> Result<T, E>,
    ) -> Result<T, E> {
        let contents = read_together(&self.files)?;
        let value = build(&contents)?;
        self.in_use = Some(fingerprint(&contents));
        Ok(value)
    }

    /// The new value, if the contents have changed and make a good one.
    ///
    /// They are read away from the threads that serve requests: a disk may take its time.
    ///
    /// # Errors
    ///
    /// As at the start, and once for the same contents. They are tried again all the same: a certificate that is not valid yet will
    /// be.
    pub async fn changed<T, E: From<Unreadable>>(
        &mut self,
        build: impl FnOnce(&[Vec<u8>]) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let files = Arc::clone(&self.files);
        let reading = tokio::task::spawn_blocking(move || read_together(&files));
        let read =
            reading.await.unwrap_or_else(|error| Err(unreadable(&self.files[0], io::Error::other(error))));
        self.judge(read, build)
    }

    fn judge<T, E: From<Unreadable>>(
        &mut self,
        read: Result<Contents, Unreadable>,
        build: impl FnOnce(&[Vec<u8>]) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let contents = match read {
            Ok(contents) => contents,
            Err(error) => return self.tell(Fault::Unreadable(error.to_string()), error.into()),
        };
        let seen = fingerprint(&contents);
        if self.in_use == Some(seen) {
            if self.fault.is_over() {
                info!(files = %self.named(), "files match what is in use again");
            }
            return Ok(None);
        }
        match build(&contents) {
            Ok(value) => {
                self.in_use = Some(seen);
                self.fault = LastingFault::default();
                Ok(Some(value))
            }
            Err(reason) => self.tell(Fault::Refused(seen), reason),
        }
    }

    fn tell<T, E>(&mut self, fault: Fault, error: E) -> Result<Option<T>, E> {
        if self.fault.is_news(fault) { Err(error) } else { Ok(None) }
    }

    /// The flags with their files, as a person typed them.
    pub fn named(&self) -> String {
        let named = |NamedFile { flag, path }: &NamedFile| format!("{flag} {}", path.display());
        self.files.iter().map(named).collect::<Vec<_>>().join(" with ")
    }
}

/// Moments to look at something; after a pause of the whole machine there is one, not all that were missed.
pub fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn fingerprint(contents: &[Vec<u8>]) -> Fingerprint {
    let mut digest = Context::new(&SHA256);
    for bytes in contents {
        // With their length, so that nothing can move from one file to the next unseen.
        digest.update(&bytes.len().to_le_bytes());
        digest.update(bytes);
    }
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(digest.finish().as_ref());
    fingerprint
}

/// Reads all files as they were at one moment, if their directory allows it.
fn read_together(files: &[NamedFile]) -> Result<Contents, Unreadable> {
    let mut attempt = 1;
    loop {
        let generation = generation(files);
        let result = read_generation(files, generation.as_deref());
        // The kubelet removes the old directory once the link points to the new one.
        let swapped = result.is_err() && self::generation(files) != generation;
        if !swapped || attempt == ATTEMPTS {
            return result;
        }
        attempt += 1;
    }
}

/// The directory behind the kubelet's link next to the first file, resolved once for all of them.
fn generation(files: &[NamedFile]) -> Option<PathBuf> {
    let directory = directory(&files.first()?.path);
    fs::read_link(directory.join(KUBELET_LINK)).ok().map(|target| directory.join(target))
}

fn read_generation(files: &[NamedFile], generation: Option<&Path>) -> Result<Contents, Unreadable> {
    let home = files.first().map(|first| directory(&first.path));
    let read = |file: &NamedFile| {
        // A file that lies elsewhere has no part in the swap.
        let swapped = generation.filter(|_| home == Some(directory(&file.path)));
        let path = swapped.zip(file.path.file_name()).map(|(directory, name)| directory.join(name));
        fs::read(path.as_deref().unwrap_or(&file.path)).map_err(|why| unreadable(file, why))
    };
    files.iter().map(read).collect()
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unreadable(file: &NamedFile, reason: io::Error) -> Unreadable {
    Unreadable { flag: file.flag, path: file.path.clone(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(directory: &Path) -> FollowedFiles {
        let file = |flag, name| NamedFile { flag, path: directory.join(name) };
        FollowedFiles::new([file("--tls-cert", "a"), file("--tls-key", "b")])
    }

    #[derive(Debug, PartialEq)]
    enum Refusal {
        Unreadable(String),
        Bad,
    }

    impl From<Unreadable> for Refusal {
        fn from(error: Unreadable) -> Self {
            Self::Unreadable(error.to_string())
        }
    }

    /// Takes contents that do not begin with "bad".
    fn build(contents: &[Vec<u8>]) -> Result<String, Refusal> {
        let text = String::from_utf8(contents.concat()).unwrap();
        if text.starts_with("bad") { Err(Refusal::Bad) } else { Ok(text) }
    }

    #[test]
    fn changed_contents_are_taken_once_and_bad_ones_reported_once() {
        let mut files = followed(Path::new("somewhere"));
        let mut judge = |a: &str, b: &str| files.judge(Ok(vec![a.into(), b.into()]), build);
        assert_eq!(judge("new", "er"), Ok(Some("newer".to_owned())));
        assert_eq!(judge("new", "er"), Ok(None));
        assert_eq!(judge("ne", "wer"), Ok(Some("newer".to_owned())), "text has moved between the files");
        assert_eq!(judge("bad", "1"), Err(Refusal::Bad));
        assert_eq!(judge("bad", "1"), Ok(None), "reported before");
        assert_eq!(judge("bad", "2"), Err(Refusal::Bad));
        assert_eq!(judge("ne", "wer"), Ok(None), "what is in use");
        assert_eq!(judge("bad", "2"), Err(Refusal::Bad), "there was a good time between");
        assert_eq!(judge("newest", ""), Ok(Some("newest".to_owned())));
    }

    #[test]
    fn a_file_that_is_missing_is_named_with_its_flag() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "a").unwrap();
        let mut files = followed(dir.path());
        let Err(Refusal::Unreadable(missing)) = files.first(build) else { panic!("b is not there") };
        assert!(missing.contains("--tls-key") && missing.contains("/b: "), "{missing}");
        assert!(files.judge(read_together(&files.files), build).is_err());
        assert!(matches!(files.judge(read_together(&files.files), build), Ok(None)), "reported before");
    }

    #[cfg(unix)]
    #[test]
    fn behind_the_kubelets_link_all_files_are_of_one_generation() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        for (name, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(place(name)).unwrap();
            fs::write(place(name).join("a"), text).unwrap();
            fs::write(place(name).join("b"), text).unwrap();
        }
        symlink("..2", place(KUBELET_LINK)).unwrap();
        // The link of one file is behind; the kubelet's link decides.
        symlink("..1/a", place("a")).unwrap();
        symlink("..2/b", place("b")).unwrap();
        assert_eq!(followed(dir.path()).first(build).unwrap(), "twotwo");
    }
}
