//! What a TLS server shows, seen by a client that believes nothing.

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;

#[path = "../it/server/client.rs"]
#[allow(dead_code, reason = "each program uses its part")]
mod client;

/// The certificate that is shown at this address.
pub fn shown(address: SocketAddr) -> CertificateDer<'static> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { client::Client::tls(address).await.peer.unwrap().certificate })
}
