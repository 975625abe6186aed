//! Certificates and keys in files that somebody else renews: cert-manager, an operator, a person.

use std::path::PathBuf;

use thiserror::Error;

use super::CertificateError;
use crate::files::{FollowedFiles, NamedFile, Unreadable};

/// Why certificates cannot be had from where they come from.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The contents are not what the flags ask for.
    #[error("{files}: {reason}")]
    Unusable {
        /// The flags with their files.
        files: String,
        /// What has to change.
        #[source]
        reason: CertificateError,
    },
    /// A certificate of our own cannot be issued.
    #[error(transparent)]
    Issue(#[from] CertificateError),
}

/// Files in PEM, which are followed.
#[derive(Debug)]
pub struct PemFiles(FollowedFiles);

impl PemFiles {
    /// The files that these flags name.
    pub fn new<const N: usize>(files: [(&'static str, PathBuf); N]) -> Self {
        Self(FollowedFiles::new(files.map(|(flag, path)| NamedFile { flag, path })))
    }

    /// What their texts hold at the start.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or does not hold what it should.
    pub fn first<T>(
        &mut self,
        build: impl FnOnce(&[String]) -> Result<T, CertificateError>,
    ) -> Result<T, SourceError> {
        let files = self.0.named();
        self.0.first(|contents| usable(files, build(&texts(contents))))
    }

    /// The same once they have changed; none where they have not.
    ///
    /// # Errors
    ///
    /// As at the start, once for the same contents.
    pub async fn changed<T>(
        &mut self,
        build: impl FnOnce(&[String]) -> Result<T, CertificateError>,
    ) -> Result<Option<T>, SourceError> {
        let files = self.0.named();
        self.0.changed(|contents| usable(files, build(&texts(contents)))).await
    }
}

/// What is no text is no PEM either; the reader of PEM says so in better words.
fn texts(contents: &[Vec<u8>]) -> Vec<String> {
    contents.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

fn usable<T>(files: String, built: Result<T, CertificateError>) -> Result<T, SourceError> {
    built.map_err(|reason| SourceError::Unusable { files, reason })
}
