//! The webhook's server: HTTPS for the API server, a plain port for health, and an orderly end.
//!
//! It knows sockets, TLS and HTTP. What an answer says is its [`Handler`]'s business.

mod body;
mod clients;
mod connection;
mod descriptors;
mod error;
mod handler;
mod health;
mod limits;
mod memory;
mod pool;
mod refusal;
mod reply;
mod routes;
mod sending;
mod shutdown;
mod tls;

use std::future::{Future, pending};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::{error, info};

use crate::{
    certificates::{CertificateSource, CertificateStore, Checks, ClientCa},
    metrics::Metrics,
};
use connection::{Listener, Security};
use health::Readiness;
use pool::ConnectionPool;
use tls::Tls;

pub use clients::ClientAuth;
pub use error::ServeError;
pub use handler::{Answer, Call, Handler};
pub use limits::Limits;
pub use shutdown::{Stop, run_until_signalled};

/// How to run a server.
#[derive(Debug)]
pub struct Options {
    /// Where the webhook listens for HTTPS; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where health is told over plain HTTP; port 0 takes a free one.
    pub health_listen: SocketAddr,
    /// Where the serving certificate comes from.
    pub source: CertificateSource,
    /// Which clients may call; without it, all of them.
    pub clients: Option<ClientAuth>,
    /// Whether TLS 1.2 is spoken besides 1.3.
    pub tls12: bool,
    /// How long requests are still accepted after [`Stop::Gently`], for API servers that have not noticed yet.
    pub drain_delay: Duration,
    /// What one client, and all of them together, may take.
    pub limits: Limits,
    /// How often certificates are looked at.
    pub checks: Checks,
    /// Where the server counts; others may count there too.
    pub metrics: Arc<Metrics>,
}

/// A server that owns its ports and its certificate, and does not answer yet.
pub struct Server {
    https: TcpListener,
    health: TcpListener,
    tls: Arc<Tls>,
    certificates: Arc<CertificateStore>,
    handler: Arc<dyn Handler>,
    options: Options,
    background: JoinSet<()>,
}

impl Server {
    /// Takes the ports and the first certificate.
    ///
    /// # Errors
    /// When a port cannot be had or there is no usable certificate.
    pub async fn bind(mut options: Options, handler: Arc<dyn Handler>) -> Result<Self, ServeError> {
        let now = OffsetDateTime::now_utc();
        let first = options.source.first(now)?;
        let clients: Option<ClientCa> =
            options.clients.as_mut().map(|clients| clients.first(now)).transpose()?;
        let certificates = Arc::new(CertificateStore::new(first));
        let tls = Tls::new(Arc::clone(&certificates), options.tls12, clients.as_ref());
        let tls = Arc::new(tls.map_err(ServeError::Tls)?);
        let https = listen(options.listen, "--listen").await?;
        let health = listen(options.health_listen, "--health-listen").await?;
        Ok(Self { https, health, tls, certificates, handler, options, background: JoinSet::new() })
    }

    /// Where the webhook listens.
    pub fn https_address(&self) -> SocketAddr {
        self.https.local_addr().unwrap_or(self.options.listen)
    }

    /// Where health is told.
    pub fn health_address(&self) -> SocketAddr {
        self.health.local_addr().unwrap_or(self.options.health_listen)
    }

    /// The certificate in use; replacing it there changes it for every later handshake.
    pub fn certificates(&self) -> Arc<CertificateStore> {
        Arc::clone(&self.certificates)
    }

    /// Runs a task for as long as the server; one that ends before it stops the server.
    pub fn keep_running(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(task);
    }

    /// Answers until `stop` resolves and what was in flight by then is answered.
    ///
    /// # Errors
    /// When a task that belongs to the server has ended: by a panic, since none of them ends otherwise. Whoever watches
    /// the process starts it again.
    pub async fn run(self, stop: impl Future<Output = Stop>) -> Result<(), ServeError> {
        let (limits, checks) = (self.options.limits, self.options.checks);
        let metrics = self.options.metrics;
        let readiness = Readiness::new(Arc::clone(&self.certificates), Arc::clone(&self.handler));
        let readiness = Arc::new(readiness);
        // Dropped with this future, and then so are its tasks.
        let mut background = self.background;
        let health = Listener::plain(self.health, health::router(&readiness, &metrics), limits);
        background.spawn(health.run(pending()));
        let keep_fresh = self.options.source.keep_fresh(self.certificates, Arc::clone(&metrics), checks);
        background.spawn(keep_fresh);

        let pool = ConnectionPool::new(limits.connections);
        let webhooks = routes::router(self.handler, Arc::clone(&metrics), Arc::clone(&pool), limits);
        let allowed = self.options.clients.as_ref().map(ClientAuth::allowed);
        if let Some(clients) = self.options.clients {
            background.spawn(clients.keep_fresh(Arc::clone(&self.tls), checks.files));
        }
        let panics = Arc::clone(&metrics);
        let security = Security { tls: self.tls, allowed, metrics };
        let https = Listener::tls(self.https, security, webhooks, pool, limits);
        let draining = https.closing();
        let drain_delay = self.options.drain_delay;
        readiness.set_ready();
        let mut result = Ok(());
        let end = async {
            let stop = tokio::select! {
                stop = stop => stop,
                Some(_) = background.join_next() => {
                    panics.panicked();
                    error!("a background task failed; stopping");
                    result = Err(ServeError::TaskEnded);
                    Stop::Gently
                }
            };
            let delay = if stop == Stop::Gently { drain_delay } else { Duration::ZERO };
            readiness.set_draining();
            draining.set();
            info!(seconds = delay.as_secs(), "stopping: not ready, still serving during the drain delay");
            tokio::time::sleep(delay).await;
        };
        https.run(end).await;
        info!("stopped");
        result
    }
}

async fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ServeError> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        // `[::]` means every address, and a machine may be without IPv6.
        Err(reason) if address.ip() == Ipv6Addr::UNSPECIFIED && reason.kind() != ErrorKind::AddrInUse => {
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
            listener.map_err(|_| ServeError::Bind { address, flag, reason })
        }
        Err(reason) => Err(ServeError::Bind { address, flag, reason }),
    }
}
