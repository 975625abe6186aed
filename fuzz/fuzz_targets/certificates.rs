//! Any bytes where PEM belongs: certificates, keys, a CA of clients; refused in words, and what is published holds no key.

#![no_main]

use base64::{Engine, prelude::BASE64_STANDARD};
use libfuzzer_sys::fuzz_target;
use syncguard::certificates::{Authority, Chain, ClientCa, Pair, ServingCertificate, certificates_only};
use time::OffsetDateTime;

/// Within the validity of the seeds, and the same in every run. In seconds since 1970.
const NOW: i64 = 1_800_000_000;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        read(text);
    }
    // So that the reader of certificates is reached without a need to hit upon Base64.
    let encoded = BASE64_STANDARD.encode(bytes);
    read(&format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n"));
});

fn read(pem: &str) {
    let pair = Pair { certificate: pem.to_owned(), key: pem.to_owned() };
    let now = OffsetDateTime::from_unix_timestamp(NOW).expect("a moment");
    let _ = Authority::from_pem(&pair, now);
    let _ = ServingCertificate::from_pem(&pair);
    let _ = ClientCa::from_pem(pem, now);
    if let Ok(chain) = Chain::from_pem(pem) {
        let _ = chain.validity();
        let _ = chain.verify("a.b.svc", pem, now);
    }
    if let Ok(published) = certificates_only(pem) {
        assert!(!published.contains("PRIVATE KEY"), "{published}");
        assert!(certificates_only(&published).is_ok_and(|again| again == published), "{published}");
    }
}
