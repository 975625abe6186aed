//! Why a certificate is of no use, and what has to change.

use rcgen::Error as IssueError;
use thiserror::Error;
use time::OffsetDateTime;

use super::utc;

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
    Issue(IssueError),
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
}

impl From<IssueError> for CertificateError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}
