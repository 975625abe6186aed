//! The accept loop and the life of one connection: handshake, requests one after another, close.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::ServiceExt;
use tracing::{debug, warn};

use super::Limits;
use super::clients::{AllowList, DisallowedClient, Expired, known_until};
use super::pool::{Activity, ConnectionPool, PooledConnection};
use super::sending::Sending;
use super::tls::Tls;
use crate::metrics::Metrics;

/// How much TLS keeps of an answer that its client does not read, in bytes; the rest stays in the memory for requests.
const UNREAD: usize = 16 * 1024;

/// The least that hyper takes as a buffer, in bytes.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// How long to wait when the system has no more sockets, instead of asking in a tight loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Whether clients are asked to close: every answer then says `Connection: close`.
#[derive(Clone, Default)]
pub(super) struct Closing(Arc<AtomicBool>);

impl Closing {
    /// From now on, every answer asks to close.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a port is guarded.
pub(super) struct Security {
    /// What shakes hands.
    pub(super) tls: Arc<Tls>,
    /// Who may call, if clients have to say who they are.
    pub(super) allowed: Option<AllowList>,
    /// Where failed handshakes are counted.
    pub(super) metrics: Arc<Metrics>,
}

/// What the requests of one connection carry.
struct Caller {
    activity: Activity,
    disallowed: Option<DisallowedClient>,
    /// When its certificate ends, if clients have to show one.
    known_until: Option<OffsetDateTime>,
}

/// One port with the routes that it serves.
pub(super) struct Listener {
    socket: TcpListener,
    service: Arc<Service>,
}

struct Service {
    security: Option<Security>,
    router: Router,
    http: http1::Builder,
    limits: Limits,
    pool: Arc<ConnectionPool>,
    closing: Closing,
}

impl Listener {
    /// A port that speaks TLS.
    pub(super) fn tls(
        socket: TcpListener,
        security: Security,
        router: Router,
        pool: Arc<ConnectionPool>,
        limits: Limits,
    ) -> Self {
        Self::new(socket, Some(security), router, pool, limits)
    }

    /// A port that speaks plain HTTP.
    pub(super) fn plain(socket: TcpListener, router: Router, limits: Limits) -> Self {
        Self::new(socket, None, router, ConnectionPool::new(limits.health_connections), limits)
    }

    fn new(
        socket: TcpListener,
        security: Option<Security>,
        router: Router,
        pool: Arc<ConnectionPool>,
        limits: Limits,
    ) -> Self {
        let service =
            Service { security, router, http: protocol(&limits), limits, pool, closing: Closing::default() };
        Self { socket, service: Arc::new(service) }
    }

    /// The switch that makes answers ask for the connection's end.
    pub(super) fn closing(&self) -> Closing {
        self.service.closing.clone()
    }

    /// Accepts until `stop` resolves, then waits for what is in flight, and cuts what takes too long.
    pub(super) async fn run(self, stop: impl Future<Output = ()>) {
        let Self { socket, service } = self;
        let graceful = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            let next = async {
                let stream = accept(&socket).await;
                (stream, service.pool.enter().await)
            };
            let (stream, place) = tokio::select! {
                next = next => next,
                () = &mut stop => break,
            };
            // The watcher is taken before the handshake, so that a drain waits for it too.
            tokio::spawn(Arc::clone(&service).serve(stream, place, graceful.watcher()));
        }
        drop(socket);
        if timeout(service.limits.drain, graceful.shutdown()).await.is_err() {
            warn!("connections still busy after the drain timeout were closed");
            service.pool.cut_all();
        }
    }
}

impl Service {
    /// Serves one connection until either side ends it, or it has to make room.
    async fn serve(self: Arc<Self>, stream: TcpStream, place: PooledConnection, watcher: Watcher) {
        let metrics = self.security.as_ref().map(|security| &security.metrics);
        let _counted = metrics.map(|metrics| metrics.connect());
        tokio::select! {
            () = self.handshake(stream, place.activity().clone(), watcher) => {}
            () = place.cut() => {
                metrics.inspect(|metrics| metrics.made_room());
                debug!("connection closed to make room");
            }
        }
    }

    async fn handshake(&self, stream: TcpStream, activity: Activity, watcher: Watcher) {
        let Some(Security { tls, allowed, metrics }) = &self.security else {
            return self
                .serve_http(stream, Caller { activity, disallowed: None, known_until: None }, watcher)
                .await;
        };
        match timeout(self.limits.handshake, tls.acceptor().accept(stream)).await {
            Ok(Ok(mut stream)) => {
                stream.get_mut().1.set_buffer_limit(Some(UNREAD));
                let session = stream.get_ref().1;
                let disallowed = allowed.as_ref().and_then(|allowed| allowed.disallowed(session));
                let known_until = allowed.as_ref().and_then(|_| known_until(session));
                self.serve_http(stream, Caller { activity, disallowed, known_until }, watcher).await;
            }
            Ok(Err(error)) => {
                metrics.handshake_failed();
                debug!(%error, "TLS handshake failed");
            }
            Err(_) => {
                metrics.handshake_failed();
                debug!("TLS handshake timed out");
            }
        }
    }

    async fn serve_http<S>(&self, stream: S, caller: Caller, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let service = service_fn(|request| self.answer(request, &caller));
        let stream = Sending::new(stream, self.limits.reading);
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            debug!(%error, "connection ended early");
        }
    }

    async fn answer(
        &self,
        mut request: hyper::Request<Incoming>,
        caller: &Caller,
    ) -> Result<Response, Infallible> {
        caller.activity.begin();
        request.extensions_mut().insert(caller.activity.clone());
        if let Some(disallowed) = &caller.disallowed {
            request.extensions_mut().insert(disallowed.clone());
        }
        if caller.known_until.is_some_and(|until| until < OffsetDateTime::now_utc()) {
            request.extensions_mut().insert(Expired);
        }
        let mut response = self.router.clone().oneshot(request).await?;
        if self.closing.is_set() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Without a timer, hyper panics where a time limit is set.
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER));
    http
}

async fn accept(socket: &TcpListener) -> TcpStream {
    loop {
        match socket.accept().await {
            Ok((stream, _)) => {
                // Answers are small and complete: waiting to fill a packet only costs time.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection, retrying");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
