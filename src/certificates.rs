//! Certificates: a CA and the leaves that it signs, the leaf that is shown, the clients that are known.
//!
//! Nothing here reads a file or the clock: texts in PEM and the time are passed in.

mod chain;
mod client;
mod name;
mod rotation;
mod serving;

use std::fmt;

use aws_lc_rs::rand;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;
use time::{Duration, OffsetDateTime, UtcOffset};
use x509_parser::prelude::{FromDer, X509Certificate};

pub use chain::{Chain, certificates_only};
pub use client::{AllowedClient, ClientCa, ClientNames, InvalidClient};
pub use name::{InvalidName, Name};
pub use rotation::{Lifetimes, Next, Old, SharedAuthority};
pub use serving::ServingCertificate;

/// How long a CA is valid unless said otherwise.
pub const CA_LIFETIME: Duration = Duration::days(365);

/// How long a leaf is valid unless said otherwise; short, since it is renewed without anyone's doing.
pub const LEAF_LIFETIME: Duration = Duration::days(7);

/// How far notBefore lies back, for clients whose clock is behind ours.
const CLOCK_SKEW: Duration = Duration::hours(1);

/// The longest common name that X.509 allows.
const COMMON_NAME_LIMIT: usize = 64;

/// Why a certificate could not be issued or used; each says what has to change.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The text holds no certificate at all.
    #[error("no certificate found: expected PEM text with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// The text holds a certificate that cannot be read.
    #[error("the certificate is damaged ({0}): copy or issue it again")]
    DamagedCertificate(String),
    /// The text holds no private key at all.
    #[error("no private key found: expected unencrypted PEM text with `-----BEGIN PRIVATE KEY-----`")]
    NoKey,
    /// The key needs a passphrase, which a server that starts alone cannot ask for.
    #[error("the private key is encrypted: decrypt it first (`openssl pkey -in FILE -out FILE`)")]
    EncryptedKey,
    /// The key cannot be read, or is of a kind that TLS does not use.
    #[error("the private key cannot be used ({0}): give an ECDSA, Ed25519 or RSA key in PKCS #8")]
    UnusableKey(String),
    /// Certificate and key are each sound, and strangers to each other.
    #[error(
        "certificate and private key do not belong together: give the key that the certificate was issued for"
    )]
    KeyMismatch,
    /// The certificate may not sign others.
    #[error(
        "the certificate is not a CA's: it may not sign others (no basicConstraints CA or no keyCertSign)"
    )]
    NotAnAuthority,
    /// The CA's time has not come or is over.
    #[error(
        "the CA is valid only from {} to {}: check the clock, or issue a new CA",
        utc(*.not_before),
        utc(*.not_after)
    )]
    OutsideValidity {
        /// First moment of validity.
        not_before: OffsetDateTime,
        /// Last moment of validity.
        not_after: OffsetDateTime,
    },
    /// The serving certificate's time has not come or is over.
    #[error(
        "the certificate is valid only from {} to {}: issue a new one, or check the clock",
        utc(*.not_before),
        utc(*.not_after)
    )]
    NotValidNow {
        /// First moment of validity.
        not_before: OffsetDateTime,
        /// Last moment of validity.
        not_after: OffsetDateTime,
    },
    /// A client would not accept the certificate.
    #[error("a client that calls {name} does not accept the certificate: {reason}")]
    Untrusted {
        /// What the client calls.
        name: String,
        /// What it finds wrong.
        reason: String,
    },
    /// A leaf without names matches no client.
    #[error("a certificate needs at least one DNS name or IP address")]
    NoNames,
    /// The cryptographic library refused.
    #[error("issuing the certificate failed: {0}")]
    Issue(rcgen::Error),
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
}

impl From<rcgen::Error> for CertificateError {
    fn from(error: rcgen::Error) -> Self {
        Self::Issue(error)
    }
}

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

/// A certificate authority with its key: it can sign leaves.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Authority {
    /// A new CA, valid from an hour before `now` until `lifetime` after it.
    ///
    /// # Errors
    /// When the cryptographic library or the operating system's random numbers fail.
    pub fn issue(lifetime: Duration, now: OffsetDateTime) -> Result<Self, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = authority_params(lifetime, now)?.self_signed(&key)?;
        Self::from_pem(&Pair { certificate: certificate.pem(), key: key.serialize_pem() }, now)
    }

    /// The CA that was stored as PEM text.
    ///
    /// # Errors
    /// When either text is unusable, they do not belong together, the certificate is no CA's, or it is not
    /// valid `now`.
    pub fn from_pem(pair: &Pair, now: OffsetDateTime) -> Result<Self, CertificateError> {
        let der = first_certificate(&pair.certificate)?;
        let certificate = parse(&der)?;
        require_authority(&certificate)?;
        let (not_before, not_after) = validity(&certificate);
        if now < not_before || now > not_after {
            return Err(CertificateError::OutsideValidity { not_before, not_after });
        }
        serving::reject_encrypted(&pair.key)?;
        let key =
            KeyPair::from_pem(&pair.key).map_err(|error| CertificateError::UnusableKey(error.to_string()))?;
        if key.subject_public_key_info() != certificate.public_key().raw {
            return Err(CertificateError::KeyMismatch);
        }
        let issuer = Issuer::from_ca_cert_der(&der, key)?;
        Ok(Self { issuer, certificate: pair.certificate.clone(), not_before, not_after })
    }

    /// A new leaf with a new key for a TLS server of these names; it never outlives its CA.
    ///
    /// # Errors
    /// When there is no name, the CA is not valid `now`, or signing fails.
    pub fn issue_leaf(
        &self,
        names: &[Name],
        lifetime: Duration,
        now: OffsetDateTime,
    ) -> Result<Pair, CertificateError> {
        let (not_before, not_after) = (self.not_before, self.not_after);
        if now < not_before || now >= not_after {
            return Err(CertificateError::OutsideValidity { not_before, not_after });
        }
        let mut params = leaf_params(names)?;
        params.not_before = now.saturating_sub(CLOCK_SKEW).max(not_before);
        params.not_after = now.saturating_add(lifetime).min(not_after);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// The CA's certificate as PEM text: what clients are given to trust.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The CA's private key as PEM text, for storing it.
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// The last moment of the CA's validity.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

fn authority_params(lifetime: Duration, now: OffsetDateTime) -> Result<CertificateParams, CertificateError> {
    let serial = random_serial()?;
    let mut params = CertificateParams::default();
    // A name of its own for every CA: OpenSSL may pick the wrong one of two trusted CAs of the same name.
    params.distinguished_name = common_name(&format!("syncguard CA {}", hexadecimal(&serial[..4])));
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = now.saturating_sub(CLOCK_SKEW);
    params.not_after = now.saturating_add(lifetime);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn leaf_params(names: &[Name]) -> Result<CertificateParams, CertificateError> {
    let first = names.first().ok_or(CertificateError::NoNames)?.to_string();
    let mut params = CertificateParams::default();
    // Clients look at the alternative names only; the subject is for people.
    let subject = if first.len() <= COMMON_NAME_LIMIT { first.as_str() } else { "syncguard" };
    params.distinguished_name = common_name(subject);
    params.serial_number = Some(SerialNumber::from_slice(&random_serial()?));
    params.subject_alt_names = names.iter().map(Name::to_san).collect::<Result<_, _>>()?;
    // Written out as "not a CA", which is also what brings the subject key identifier.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn random_serial() -> Result<[u8; 16], CertificateError> {
    let mut serial = [0; 16];
    rand::fill(&mut serial).map_err(|_| CertificateError::NoRandomness)?;
    Ok(serial)
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
