//! The end of the server: what is in flight is answered, what comes late too, and what does not end is cut.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_in_flight_is_answered_before_the_end() {
    let (handler, arrivals, allow) = Patient::new();
    let server = start(options(), handler).await;
    let mut idle = Client::tls(server.https).await;
    let mut client = Client::tls(server.https).await;
    let in_flight = tokio::spawn(async move {
        let answer = client.post("/validate", "{}").await;
        client.expect_end().await;
        answer
    });
    let _arrivals = received(arrivals).await;
    server.stop.send(Stop::Gently).unwrap();
    assert_eq!(health(server.health, "/readyz", 503).await, "not ready: shutting down\n");
    assert_eq!(health(server.health, "/healthz", 200).await, "alive\n");
    idle.expect_end().await;
    assert!(!server.ended.is_finished());
    allow.send(()).unwrap();
    let answer = in_flight.await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    server.ended.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(server.https).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn while_others_may_not_have_noticed_requests_are_answered_and_connections_closed() {
    let server = start(Options { drain_delay: Duration::from_hours(1), ..options() }, Arc::new(Echo)).await;
    let mut open = Client::tls(server.https).await;
    assert_eq!(open.post("/validate", "{}").await.header("connection"), None);
    server.stop.send(Stop::Gently).unwrap();
    health(server.health, "/readyz", 503).await;
    for mut client in [open, Client::tls(server.https).await] {
        let answer = client.post("/validate", "{}").await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        client.expect_end().await;
    }
    server.ended.abort();
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_end() {
    let change = |limits: &mut Limits| limits.drain = Duration::from_millis(20);
    let server = start(with_limits(change), Arc::new(Echo)).await;
    let mut stuck = Client::tls(server.https).await;
    stuck.send(b"POST /validate HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n").await;
    server.stop.send(Stop::Now).unwrap();
    server.ended.await.unwrap().unwrap();
    stuck.expect_end().await;
}

#[tokio::test]
async fn a_task_of_the_server_that_fails_stops_it_to_be_started_again() {
    let mut server = Server::bind(options(), Arc::new(Echo)).await.unwrap();
    let (fail, failing) = oneshot::channel::<()>();
    server.keep_running(async {
        failing.await.expect("as asked");
    });
    let running = tokio::spawn(server.run(pending()));
    drop(fail);
    let ended = patiently(running).await.unwrap();
    assert!(matches!(ended, Err(ServeError::TaskEnded)), "{ended:?}");
}
