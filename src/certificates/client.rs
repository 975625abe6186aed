//! Who may call: the CA of the clients, and the names that their certificates must have.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::serving::read_chain;
use super::{CertificateError, parse, require_authority, validity};

/// The longest list of names that a message repeats, in characters.
const SHOWN: usize = 300;

/// The CA, or several, whose clients are known.
#[derive(Clone)]
pub struct ClientCa {
    verifier: Arc<dyn ClientCertVerifier>,
    certificates: usize,
}

impl ClientCa {
    /// The CA certificates of a PEM text.
    ///
    /// One that is out of date may stand beside a valid one, as it does while a CA is being replaced.
    ///
    /// # Errors
    /// When there is none, one is unusable or no CA's, or none of them is valid `now`.
    pub fn from_pem(pem: &str, now: OffsetDateTime) -> Result<Self, CertificateError> {
        let found = read_chain(pem)?;
        require_valid_authorities(&found, now)?;
        let mut roots = RootCertStore::empty();
        for der in &found {
            roots.add(der.clone()).map_err(damaged)?;
        }
        let provider = Arc::new(default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { verifier: verifier.map_err(damaged)?, certificates: found.len() })
    }

    /// How many CAs there are.
    pub fn certificates(&self) -> usize {
        self.certificates
    }

    /// What rustls asks about a client.
    pub fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.verifier)
    }
}

impl fmt::Debug for ClientCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCa").field("certificates", &self.certificates).finish_non_exhaustive()
    }
}

/// rustls does not look at a root's own dates, nor whether it may sign.
fn require_valid_authorities(
    found: &[CertificateDer<'_>],
    now: OffsetDateTime,
) -> Result<(), CertificateError> {
    let mut outside = CertificateError::NoCertificate;
    let mut valid = false;
    for der in found {
        let certificate = parse(der)?;
        require_authority(&certificate)?;
        let (not_before, not_after) = validity(&certificate);
        valid |= (not_before..=not_after).contains(&now);
        outside = CertificateError::OutsideValidity { not_before, not_after };
    }
    if valid { Ok(()) } else { Err(outside) }
}

fn damaged(error: impl fmt::Display) -> CertificateError {
    CertificateError::DamagedCertificate(error.to_string())
}

/// A client that may call, by the name in its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedClient {
    /// Every client with a certificate from the CA.
    Any,
    /// The client with this common name, or this DNS name or URI as an alternative one.
    Named(String),
}

/// A text that names no client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` names no client: give a whole common name, DNS name or URI, or `*` alone for every client of the CA"
)]
pub struct InvalidClient(String);

impl FromStr for AllowedClient {
    type Err = InvalidClient;

    fn from_str(text: &str) -> Result<Self, InvalidClient> {
        match text {
            "*" => Ok(Self::Any),
            // Whoever writes `system:*` expects a pattern, and would shut everybody out.
            _ if text.trim().is_empty() || text.contains('*') => Err(InvalidClient(text.to_owned())),
            _ => Ok(Self::Named(text.to_owned())),
        }
    }
}

impl AllowedClient {
    /// Whether a client of these names is meant.
    pub fn is(&self, client: &ClientNames) -> bool {
        match self {
            Self::Any => true,
            Self::Named(name) => client.has(name),
        }
    }
}

/// What a client's certificate says who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientNames {
    /// Common names and URIs, in which case counts.
    exact: Vec<String>,
    /// DNS names, in which it does not.
    dns: Vec<String>,
}

impl ClientNames {
    /// The names in a certificate; none if it cannot be read.
    pub fn of(der: &CertificateDer<'_>) -> Self {
        parse(der).map(|certificate| Self::read(&certificate)).unwrap_or_default()
    }

    fn read(certificate: &X509Certificate<'_>) -> Self {
        let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        let mut names = Self { exact: common.map(str::to_owned).collect(), dns: Vec::new() };
        let Ok(Some(alternative)) = certificate.subject_alternative_name() else { return names };
        for name in &alternative.value.general_names {
            match name {
                GeneralName::DNSName(dns) => names.dns.push((*dns).to_owned()),
                GeneralName::URI(uri) => names.exact.push((*uri).to_owned()),
                _ => {}
            }
        }
        names
    }

    fn has(&self, name: &str) -> bool {
        self.exact.iter().any(|exact| exact == name)
            || self.dns.iter().any(|dns| dns.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for ClientNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.exact.iter().chain(&self.dns).map(String::as_str).collect();
        // A CA may sign anything; what goes into a log or an answer is one short line.
        let shown: String = names.join(", ").escape_debug().take(SHOWN).collect();
        f.write_str(if shown.is_empty() { "no name" } else { &shown })
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::certificates::Authority;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn a_client_is_named_in_full_or_by_an_asterisk_alone() {
        for text in ["kube-apiserver", "system:admin", "spiffe://cluster.local/ns/a/sa/b", "a.example"] {
            assert_eq!(text.parse(), Ok(AllowedClient::Named(text.to_owned())));
        }
        assert_eq!("*".parse(), Ok(AllowedClient::Any));
        for text in ["", " ", "system:*", "*.example"] {
            assert!(text.parse::<AllowedClient>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn case_counts_but_in_dns_names() {
        let client = ClientNames { exact: vec!["Admin".to_owned()], dns: vec!["A.example".to_owned()] };
        for (name, expected) in [("Admin", true), ("admin", false), ("a.EXAMPLE", true), ("example", false)] {
            assert_eq!(AllowedClient::Named(name.to_owned()).is(&client), expected, "{name}");
        }
        assert!(AllowedClient::Any.is(&ClientNames::default()));
        assert_eq!(client.to_string(), "Admin, A.example");
        assert_eq!(ClientNames::default().to_string(), "no name");
    }

    #[test]
    fn only_the_certificate_of_a_ca_that_is_valid_makes_clients_known() {
        let ca = |days, at| Authority::issue(Duration::days(days), at).unwrap();
        let (old, new) = (ca(1, NOW - Duration::days(9)), ca(9, NOW));
        let leaf = new.issue_leaf(&["a".parse().unwrap()], Duration::days(1), NOW).unwrap();
        let check = |pem: &str| ClientCa::from_pem(pem, NOW).map(|ca| ca.certificates());
        assert_eq!(check(new.certificate()).unwrap(), 1);
        assert_eq!(check(&format!("{}{}", old.certificate(), new.certificate())).unwrap(), 2);
        assert!(matches!(check(old.certificate()), Err(CertificateError::OutsideValidity { .. })));
        assert!(matches!(check(&leaf.certificate), Err(CertificateError::NotAnAuthority)));
        assert!(matches!(check("nothing"), Err(CertificateError::NoCertificate)));
    }
}
