//! The certificate that the server shows: read from PEM, checked against its key, ready for rustls.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::digest;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::{CertificateError, Chain, Pair, parse, validity};

/// A certificate chain with the key that belongs to it, and what people and renewal want to know about it.
#[derive(Clone)]
pub struct ServingCertificate {
    certified: Arc<CertifiedKey>,
    fingerprint: [u8; 32],
    names: Vec<String>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl ServingCertificate {
    /// Reads a pair and makes sure that its two halves belong together.
    ///
    /// The time is not looked at: whether to serve an expired certificate is the caller's decision.
    ///
    /// # Errors
    /// When either text is unusable, or the key is not the certificate's.
    pub fn from_pem(pair: &Pair) -> Result<Self, CertificateError> {
        let chain = read_chain(&pair.certificate)?;
        let leaf = chain.first().ok_or(CertificateError::NoCertificate)?.clone();
        let certified = CertifiedKey::from_der(chain, read_key(&pair.key)?, &default_provider());
        let certified = Arc::new(certified.map_err(explain)?);
        let certificate = parse(&leaf)?;
        let (not_before, not_after) = validity(&certificate);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest::digest(&digest::SHA256, &leaf).as_ref());
        Ok(Self { certified, fingerprint, names: alternative_names(&certificate), not_before, not_after })
    }

    /// What rustls shows to a client.
    pub fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }

    /// SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    /// The DNS names and IP addresses that the certificate is for.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The last moment of validity.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether clients would refuse the certificate for its dates.
    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    /// Itself, unless clients would refuse it for its dates.
    ///
    /// # Errors
    /// When it is expired or not valid yet.
    pub fn valid_at(self, now: OffsetDateTime) -> Result<Self, CertificateError> {
        let (not_before, not_after) = (self.not_before, self.not_after);
        if self.is_valid_at(now) {
            Ok(self)
        } else {
            Err(CertificateError::NotValidNow { not_before, not_after })
        }
    }

    /// The certificates that clients are shown.
    pub fn chain(&self) -> Chain {
        Chain::new(self.certified.cert.clone())
    }

    /// When to renew: at two thirds of the life, up to a tenth of it earlier.
    ///
    /// The tenth is drawn from the fingerprint, so that replicas do not renew all at once and one certificate
    /// always gives the same moment.
    pub fn renew_at(&self) -> OffsetDateTime {
        let life = self.not_after - self.not_before;
        let earlier = life * f64::from(self.fingerprint[0]) / 2550.0;
        self.not_before + life * 2 / 3 - earlier
    }
}

impl fmt::Debug for ServingCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServingCertificate")
            .field("fingerprint", &self.fingerprint())
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// Refuses a key with a passphrase by name; readers of keys only say that they found none.
pub(super) fn reject_encrypted(pem: &str) -> Result<(), CertificateError> {
    let encrypted = pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED");
    if encrypted { Err(CertificateError::EncryptedKey) } else { Ok(()) }
}

/// All certificates of a PEM text, in their order; perhaps none.
pub(super) fn read_chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateError::DamagedCertificate(error.to_string()))
}

fn read_key(pem: &str) -> Result<PrivateKeyDer<'static>, CertificateError> {
    reject_encrypted(pem)?;
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| match error {
        PemError::NoItemsFound => CertificateError::NoKey,
        other => CertificateError::UnusableKey(other.to_string()),
    })
}

fn explain(error: rustls::Error) -> CertificateError {
    match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::KeyMismatch,
        rustls::Error::InvalidCertificate(reason) => {
            CertificateError::DamagedCertificate(format!("{reason:?}"))
        }
        other => CertificateError::UnusableKey(other.to_string()),
    }
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    extension.value.general_names.iter().filter_map(readable).collect()
}

fn readable(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|v4| IpAddr::from(v4).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|v6| IpAddr::from(v6).to_string()),
        },
        _ => None,
    }
}
