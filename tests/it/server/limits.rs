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

/// Limits under which nobody is cut for being slow, but where others need the place.
fn patient(change: impl FnOnce(&mut Limits)) -> Options {
    const LONG: Duration = Duration::from_hours(1);
    with_limits(|limits| {
        (limits.handshake, limits.idle, limits.body) = (LONG, LONG, LONG);
        (limits.answer, limits.reading) = (LONG, LONG);
        change(limits);
    })
}

#[tokio::test]
async fn who_has_been_waited_for_longest_makes_room() {
    let server = start(patient(|limits| limits.connections = 3), Arc::new(Echo)).await;
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

/// How far a client comes before it says nothing more.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Connected,
    HalfHandshake,
    Handshake,
    HalfHeaders,
    HalfBody,
    NoReview,
    UnreadAnswer,
}

impl Stage {
    async fn reach(self, address: SocketAddr) -> Client {
        let mut client = match self {
            Self::Connected | Self::HalfHandshake => Client::plain(address).await,
            _ => Client::tls(address).await,
        };
        let whole = request("POST", "/validate", "content-type: application/json\r\n", &"x".repeat(30_000));
        match self {
            // The first bytes of a ClientHello of 512 bytes.
            Self::HalfHandshake => client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await,
            Self::Connected | Self::Handshake => {}
            Self::HalfHeaders => client.send(&whole.as_bytes()[..50]).await,
            Self::HalfBody => client.send(&whole.as_bytes()[..20_000]).await,
            Self::NoReview => assert_eq!(client.post("/elsewhere", "{}").await.status, 404),
            Self::UnreadAnswer => client.send(whole.as_bytes()).await,
        }
        client
    }
}

/// Answers with more than a network takes in at once.
struct Verbose;

impl Handler for Verbose {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        said("y".repeat(if call.body.len() > 100 { 16 << 20 } else { 10 }))
    }
}

#[tokio::test]
async fn slow_clients_at_any_stage_make_room_for_a_good_one() {
    for stage in [
        Stage::Connected,
        Stage::HalfHandshake,
        Stage::Handshake,
        Stage::HalfHeaders,
        Stage::HalfBody,
        Stage::NoReview,
        Stage::UnreadAnswer,
    ] {
        let server = start(patient(|limits| limits.connections = 2), Arc::new(Verbose)).await;
        let mut known = Client::tls(server.https).await;
        assert_eq!(known.post("/validate", "{}").await.status, 200);
        for _ in 0..4 {
            let _slow = stage.reach(server.https).await;
            let mut good = Client::tls(server.https).await;
            assert_eq!(good.post("/validate", "{}").await.status, 200, "beside a client at {stage:?}");
        }
        if !matches!(stage, Stage::UnreadAnswer) {
            assert_eq!(
                known.post("/validate", "{}").await.status,
                200,
                "known before, and not cut for {stage:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_left() {
    let soon = Duration::from_millis(20);
    let server = start(patient(|limits| limits.reading = soon), Arc::new(Verbose)).await;
    let _client = Stage::UnreadAnswer.reach(server.https).await;
    until_told(server.health, "syncguard_connections 0").await;
}

#[tokio::test]
async fn health_answers_while_all_its_connections_and_all_others_are_taken() {
    let change = |limits: &mut Limits| (limits.connections, limits.health_connections) = (2, 2);
    let server = start(patient(change), Arc::new(Echo)).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(Client::plain(server.https).await);
        clients.push(Client::plain(server.health).await);
        assert_eq!(health(server.health, "/readyz", 200).await, "ready\n");
    }
}

/// Waits until the metrics have this line.
async fn until_told(address: SocketAddr, line: &str) {
    let asking = async {
        loop {
            let told = Client::plain(address).await.get("/metrics").await.body;
            if told.lines().any(|told| told == line) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    patiently(asking).await;
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
async fn whoever_holds_memory_and_does_not_go_on_makes_room_for_those_who_wait() {
    let server = start(patient(|limits| limits.request_bytes = 1), Arc::new(Echo)).await;
    let mut holder = Stage::HalfBody.reach(server.https).await;
    let mut waiting = Client::tls(server.https).await;
    assert_eq!(waiting.post("/validate", "{}").await.body, "Validate 2");
    holder.expect_end().await;
    assert_eq!(waiting.post("/validate", "{}").await.body, "Validate 2", "all of it was given back");
}
