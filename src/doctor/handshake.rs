//! What a TLS server shows, whoever it is: looked at, and not believed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::certificates::Chain;

/// How long a server may take to show something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The certificates that are shown at this place to whoever calls this name; else why there are none.
pub(super) async fn shown(host: &str, port: u16) -> Result<Chain, String> {
    let connected = timeout(PATIENCE, TcpStream::connect((host, port))).await;
    let stream = connected.map_err(|_| late())?.map_err(|error| error.to_string())?;
    let witness = Arc::<Witness>::default();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let handshake = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    // A server that wants a client certificate refuses only after it has shown its own.
    let seen = witness.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (seen, handshake) {
        (Some(chain), _) => Ok(chain),
        (None, Err(_)) => Err(late()),
        (None, Ok(result)) => Err(result.err().map_or_else(String::new, |error| error.to_string())),
    }
}

fn late() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}

/// Remembers what it is shown. Nothing is sent over the connections that it lets come about.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Chain>>);

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = [leaf].into_iter().chain(rest).map(|shown| shown.clone().into_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Chain::new(all.collect()));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
