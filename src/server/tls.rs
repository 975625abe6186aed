//! TLS as the webhook speaks it, with a certificate that can be replaced between two handshakes.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

use crate::certificate::ServingCertificate;

/// The certificate in use.
///
/// Replacing it is one atomic step: a handshake sees the old or the new pair, never a mixture, and open
/// connections are not touched.
pub struct CertificateStore(ArcSwap<ServingCertificate>);

impl CertificateStore {
    /// A store that begins with this certificate.
    pub fn new(first: ServingCertificate) -> Self {
        Self(ArcSwap::from_pointee(first))
    }

    /// The certificate that the next handshake shows.
    pub fn current(&self) -> Arc<ServingCertificate> {
        self.0.load_full()
    }

    /// Shows this certificate from the next handshake on.
    pub fn replace(&self, next: ServingCertificate) {
        self.0.store(Arc::new(next));
    }
}

impl ResolvesServerCert for CertificateStore {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load().certified_key())
    }
}

impl fmt::Debug for CertificateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CertificateStore").field(&self.0.load()).finish()
    }
}

/// The settings of the TLS side: version 1.3, 1.2 if asked for, and HTTP/1.1 as the only protocol on top.
pub(super) fn config(
    certificates: &Arc<CertificateStore>,
    tls12: bool,
) -> Result<ServerConfig, rustls::Error> {
    let versions: &[_] = if tls12 { &[&TLS13, &TLS12] } else { &[&TLS13] };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(certificates) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
