//! Who may call over HTTPS: clients of a CA that is followed as a file, and of those the ones on a list.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConnection;
use time::OffsetDateTime;
use tracing::{error, info, warn};

use super::ServeError;
use super::tls::Tls;
use crate::certificates::{
    AllowedClient, CertificateError, Chain, ClientCa, ClientNames, PemFiles, SourceError,
};
use crate::files::ticks;

/// Client certificates are required: from which CA, and of whom.
#[derive(Debug)]
pub struct ClientAuth {
    ca: PemFiles,
    allowed: AllowList,
}

impl ClientAuth {
    /// Requires a certificate from the CA in this file, and one of these names in it.
    pub fn new(ca: PathBuf, allowed: Vec<AllowedClient>) -> Self {
        let ca = PemFiles::new([("--client-ca", ca)]);
        Self { ca, allowed: AllowList(allowed.into()) }
    }

    /// The CA to start with.
    pub(super) fn first(&mut self, now: OffsetDateTime) -> Result<ClientCa, SourceError> {
        self.ca.first(|contents| build(contents, now))
    }

    /// The clients that are let in.
    pub(super) fn allowed(&self) -> AllowList {
        self.allowed.clone()
    }

    /// Follows the CA's file; never returns.
    pub(super) async fn keep_fresh(mut self, tls: Arc<Tls>, every: Duration) {
        let mut ticks = ticks(every);
        loop {
            ticks.tick().await;
            match self.renew(&tls).await {
                Ok(None) => {}
                Ok(Some(certificates)) => info!(certificates, "client CA reloaded"),
                Err(error) => error!(%error, "client CA reload failed; keeping the current one"),
            }
        }
    }

    async fn renew(&mut self, tls: &Tls) -> Result<Option<usize>, ServeError> {
        let next = self.ca.changed(|contents| build(contents, OffsetDateTime::now_utc())).await?;
        let Some(next) = next else { return Ok(None) };
        tls.trust(&next).map_err(ServeError::Tls)?;
        Ok(Some(next.certificates()))
    }
}

fn build(contents: &[String], now: OffsetDateTime) -> Result<ClientCa, CertificateError> {
    ClientCa::from_pem(&contents.concat(), now)
}

/// The names of which a client must have one.
#[derive(Debug, Clone)]
pub(super) struct AllowList(Arc<[AllowedClient]>);

/// A client whose certificate is good and whose name is not on the list; travels with its requests.
///
/// It is told by HTTP 403 instead of a failed handshake: TLS has no words for the reason, and what the API server
/// quotes to the person who writes a cluster is the text of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DisallowedClient(Arc<str>);

/// Says of a request that the certificate of its connection, which was good at the handshake, has ended since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expired;

/// When the certificate ends that a client has shown.
pub(super) fn known_until(session: &ServerConnection) -> Option<OffsetDateTime> {
    let leaf = session.peer_certificates().and_then(<[_]>::first)?;
    let (_, until) = Chain::new(vec![leaf.clone().into_owned()]).validity().ok()?;
    Some(until)
}

impl DisallowedClient {
    /// The names in its certificate.
    pub(super) fn names(&self) -> &str {
        &self.0
    }
}

impl AllowList {
    /// The client of this connection, unless it may call.
    pub(super) fn disallowed(&self, session: &ServerConnection) -> Option<DisallowedClient> {
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let names = leaf.map(ClientNames::of).unwrap_or_default();
        if self.0.iter().any(|allowed| allowed.is(&names)) {
            return None;
        }
        warn!(client = %names, "a client with a good certificate is not allowed by --client-allow: it gets 403");
        Some(DisallowedClient(names.to_string().into()))
    }
}
