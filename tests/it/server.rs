//! The server from outside: TLS, requests, health and certificates, over loopback.

mod client;
mod clients;
mod ending;
#[cfg(unix)]
mod exhaustion;
mod files;
mod limits;

use std::future::{pending, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustls::ProtocolVersion;
use syncguard::{
    certificates::{
        Authority, CA_LIFETIME, CertificateSource, CertificateStore, Checks, LEAF_LIFETIME, SelfIssued,
        ServingCertificate,
    },
    http::{Answer, Call, Handler, Limits, Options, ServeError, Server, Stop},
    webhook::{Reply, Webhook},
};
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use client::{Client, Handshake, patiently, request};

/// Says which webhook was asked and with what; panics when told to.
struct Echo;

impl Handler for Echo {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        assert_ne!(call.body, b"panic", "as asked");
        said(format!("{:?} {}", call.webhook, call.body.len()))
    }
}

/// An answer that is there at once.
fn said<'h>(text: impl Into<String>) -> Answer<'h> {
    Box::pin(ready(Reply::json(200, text.into().into_bytes())))
}

/// Never answers.
struct Silent;

impl Handler for Silent {
    fn answer<'h>(&'h self, _: Call<'h>) -> Answer<'h> {
        Box::pin(pending())
    }
}

/// Waits with its answer until it is allowed to give it.
struct Patient {
    arrived: Sender<()>,
    allowed: Mutex<Receiver<()>>,
}

impl Patient {
    /// The handler, what tells that a request has arrived, and what lets it be answered.
    fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let (arrived, arrivals) = channel();
        let (allow, allowed) = channel();
        (Arc::new(Self { arrived, allowed: Mutex::new(allowed) }), arrivals, allow)
    }
}

impl Handler for Patient {
    fn answer<'h>(&'h self, _: Call<'h>) -> Answer<'h> {
        self.arrived.send(()).unwrap();
        // A worker that waits would keep what it has woken from every other worker.
        tokio::task::block_in_place(|| self.allowed.lock().unwrap().recv()).unwrap();
        said("late")
    }
}

/// A server that runs.
struct Running {
    https: SocketAddr,
    health: SocketAddr,
    certificates: Arc<CertificateStore>,
    stop: oneshot::Sender<Stop>,
    ended: JoinHandle<Result<(), ServeError>>,
}

fn self_issued() -> CertificateSource {
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let names = vec!["localhost".parse().unwrap()];
    CertificateSource::SelfIssued(Box::new(SelfIssued { authority, names, lifetime: LEAF_LIFETIME }))
}

fn options() -> Options {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: any_port,
        health_listen: any_port,
        source: self_issued(),
        clients: None,
        tls12: false,
        drain_delay: Duration::ZERO,
        limits: Limits::default(),
        checks: Checks::default(),
        metrics: Arc::default(),
    }
}

fn with_limits(change: impl FnOnce(&mut Limits)) -> Options {
    let mut options = options();
    change(&mut options.limits);
    options
}

async fn start(options: Options, handler: Arc<dyn Handler>) -> Running {
    let server = Server::bind(options, handler).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let (https, health, certificates) =
        (server.https_address(), server.health_address(), server.certificates());
    // A test that fails drops the sender; the server then stops at once.
    let ended = tokio::spawn(server.run(async { stopped.await.unwrap_or(Stop::Now) }));
    Running { https, health, certificates, stop, ended }
}

/// Awaits a message of a blocking channel without blocking the runtime.
async fn received(receiver: Receiver<()>) -> Receiver<()> {
    let wait = move || receiver.recv().map(|()| receiver).unwrap();
    tokio::task::spawn_blocking(wait).await.unwrap()
}

/// Asks for a health path until the status is this one; gives the text.
async fn health(address: SocketAddr, path: &str, status: u16) -> String {
    let asking = async {
        loop {
            let answer = Client::plain(address).await.get(path).await;
            if answer.status == status {
                return answer.body;
            }
            tokio::task::yield_now().await;
        }
    };
    patiently(asking).await
}

#[tokio::test]
async fn speaks_http_1_1_over_tls_1_3() {
    let server = start(options(), Arc::new(Echo)).await;
    let mut client = Client::tls(server.https).await;
    let peer = client.peer.as_ref().unwrap();
    assert_eq!(peer.version, ProtocolVersion::TLSv1_3);
    assert_eq!(peer.alpn.as_deref(), Some(&b"http/1.1"[..]));
    for (path, expected) in [("/validate", "Validate 2"), ("/mutate?timeout=5s", "Mutate 2")] {
        let answer = client.post(path, "{}").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected));
        assert_eq!(answer.header("connection"), None);
    }
}

/// Whether a handshake with this version and these protocols succeeds.
async fn check_handshake(tls12: bool, handshake: Handshake, expected: bool) {
    let server = start(Options { tls12, ..options() }, Arc::new(Echo)).await;
    let result = Client::shake_hands(server.https, &handshake).await;
    let (version, alpn) = (handshake.version.version, handshake.alpn);
    assert_eq!(result.is_ok(), expected, "{version:?} {alpn:?} with tls12: {tls12}");
    if let Ok(mut client) = result {
        assert_eq!(client.post("/validate", "{}").await.status, 200);
    }
    assert_eq!(
        Client::tls(server.https).await.post("/validate", "{}").await.status,
        200,
        "others are served"
    );
}

#[tokio::test]
async fn speaks_tls_1_2_only_when_asked_to_and_http_2_never() {
    let (tls12, tls13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    check_handshake(false, Handshake { version: tls12, alpn: &["http/1.1"], ..Handshake::default() }, false)
        .await;
    check_handshake(true, Handshake { version: tls12, alpn: &["http/1.1"], ..Handshake::default() }, true)
        .await;
    check_handshake(false, Handshake { version: tls13, alpn: &["h2"], ..Handshake::default() }, false).await;
    check_handshake(
        false,
        Handshake { version: tls13, alpn: &["h2", "http/1.1"], ..Handshake::default() },
        true,
    )
    .await;
    check_handshake(false, Handshake { version: tls13, alpn: &[], ..Handshake::default() }, true).await;
}

#[tokio::test]
async fn a_request_that_is_no_review_is_told_what_would_be() {
    let json = "content-type: application/json\r\n";
    let parameters = "content-type: Application/JSON; charset=utf-8\r\n";
    let yaml = "content-type: application/yaml\r\n";
    let server = start(with_limits(|limits| limits.body_bytes = 1000), Arc::new(Echo)).await;
    let mut client = Client::tls(server.https).await;
    let large = "x".repeat(1001);
    for (method, path, headers, body, status, word) in [
        ("POST", "/validate", json, "{}", 200, "Validate 2"),
        ("POST", "/validate", parameters, "{}", 200, "Validate 2"),
        ("POST", "/validate", json, "", 200, "Validate 0"),
        ("POST", "/validate", json, &large[..1000], 200, "Validate 1000"),
        ("POST", "/validate", json, &large, 413, "at most 1000 bytes"),
        ("POST", "/validate", yaml, "{}", 415, "application/json"),
        ("POST", "/validate", "", "{}", 415, "application/json"),
        ("GET", "/validate", "", "", 405, "POST /validate"),
        ("PUT", "/mutate", json, "{}", 405, "POST /mutate"),
        ("POST", "/", json, "{}", 404, "/validate and POST /mutate"),
        ("POST", "/healthz", json, &large, 404, "/validate"),
    ] {
        client.send(request(method, path, headers, body).as_bytes()).await;
        let answer = client.answer().await.expect("every answer comes over the same connection");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert!(answer.body.contains(word), "{method} {path}: {}", answer.body);
        let is_status = answer.body.contains(r#""kind":"Status""#);
        assert_eq!(
            is_status,
            status != 200,
            "an API server tells people only what a Status says: {}",
            answer.body
        );
        assert_eq!(answer.header("allow"), (status == 405).then_some("POST"));
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_end_one_connection_only() {
    let server = start(options(), Arc::new(Echo)).await;
    let mut other = Client::tls(server.https).await;
    let mut client = Client::tls(server.https).await;
    client.send(b"\0\0\0 what?\r\n\r\n").await;
    assert_eq!(client.answer().await.unwrap().status, 400);
    let mut truncated = Client::tls(server.https).await;
    truncated
        .send(&request("POST", "/validate", "content-type: application/json\r\n", "{}").as_bytes()[..80])
        .await;
    drop(truncated);
    assert_eq!(other.post("/validate", "{}").await.status, 200);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let server = start(options(), Arc::new(Echo)).await;
    let mut client = Client::tls(server.https).await;
    let answer = client.post("/validate", "panic").await;
    assert_eq!((answer.status, answer.body.contains("internal error")), (500, true), "{}", answer.body);
    assert_eq!(client.post("/validate", "{}").await.status, 200, "the connection lives on");
    assert_eq!(
        Client::tls(server.https).await.post("/mutate", "{}").await.status,
        200,
        "and so does the server"
    );
}

#[tokio::test]
async fn a_handler_may_answer_its_own_panics_and_fail_at_it() {
    struct Twice;
    impl Handler for Twice {
        fn answer<'h>(&'h self, _: Call<'h>) -> Answer<'h> {
            Box::pin(async { panic!("once") })
        }
        fn panicked(&self, call: Call<'_>) -> Reply {
            assert_ne!(call.webhook, Webhook::Mutate, "twice");
            Reply::json(200, call.body.to_vec())
        }
    }
    let server = start(options(), Arc::new(Twice)).await;
    let mut client = Client::tls(server.https).await;
    let answer = client.post("/validate", "{\"uid\":1}").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.body, "{\"uid\":1}");
    assert_eq!(client.post("/mutate", "{}").await.status, 500);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_told_before_the_client_gives_up() {
    let server =
        start(with_limits(|limits| limits.answer = Duration::from_millis(200)), Arc::new(Silent)).await;
    let mut client = Client::tls(server.https).await;
    let answer = client.post("/validate", "{}").await;
    assert_eq!(answer.status, 503);
    let status: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&status["kind"], &status["reason"]), (&"Status".into(), &"ServiceUnavailable".into()));
    assert_eq!(client.post("/nowhere", "{}").await.status, 404, "the connection lives on");
}

#[tokio::test]
async fn what_was_answered_is_counted() {
    let server = start(with_limits(|limits| limits.in_flight = 1), Arc::new(Echo)).await;
    let mut client = Client::tls(server.https).await;
    client.post("/validate", "{}").await;
    client.post("/mutate", "panic").await;
    Client::plain(server.https).await.send(b"no TLS at all\r\n\r\n").await;
    let lines = [
        "syncguard_requests_total{webhook=\"validate\",operation=\"unknown\",allowed=\"\",code=\"200\"} 1",
        "syncguard_requests_total{webhook=\"mutate\",operation=\"unknown\",allowed=\"\",code=\"500\"} 1",
        "syncguard_panics_total 1",
        "syncguard_in_flight 0",
        "syncguard_tls_handshake_failures_total 1",
    ];
    let counted = async {
        loop {
            let told = Client::plain(server.health).await.get("/metrics").await.body;
            if lines.iter().all(|line| told.lines().any(|told| told == *line)) {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(
        patiently(counted).await.contains("syncguard_certificate_expiry_timestamp_seconds{kind=\"serving\"}")
    );
}

#[tokio::test]
async fn health_is_told_on_its_own_port() {
    let server = start(options(), Arc::new(Echo)).await;
    assert_eq!(health(server.health, "/readyz", 200).await, "ready\n");
    assert_eq!(health(server.health, "/healthz", 200).await, "alive\n");
    let mut client = Client::plain(server.health).await;
    let answer = client.get("/validate").await;
    assert_eq!((answer.status, answer.body.contains("/readyz")), (404, true), "{}", answer.body);
    let answer = client.post("/readyz", "{}").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn an_expired_certificate_is_not_ready() {
    let long_ago = OffsetDateTime::UNIX_EPOCH;
    let authority = Authority::issue(CA_LIFETIME, long_ago).unwrap();
    let expired = authority.issue_leaf(&["localhost".parse().unwrap()], LEAF_LIFETIME, long_ago).unwrap();
    let source = CertificateSource::Given(ServingCertificate::from_pem(&expired).unwrap());
    let server = start(Options { source, ..options() }, Arc::new(Echo)).await;
    let text = health(server.health, "/readyz", 503).await;
    assert!(text.contains("certificate is not valid now"), "{text}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_flag() {
    let server = start(options(), Arc::new(Echo)).await;
    for (options, flag) in [
        (Options { listen: server.https, ..options() }, "--listen"),
        (Options { health_listen: server.health, ..options() }, "--health-listen"),
    ] {
        let Err(error) = Server::bind(options, Arc::new(Echo)).await else {
            panic!("the port was taken twice")
        };
        assert!(matches!(error, ServeError::Bind { .. }));
        assert!(error.to_string().contains(flag) && error.to_string().contains("127.0.0.1:"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_changes_under_load_and_nothing_is_dropped() {
    let server = start(options(), Arc::new(Echo)).await;
    let (enough, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..8)
        .map(|index| tokio::spawn(load(server.https, index % 2 == 0, enough.clone(), answered.clone())))
        .collect();
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    for _ in 0..10 {
        let names = ["localhost".parse().unwrap()];
        let next = authority.issue_leaf(&names, LEAF_LIFETIME, OffsetDateTime::now_utc()).unwrap();
        let next = ServingCertificate::from_pem(&next).unwrap();
        let expected = next.certified_key().cert[0].clone();
        server.certificates.replace(next);
        let shown = Client::tls(server.https).await.peer.unwrap().certificate;
        assert_eq!(shown, expected, "the next handshake shows the new certificate");
        let before = answered.load(Ordering::Relaxed);
        let more = async {
            while answered.load(Ordering::Relaxed) < before + 20 {
                tokio::task::yield_now().await;
            }
        };
        patiently(more).await;
    }
    enough.store(true, Ordering::Relaxed);
    for client in load {
        client.await.expect("every request was answered");
    }
}

/// Asks until it is enough, over one connection or a new one each time; every answer must be right.
async fn load(address: SocketAddr, keep_alive: bool, enough: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    let mut client = Client::tls(address).await;
    while !enough.load(Ordering::Relaxed) {
        if !keep_alive {
            client = Client::tls(address).await;
        }
        assert_eq!(client.post("/validate", "{}").await.status, 200);
        answered.fetch_add(1, Ordering::Relaxed);
    }
}
