//! Files that are followed: read together, compared by their contents, and reported once when they are bad.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use thiserror::Error;
use tracing::info;

use crate::certificates::CertificateError;

/// The link by which the kubelet swaps all files of a mounted Secret at once.
const KUBELET_LINK: &str = "..data";

/// How often to begin again when the kubelet swaps the files in the middle of reading them.
const ATTEMPTS: u32 = 3;

/// Why files that were named by flags cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system does not give the file's contents.
    #[error("cannot read {flag} {path}: {reason}; name a file that this process may read", path = path.display())]
    Unreadable {
        /// The flag that named the file.
        flag: &'static str,
        /// The file as it was named.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The contents are not what the flags ask for.
    #[error("{files}: {reason}")]
    Unusable {
        /// The flags with their files.
        files: String,
        /// What has to change.
        reason: CertificateError,
    },
}

/// A file and the flag that named it.
#[derive(Debug)]
pub(super) struct NamedFile {
    /// The flag, for messages.
    pub(super) flag: &'static str,
    /// The file as it was named.
    pub(super) path: PathBuf,
}

/// The texts of all the files, in their order.
pub(super) type Contents = Vec<String>;

/// What identifies contents, without keeping a private key about.
type Fingerprint = [u8; 32];

/// Files that belong together, and which of their contents have been seen.
#[derive(Debug)]
pub(super) struct FollowedFiles {
    files: Arc<[NamedFile]>,
    in_use: Option<Fingerprint>,
    reported: Option<Complaint>,
}

/// What has been reported already.
#[derive(Debug, PartialEq, Eq)]
enum Complaint {
    /// Contents that were refused.
    Refused(Fingerprint),
    /// A failure to read, by its message.
    Unreadable(String),
}

impl FollowedFiles {
    /// Files of which nothing has been read yet.
    pub(super) fn new<const N: usize>(files: [NamedFile; N]) -> Self {
        Self { files: Arc::new(files), in_use: None, reported: None }
    }

    /// The value that the files hold at the start.
    pub(super) fn first<T>(
        &mut self,
        build: impl FnOnce(&[String]) -> Result<T, CertificateError>,
    ) -> Result<T, FileError> {
        let contents = read_together(&self.files)?;
        let value = build(&contents).map_err(|reason| self.unusable(reason))?;
        self.in_use = Some(fingerprint(&contents));
        Ok(value)
    }

    /// Reads the files again, away from the threads that serve requests: a disk may take its time.
    pub(super) async fn read(&self) -> Result<Contents, FileError> {
        let files = Arc::clone(&self.files);
        let reading = tokio::task::spawn_blocking(move || read_together(&files));
        reading.await.unwrap_or_else(|error| Err(unreadable(&self.files[0], io::Error::other(error))))
    }

    /// The new value, if the contents have changed and make a good one.
    ///
    /// A fault is an error once for the same contents. They are tried again all the same: a certificate that is
    /// not valid yet will be.
    pub(super) fn judge<T>(
        &mut self,
        read: Result<Contents, FileError>,
        build: impl FnOnce(&[String]) -> Result<T, CertificateError>,
    ) -> Result<Option<T>, FileError> {
        let contents = match read {
            Ok(contents) => contents,
            Err(error) => return self.complain(Complaint::Unreadable(error.to_string()), error),
        };
        let seen = fingerprint(&contents);
        if self.in_use == Some(seen) {
            self.all_is_well_again();
            return Ok(None);
        }
        match build(&contents) {
            Ok(value) => Ok(Some(self.take(seen, value))),
            Err(reason) => self.complain(Complaint::Refused(seen), self.unusable(reason)),
        }
    }

    fn take<T>(&mut self, seen: Fingerprint, value: T) -> T {
        self.in_use = Some(seen);
        self.reported = None;
        value
    }

    fn all_is_well_again(&mut self) {
        if self.reported.take().is_some() {
            info!(files = %self.named(), "files match the certificate in use again");
        }
    }

    fn complain<T>(&mut self, complaint: Complaint, error: FileError) -> Result<Option<T>, FileError> {
        let known = self.reported.as_ref() == Some(&complaint);
        self.reported = Some(complaint);
        if known { Ok(None) } else { Err(error) }
    }

    fn unusable(&self, reason: CertificateError) -> FileError {
        FileError::Unusable { files: self.named(), reason }
    }

    /// The flags with their files, as a person typed them.
    pub(super) fn named(&self) -> String {
        let mut text = String::new();
        for (index, NamedFile { flag, path }) in self.files.iter().enumerate() {
            let with = if index == 0 { "" } else { " with " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{with}{flag} {}", path.display());
        }
        text
    }
}

fn fingerprint(contents: &[String]) -> Fingerprint {
    let mut digest = Context::new(&SHA256);
    for text in contents {
        // With its length, so that text cannot move from one file to the next unseen.
        digest.update(&text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(digest.finish().as_ref());
    fingerprint
}

/// Reads all files as they were at one moment, if their directory allows it.
fn read_together(files: &[NamedFile]) -> Result<Contents, FileError> {
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

fn read_generation(files: &[NamedFile], generation: Option<&Path>) -> Result<Contents, FileError> {
    let home = files.first().map(|first| directory(&first.path));
    let read = |file: &NamedFile| {
        // A file that lies elsewhere has no part in the swap.
        let swapped = generation.filter(|_| home == Some(directory(&file.path)));
        let path = swapped.zip(file.path.file_name()).map(|(directory, name)| directory.join(name));
        let bytes = fs::read(path.as_deref().unwrap_or(&file.path)).map_err(|why| unreadable(file, why))?;
        // What is no text is no PEM either; the reader of PEM says so in better words.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    files.iter().map(read).collect()
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unreadable(file: &NamedFile, reason: io::Error) -> FileError {
    FileError::Unreadable { flag: file.flag, path: file.path.clone(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(directory: &Path) -> FollowedFiles {
        let file = |flag, name| NamedFile { flag, path: directory.join(name) };
        FollowedFiles::new([file("--tls-cert", "a"), file("--tls-key", "b")])
    }

    /// Takes contents that do not begin with "bad".
    fn build(contents: &[String]) -> Result<String, CertificateError> {
        let text = contents.concat();
        if text.starts_with("bad") { Err(CertificateError::KeyMismatch) } else { Ok(text) }
    }

    #[test]
    fn changed_contents_are_taken_once_and_bad_ones_reported_once() {
        let mut files = followed(Path::new("somewhere"));
        let mut judge = |a: &str, b: &str| {
            let result = files.judge(Ok(vec![a.to_owned(), b.to_owned()]), build);
            result.map_err(|error| error.to_string().contains("--tls-key somewhere/b"))
        };
        assert_eq!(judge("new", "er"), Ok(Some("newer".to_owned())));
        assert_eq!(judge("new", "er"), Ok(None));
        assert_eq!(judge("ne", "wer"), Ok(Some("newer".to_owned())), "text has moved between the files");
        assert_eq!(judge("bad", "1"), Err(true));
        assert_eq!(judge("bad", "1"), Ok(None), "reported before");
        assert_eq!(judge("bad", "2"), Err(true));
        assert_eq!(judge("ne", "wer"), Ok(None), "what is in use");
        assert_eq!(judge("bad", "2"), Err(true), "there was a good time between");
        assert_eq!(judge("newest", ""), Ok(Some("newest".to_owned())));
    }

    #[test]
    fn a_file_that_is_missing_is_named_with_its_flag() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "a").unwrap();
        let mut files = followed(dir.path());
        let missing = files.first(build).unwrap_err().to_string();
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
