//! The limits of the server: what is too large, too slow or too much, and who has to make room.

use super::*;

#[tokio::test]
async fn a_body_that_grows_beyond_the_limit_while_it_comes_is_refused() {
    let server = start(with_limits(|limits| limits.body_bytes = 1000), Arc::new(Echo)).await;
    let mut client = Client::tls(server.https).await;
    let head = "POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let chunk = format!("258\r\n{}\r\n", "x".repeat(600));
    client.send(format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 413);
    client.send(format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().body, "Validate 600");
    // Whoever asks before sending is answered before sending.
    client.send(format!("{head}expect: 100-continue\r\ncontent-length: 9999\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 413);
}

#[tokio::test]
async fn headers_beyond_their_limit_are_refused() {
    let server = start(options(), Arc::new(Echo)).await;
    for (size, status) in [(20_000, 200), (40_000, 431)] {
        let mut client = Client::tls(server.https).await;
        let headers = format!("content-type: application/json\r\nx-long: {}\r\n", "x".repeat(size));
        client.send(request("POST", "/validate", &headers, "{}").as_bytes()).await;
        assert_eq!(client.answer().await.map(|answer| answer.status), Some(status), "{size} bytes");
    }
}

#[tokio::test]
async fn slow_clients_are_cut() {
    let soon = Duration::from_millis(20);
    let server = start(with_limits(|limits| limits.handshake = soon), Arc::new(Echo)).await;
    Client::plain(server.https).await.expect_end().await;

    let server = start(with_limits(|limits| limits.idle = soon), Arc::new(Echo)).await;
    Client::tls(server.https).await.expect_end().await;
    let mut half = Client::tls(server.https).await;
    half.send(b"POST /validate HTTP/1.1\r\nhost: a\r\n").await;
    half.expect_end().await;

    let server = start(with_limits(|limits| limits.body = soon), Arc::new(Echo)).await;
    let mut slow = Client::tls(server.https).await;
    let whole = request("POST", "/validate", "content-type: application/json\r\n", "{\"a\": 1}");
    slow.send(&whole.as_bytes()[..whole.len() - 1]).await;
    let answer = slow.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    slow.expect_end().await;
}

#[tokio::test]
async fn the_connection_that_has_been_idle_longest_makes_room() {
    let server = start(with_limits(|limits| limits.connections = 3), Arc::new(Echo)).await;
    let mut silent = Client::plain(server.https).await;
    let mut first = Client::tls(server.https).await;
    let mut second = Client::tls(server.https).await;
    assert_eq!(second.post("/validate", "{}").await.status, 200);
    assert_eq!(first.post("/validate", "{}").await.status, 200);

    let mut third = Client::tls(server.https).await;
    assert_eq!(third.post("/validate", "{}").await.status, 200);
    silent.expect_end().await;
    let mut fourth = Client::tls(server.https).await;
    assert_eq!(fourth.post("/validate", "{}").await.status, 200);
    second.expect_end().await;
    for client in [&mut first, &mut third, &mut fourth] {
        assert_eq!(client.post("/validate", "{}").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn more_than_the_limit_in_flight_is_told_to_come_back() {
    let (handler, arrivals, allow) = Patient::new();
    let server = start(with_limits(|limits| limits.in_flight = 1), handler).await;
    let mut client = Client::tls(server.https).await;
    let first = tokio::spawn(async move { client.post("/validate", "{}").await });
    let _arrivals = received(arrivals).await;
    let mut other = Client::tls(server.https).await;
    let answer = other.post("/validate", "{}").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    allow.send(()).unwrap();
    assert_eq!(first.await.unwrap().status, 200);
    allow.send(()).unwrap();
    assert_eq!(
        other.post("/validate", "{}").await.status,
        200,
        "the connection and the place are free again"
    );
}

#[tokio::test]
async fn a_body_waits_for_the_memory_that_another_one_holds() {
    let change = |limits: &mut Limits| (limits.body_bytes, limits.bodies_bytes) = (4000, 4000);
    let server = start(with_limits(change), Arc::new(Echo)).await;
    let head = "POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let mut holder = Client::tls(server.https).await;
    holder.send(format!("{head}expect: 100-continue\r\ncontent-length: 4000\r\n\r\n").as_bytes()).await;
    assert_eq!(holder.answer().await.unwrap().status, 100, "asked to send, so its memory is reserved");
    let mut waiting = Client::tls(server.https).await;
    waiting.send(request("POST", "/validate", "content-type: application/json\r\n", "{}").as_bytes()).await;
    holder.send("x".repeat(4000).as_bytes()).await;
    assert_eq!(holder.answer().await.unwrap().body, "Validate 4000");
    assert_eq!(waiting.answer().await.unwrap().body, "Validate 2");
}
