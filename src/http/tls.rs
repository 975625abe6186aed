//! TLS as the webhook speaks it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use crate::certificates::{CertificateStore, ClientCa};

/// The TLS side: what the next handshake is held by.
pub(super) struct Tls {
    certificates: Arc<CertificateStore>,
    tls12: bool,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Shows the store's certificate; asks for the clients' if their CA is given.
    pub(super) fn new(
        certificates: Arc<CertificateStore>,
        tls12: bool,
        clients: Option<&ClientCa>,
    ) -> Result<Self, rustls::Error> {
        let config = ArcSwap::from_pointee(config(&certificates, tls12, clients)?);
        Ok(Self { certificates, tls12, config })
    }

    /// What shakes hands with the next client.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    /// Knows the clients of this CA from the next handshake on.
    ///
    /// No session is resumed there: it would not be asked for a certificate again.
    pub(super) fn trust(&self, clients: &ClientCa) -> Result<(), rustls::Error> {
        let next = config(&self.certificates, self.tls12, Some(clients))?;
        self.config.store(Arc::new(next));
        Ok(())
    }
}

/// Version 1.3, 1.2 if asked for, and HTTP/1.1 as the only protocol on top.
fn config(
    certificates: &Arc<CertificateStore>,
    tls12: bool,
    clients: Option<&ClientCa>,
) -> Result<ServerConfig, rustls::Error> {
    let versions: &[_] = if tls12 { &[&TLS13, &TLS12] } else { &[&TLS13] };
    let builder =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_protocol_versions(versions)?;
    let verifier = clients.map_or_else(WebPkiClientVerifier::no_client_auth, ClientCa::verifier);
    let mut config = builder
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(certificates) as Arc<dyn ResolvesServerCert>);
    if clients.is_some() {
        // A resumed session shows no certificate: it would outlive the one that it was let in by.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
