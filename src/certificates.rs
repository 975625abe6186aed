//! Certificates: a CA and the leaves that it signs, what is shown and where it comes from, the clients that are known, and the API
//! server's trust.
//!
//! `authority`, `chain`, `client`, `name`, `rotation` and `serving` read no file and no clock: texts in PEM and the time are passed in.

mod authority;
mod bundle;
mod chain;
mod client;
mod controller;
mod error;
mod files;
mod lease;
mod name;
mod rotation;
mod secret;
mod serving;
mod source;
mod store;

use std::fmt;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::{Duration, OffsetDateTime, UtcOffset};
use x509_parser::prelude::{FromDer, X509Certificate};

pub use authority::Authority;
pub use chain::{Chain, certificates_only};
pub use client::{AllowedClient, ClientCa, ClientNames, InvalidClient};
pub use controller::{CaSource, CertificateConfig, Trust, maintain_certificates};
pub use error::CertificateError;
pub(crate) use files::PemFiles;
pub use files::SourceError;
pub use name::{InvalidName, Name};
pub use rotation::{Lifetimes, Next, Old, SharedAuthority};
pub use serving::ServingCertificate;
pub use source::{CertificateFiles, CertificateSource, Checks, SelfIssued};
pub use store::CertificateStore;

/// How long a CA is valid unless said otherwise.
pub const CA_LIFETIME: Duration = Duration::days(365);

/// How long a leaf is valid unless said otherwise; short, since it is renewed without anyone's doing.
pub const LEAF_LIFETIME: Duration = Duration::days(7);

/// A moment as people read it, to the second.
pub fn utc(moment: OffsetDateTime) -> String {
    let moment = moment.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = moment.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", moment.date())
}

/// A certificate with its private key, both as PEM text.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, or a chain that begins with it.
    pub certificate: String,
    /// The private key; never logged.
    pub key: String,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn first_certificate(pem: &str) -> Result<CertificateDer<'static>, CertificateError> {
    use rustls::pki_types::pem::Error;
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| match error {
        Error::NoItemsFound => CertificateError::NoCertificate,
        other => CertificateError::DamagedCertificate(other.to_string()),
    })
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => Ok(certificate),
        Err(error) => Err(CertificateError::DamagedCertificate(error.to_string())),
    }
}

fn validity(certificate: &X509Certificate<'_>) -> (OffsetDateTime, OffsetDateTime) {
    let validity = certificate.validity();
    (validity.not_before.to_datetime(), validity.not_after.to_datetime())
}

fn require_authority(certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
    // A CA without the key usage extension may sign; one that has it must list keyCertSign.
    let may_sign = match certificate.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
        Err(_) => false,
    };
    if certificate.is_ca() && may_sign { Ok(()) } else { Err(CertificateError::NotAnAuthority) }
}
