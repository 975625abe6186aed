//! A certificate chain as a server shows it: whether a client accepts it, and until when.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::serving::read_chain;
use super::{CertificateError, parse, validity};

/// The certificates of a PEM text as PEM text, and nothing else of it: whatever stands beside them, such as a private key,
/// is not for those who are told whom to trust.
///
/// # Errors
/// When one of them is damaged.
pub fn certificates_only(pem: &str) -> Result<String, CertificateError> {
    Ok(read_chain(pem)?.iter().map(|der| to_pem(der)).collect())
}

/// How long a line of PEM is, in characters (RFC 7468).
const LINE: usize = 64;

fn to_pem(der: &[u8]) -> String {
    let mut encoded = BASE64.encode(der);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 64);
    lines.push_str("-----BEGIN CERTIFICATE-----\n");
    while !encoded.is_empty() {
        let rest = encoded.split_off(encoded.len().min(LINE));
        lines.extend([encoded.as_str(), "\n"]);
        encoded = rest;
    }
    lines.push_str("-----END CERTIFICATE-----\n");
    lines
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::Authority;

    #[test]
    fn of_a_text_only_the_certificates_are_told() {
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(1);
        let [one, two] = [(); 2].map(|()| Authority::issue(time::Duration::days(1), now).unwrap());
        let all =
            format!("a comment\n{}{}{}\n\n{}", one.certificate(), one.key(), two.key(), two.certificate());
        let told = certificates_only(&all).unwrap();
        let der = |pem: &str| read_chain(pem).unwrap();
        assert_eq!(der(&told), der(&all));
        assert!(!told.contains("PRIVATE") && !told.contains("comment"), "{told}");
        assert!(told.lines().all(|line| line.len() <= LINE), "{told}");
        assert_eq!(certificates_only(&told).unwrap(), told, "what is one already stays as it is");
        assert_eq!(certificates_only("nothing").unwrap(), "");
    }
}
