//! A CA with its key, and the leaves that it signs.

use std::fmt;

use aws_lc_rs::rand;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use super::{
    CertificateError, Name, Pair, first_certificate, hexadecimal, parse, require_authority, serving, validity,
};

/// How far notBefore lies back, for clients whose clock is behind ours.
const CLOCK_SKEW: Duration = Duration::hours(1);

/// The longest common name that X.509 allows.
const COMMON_NAME_LIMIT: usize = 64;

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
