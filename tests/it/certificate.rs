//! What issued certificates promise, checked as clients check them.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use syncguard::certificates::{
    Authority, CA_LIFETIME, CertificateError, LEAF_LIFETIME, Name, Pair, ServingCertificate,
};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

/// 2001-09-09, long before any clock that runs the tests: nothing here may look at that clock.
const NOW: OffsetDateTime = match OffsetDateTime::from_unix_timestamp(1_000_000_000) {
    Ok(now) => now,
    Err(_) => panic!("a valid timestamp"),
};

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn authority() -> Authority {
    Authority::issue(CA_LIFETIME, NOW).unwrap()
}

fn leaf(authority: &Authority) -> Pair {
    authority.issue_leaf(&names(&["localhost", "::1"]), LEAF_LIFETIME, NOW).unwrap()
}

/// The pair that a CA is stored as.
fn stored(authority: &Authority) -> Pair {
    Pair { certificate: authority.certificate().to_owned(), key: authority.key() }
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// Whether a client that trusts this CA accepts the leaf for this name at this time.
fn accepted(ca: &str, leaf: &str, name: &str, at: OffsetDateTime) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(der(ca)).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
    let seconds = u64::try_from(at.unix_timestamp()).unwrap();
    let at = UnixTime::since_unix_epoch(StdDuration::from_secs(seconds));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.build().unwrap().verify_server_cert(&der(leaf), &[], &name, &[], at).map(|_| ())
}

#[test]
fn a_client_accepts_the_leaf_for_its_names_and_its_time_only() {
    let authority = authority();
    let listed = ["localhost", "syncguard.syncguard.svc", "127.0.0.1", "::1", "*.example.com"];
    let leaf = authority.issue_leaf(&names(&listed), LEAF_LIFETIME, NOW).unwrap();
    let check = |name: &str, at, expected: bool| {
        let result = accepted(authority.certificate(), &leaf.certificate, name, at);
        assert_eq!(result.is_ok(), expected, "{name} at {at}: {result:?}");
    };
    for name in ["localhost", "syncguard.syncguard.svc", "127.0.0.1", "::1", "db.example.com"] {
        check(name, NOW, true);
    }
    for name in ["other.example", "example.com", "127.0.0.2"] {
        check(name, NOW, false);
    }
    for (after, expected) in [
        (-Duration::minutes(61), false),
        (-Duration::minutes(59), true),
        (LEAF_LIFETIME - Duration::minutes(1), true),
        (LEAF_LIFETIME + Duration::minutes(1), false),
    ] {
        check("localhost", NOW + after, expected);
    }
    assert!(accepted(self::authority().certificate(), &leaf.certificate, "localhost", NOW).is_err());
}

#[test]
fn a_ca_that_was_stored_signs_on() {
    let loaded = Authority::from_pem(&stored(&authority()), NOW).unwrap();
    accepted(loaded.certificate(), &leaf(&loaded).certificate, "localhost", NOW).unwrap();
    assert_eq!(loaded.not_after(), NOW + CA_LIFETIME);
}

#[test]
fn a_leaf_never_outlives_its_ca() {
    let authority = Authority::issue(Duration::days(3), NOW).unwrap();
    let serving = ServingCertificate::from_pem(&leaf(&authority)).unwrap();
    assert_eq!(serving.not_after(), authority.not_after());
    let late = authority.issue_leaf(&names(&["localhost"]), LEAF_LIFETIME, NOW + Duration::days(3));
    assert!(matches!(late, Err(CertificateError::OutsideValidity { .. })), "{late:?}");
}

/// The kinds of extensions, and which of them are critical.
fn extensions(certificate: &X509Certificate<'_>) -> Vec<(&'static str, bool)> {
    let kind = |parsed: &ParsedExtension<'_>| match parsed {
        ParsedExtension::AuthorityKeyIdentifier(_) => "issuer key",
        ParsedExtension::SubjectKeyIdentifier(_) => "own key",
        ParsedExtension::SubjectAlternativeName(_) => "names",
        ParsedExtension::BasicConstraints(_) => "ca",
        ParsedExtension::KeyUsage(_) => "usage",
        ParsedExtension::ExtendedKeyUsage(_) => "purpose",
        _ => "other",
    };
    let mut all: Vec<_> =
        certificate.extensions().iter().map(|e| (kind(e.parsed_extension()), e.critical)).collect();
    all.sort_unstable();
    all
}

#[test]
fn certificates_hold_what_strict_clients_ask_for() {
    let authority = authority();
    let leaf = leaf(&authority);
    let (ca, leaf) = (der(authority.certificate()), der(&leaf.certificate));
    let (_, ca) = X509Certificate::from_der(&ca).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf).unwrap();

    assert_eq!(extensions(&ca), [("ca", true), ("issuer key", false), ("own key", false), ("usage", true)]);
    let basic = ca.basic_constraints().unwrap().unwrap().value;
    assert_eq!((basic.ca, basic.path_len_constraint), (true, Some(0)));
    let usage = ca.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && usage.crl_sign());

    let expected = [
        ("ca", true),
        ("issuer key", false),
        ("names", false),
        ("own key", false),
        ("purpose", false),
        ("usage", true),
    ];
    assert_eq!(extensions(&leaf), expected);
    assert!(!leaf.is_ca());
    let purpose = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purpose.server_auth && !purpose.client_auth && !purpose.any);
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    assert_eq!(leaf.issuer(), ca.subject());
    assert_eq!(ca.public_key().parsed().unwrap().key_size(), 256);
}

#[test]
fn serials_are_random_and_of_128_bits() {
    let authority = authority();
    let serial = || {
        let der = der(&leaf(&authority).certificate);
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        certificate.serial.clone()
    };
    let mut serials: Vec<_> = (0..32).map(|_| serial()).collect();
    assert!(serials.iter().all(|serial| serial.bits() <= 128));
    assert!(serials.iter().any(|serial| serial.bits() > 120), "32 serials, all of them short");
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 32);
}

/// The pair is refused with this word in the reason, as a serving certificate or as a CA.
fn check_refused(certificate: &str, key: &str, word: &str) {
    let pair = Pair { certificate: certificate.to_owned(), key: key.to_owned() };
    let serving = ServingCertificate::from_pem(&pair).unwrap_err().to_string();
    assert!(serving.contains(word), "{serving}");
}

#[test]
fn a_pair_that_cannot_be_served_is_refused_with_the_reason() {
    let authority = authority();
    let (one, other) = (leaf(&authority), leaf(&authority));
    let damaged = one.certificate.replacen("MII", "AAA", 1);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    check_refused(&one.certificate, &other.key, "do not belong together");
    check_refused("", &one.key, "no certificate found");
    check_refused(&one.key, &one.certificate, "no certificate found");
    check_refused(&one.certificate, "", "no private key found");
    check_refused(&one.certificate, &one.certificate, "no private key found");
    check_refused(&one.certificate, encrypted, "encrypted");
    check_refused(&damaged, &one.key, "damaged");
    check_refused(&one.certificate[..200], &one.key, "damaged");
}

#[test]
fn a_ca_that_cannot_sign_is_refused_with_the_reason() {
    let (one, other) = (authority(), authority());
    let mixed = Pair { key: other.key(), ..stored(&one) };
    for (pair, at, word) in [
        (mixed, NOW, "do not belong together"),
        (leaf(&one), NOW, "not a CA's"),
        (stored(&one), NOW + CA_LIFETIME + Duration::days(1), "valid only from"),
        (stored(&one), NOW - Duration::days(1), "valid only from"),
    ] {
        let refusal = Authority::from_pem(&pair, at).unwrap_err().to_string();
        assert!(refusal.contains(word), "{refusal}");
    }
    assert!(matches!(one.issue_leaf(&[], LEAF_LIFETIME, NOW), Err(CertificateError::NoNames)));
}

#[test]
fn keys_are_not_in_debug_output() {
    let authority = authority();
    let text = format!("{authority:?} {:?}", leaf(&authority));
    assert!(!text.contains("PRIVATE KEY"), "{text}");
}

#[test]
fn renewal_comes_at_two_thirds_or_up_to_a_tenth_earlier() {
    let authority = authority();
    for _ in 0..16 {
        let serving = ServingCertificate::from_pem(&leaf(&authority)).unwrap();
        let life = LEAF_LIFETIME + Duration::hours(1);
        let share = (serving.renew_at() - (NOW - Duration::hours(1))) / life;
        assert!((0.56..=0.67).contains(&share), "{share}");
        assert_eq!(serving.renew_at(), serving.clone().renew_at());
    }
}
