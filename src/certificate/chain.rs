//! A certificate chain as a server shows it: whether a client accepts it, and until when.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;

use super::serving::read_chain;
use super::{CertificateError, parse, validity};

/// Certificates without a key, the leaf first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Vec<CertificateDer<'static>>);

impl Chain {
    /// What somebody showed.
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self(certificates)
    }

    /// The certificates of a PEM text.
    ///
    /// # Errors
    /// When one of them is damaged.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        read_chain(pem).map(Self)
    }

    /// Whether a client that trusts `bundle` (PEM text) and calls `name` accepts it.
    ///
    /// # Errors
    /// When it does not; says why.
    pub fn verify(&self, name: &str, bundle: &str, now: OffsetDateTime) -> Result<(), CertificateError> {
        let untrusted = |reason: String| CertificateError::Untrusted { name: name.to_owned(), reason };
        let [leaf, rest @ ..] = self.0.as_slice() else { return Err(CertificateError::NoCertificate) };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(read_chain(bundle)?);
        let provider = Arc::new(default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| untrusted(error.to_string()))?;
        let server = ServerName::try_from(name).map_err(|error| untrusted(error.to_string()))?;
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let result = verifier.verify_server_cert(leaf, rest, &server, &[], now);
        result.map(drop).map_err(|error| untrusted(error.to_string()))
    }

    /// The first and the last moment of the leaf's validity.
    ///
    /// # Errors
    /// When there is no leaf, or it cannot be read.
    pub fn validity(&self) -> Result<(OffsetDateTime, OffsetDateTime), CertificateError> {
        let leaf = self.0.first().ok_or(CertificateError::NoCertificate)?;
        parse(leaf).map(|certificate| validity(&certificate))
    }
}
