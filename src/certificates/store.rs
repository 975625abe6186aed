//! The certificate that is shown, which can be replaced between two handshakes.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::ServingCertificate;

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
