//! Clients that a server must live with: silent, slow, wrong, large and expensive ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{
    client::{Client, Handshake, request},
    serve::monsters::monsters,
    world::World,
};

/// How many clients are slow or silent in a phase of their own.
pub const SLOW: usize = 1000;
/// How many connections do nothing.
const IDLE: usize = 10_000;
/// The largest body that is read.
const LIMIT: usize = 7 << 20;
const JSON: &str = "content-type: application/json\r\n";

/// How far a client comes before it says nothing more.
#[derive(Clone, Copy)]
pub struct Stage {
    pub name: &'static str,
    /// Whether it shakes hands at all.
    tls: bool,
    /// How much of a request it sends then.
    sends: usize,
}

/// A request of 600 KB whose head has about 100 bytes.
const WHOLE: usize = 600_000;
pub const STAGES: [Stage; 6] = [
    Stage { name: "that connect", tls: false, sends: 0 },
    Stage { name: "in the handshake", tls: false, sends: 5 },
    Stage { name: "that shook hands", tls: true, sends: 0 },
    Stage { name: "in the headers", tls: true, sends: 50 },
    Stage { name: "in the body", tls: true, sends: WHOLE - 1000 },
    Stage { name: "that do not read their answers", tls: true, sends: WHOLE },
];

/// Keeps so many clients at a stage: whoever is cut is replaced.
pub async fn slow_clients(world: &World, stage: Stage, count: usize, seconds: Duration) {
    let address = world.addresses[0];
    let review = format!("{}{}", world.unsound, " ".repeat(WHOLE - 200 - world.unsound.len()));
    let whole: Arc<str> = request("POST", "/validate", JSON, &review).into();
    let mut all = JoinSet::new();
    for _ in 0..count {
        let whole = Arc::clone(&whole);
        all.spawn(async move {
            loop {
                slow(address, stage, &whole).await;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
    }
    tokio::time::sleep(seconds).await;
    all.abort_all();
}

async fn slow(address: SocketAddr, stage: Stage, whole: &str) {
    let mut client = if stage.tls {
        let Ok(client) = Client::shake_hands(address, &Handshake::default()).await else { return };
        client
    } else {
        Client::plain(address).await
    };
    let bytes = if stage.tls { whole.as_bytes() } else { b"\x16\x03\x01\x02\x00" };
    client.send(&bytes[..stage.sends.min(bytes.len())]).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
}

/// The most expensive reviews there are, two at a time.
pub async fn costly(world: &World, seconds: Duration) {
    let monsters = Arc::new(monsters());
    let address = world.addresses[0];
    let mut all = JoinSet::new();
    for start in 0..2 {
        let monsters = Arc::clone(&monsters);
        all.spawn(async move {
            for (_, body) in monsters.iter().cycle().skip(start * 5) {
                let Ok(mut client) = Client::shake_hands(address, &Handshake::default()).await else {
                    continue;
                };
                client.send(request("POST", "/validate", JSON, body).as_bytes()).await;
                client.answer().await;
            }
        });
    }
    tokio::time::sleep(seconds).await;
    all.abort_all();
}

/// Clients of which nothing good comes, a new one every 10 ms.
pub async fn hostile_clients(world: &World, seconds: Duration) {
    let end = Instant::now() + seconds;
    let mut all = JoinSet::new();
    for (index, address) in world.addresses.iter().copied().cycle().enumerate() {
        if Instant::now() > end {
            break;
        }
        all.spawn(async move {
            match index % 3 {
                // Connects and says nothing.
                0 => {
                    let _silent = TcpStream::connect(address).await;
                    tokio::time::sleep(Duration::from_secs(3)).await;
                }
                // Says half of a request, one byte after the other, and goes.
                1 => {
                    let Ok(mut client) = Client::shake_hands(address, &Handshake::default()).await else { return };
                    let head = "POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{\"a\"";
                    for byte in head.as_bytes().chunks(4) {
                        client.send(byte).await;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
                // Is no client of TLS at all.
                _ => {
                    let Ok(mut stream) = TcpStream::connect(address).await else { return };
                    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    all.abort_all();
}

pub async fn idle(world: &World, seconds: Duration) {
    let mut open = Vec::new();
    for address in world.addresses.iter().copied().cycle().take(IDLE) {
        // The system may not give so many sockets; what it gives is held.
        match TcpStream::connect(address).await {
            Ok(stream) => open.push(stream),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    println!("  {} idle connections were opened", open.len());
    tokio::time::sleep(seconds).await;
}

pub async fn bodies(world: &World, seconds: Duration) {
    let end = Instant::now() + seconds;
    let at = format!("{}{}", world.unsound, " ".repeat(LIMIT - world.unsound.len()));
    let over = format!("{at} ");
    while Instant::now() < end {
        for (body, expected) in [(&at, 200), (&over, 413)] {
            let Ok(mut client) = Client::shake_hands(world.addresses[0], &Handshake::default()).await else {
                continue;
            };
            client.send(request("POST", "/validate", JSON, body).as_bytes()).await;
            let status = client.answer().await.map(|answer| answer.status);
            assert_eq!(status, Some(expected), "the answer to a body of {} bytes", body.len());
        }
    }
}
