//! A client that sees what goes over the wire: TLS by rustls, HTTP by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme, SupportedProtocolVersion,
};
use syncguard::certificates::Pair;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Waits for what is sure to come; a guard against tests that hang, not a measurement.
pub async fn patiently<T>(expected: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), expected).await.expect("it comes within a minute")
}

/// One connection.
pub struct Client {
    wire: BufStream<Box<dyn Wire>>,
    pub peer: Option<Peer>,
}

/// What the handshake agreed on.
pub struct Peer {
    pub version: ProtocolVersion,
    pub alpn: Option<Vec<u8>>,
    pub certificate: CertificateDer<'static>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How to shake hands.
pub struct Handshake {
    pub version: &'static SupportedProtocolVersion,
    pub alpn: &'static [&'static str],
    /// The certificate that the client shows, if any.
    pub identity: Option<Pair>,
}

impl Default for Handshake {
    fn default() -> Self {
        Self { version: &rustls::version::TLS13, alpn: &["http/1.1"], identity: None }
    }
}

impl Client {
    pub async fn tls(address: SocketAddr) -> Self {
        Self::shake_hands(address, &Handshake::default()).await.expect("the handshake succeeds")
    }

    pub async fn shake_hands(address: SocketAddr, handshake: &Handshake) -> std::io::Result<Self> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[handshake.version])
            .expect("a version of the provider")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone));
        let mut config = match &handshake.identity {
            None => builder.with_no_client_auth(),
            Some(Pair { certificate, key }) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                builder.with_client_auth_cert(vec![certificate], key).expect("a pair")
            }
        };
        config.alpn_protocols = handshake.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TcpStream::connect(address).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let (_, session) = stream.get_ref();
        let peer = Peer {
            version: session.protocol_version().expect("a version"),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            certificate: session.peer_certificates().expect("a certificate")[0].clone().into_owned(),
        };
        Ok(Self { wire: BufStream::new(Box::new(stream)), peer: Some(peer) })
    }

    pub async fn plain(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the port is open");
        Self { wire: BufStream::new(Box::new(stream)), peer: None }
    }

    /// Sends bytes as they are; whether the other side still takes them shows in what it answers.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.wire.write_all(bytes).await;
        let _ = self.wire.flush().await;
    }

    /// Sends a JSON body to a path and waits for the answer.
    pub async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send(request("POST", path, "content-type: application/json\r\n", body).as_bytes()).await;
        self.answer().await.expect("an answer")
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(request("GET", path, "", "").as_bytes()).await;
        self.answer().await.expect("an answer")
    }

    /// The next answer; none if the connection ends instead.
    pub async fn answer(&mut self) -> Option<Answer> {
        patiently(self.read_answer()).await
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let status = self.line().await?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        while let Some((name, value)) = self.line().await?.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Answer { status, headers, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        self.wire.read_exact(&mut body).await.ok()?;
        answer.body = String::from_utf8(body).expect("text");
        Some(answer)
    }

    /// Waits until the other side closes, and fails if it sends something instead.
    pub async fn expect_end(&mut self) {
        let mut rest = Vec::new();
        let _ = patiently(self.wire.read_to_end(&mut rest)).await;
        assert_eq!(String::from_utf8_lossy(&rest), "", "sent instead of closing");
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.wire.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    }
}

/// A request with these header lines, each ended by CR LF.
pub fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Trusts any certificate: these tests ask which one is shown, not whether it is trusted.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
