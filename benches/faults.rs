//! Sustained load on two replicas while things go wrong: what fails, how long answers take, and that nothing unsound passes.
//!
//! `cargo bench --bench faults [-- SECONDS]`: each phase takes that long, 10 by default. The program ends with 1 where an unsound
//! cluster was admitted, or a request found no replica in a phase that must not lose any.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]

#[allow(dead_code, reason = "a benchmark uses its part")]
#[path = "../tests/it/server/client.rs"]
mod client;
mod serve;
mod times;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client::{Client, Handshake, request};
use serve::{Replica, reviews};
use times::Times;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many clients ask at the same time.
const CLIENTS: usize = 16;
/// How many connections do nothing.
const IDLE: usize = 10_000;
/// How many clients are slow or silent.
const CROWD: usize = 1000;
/// The chart's memory limit, in bytes.
const CHART_MEMORY: usize = 192 << 20;
/// The largest body that is read.
const LIMIT: usize = 7 << 20;

#[tokio::main]
async fn main() -> ExitCode {
    let number = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let seconds = Duration::from_secs(number.unwrap_or(10));
    let files = serve::Certificates::new();
    let mut replicas = [Replica::start(&files), Replica::start(&files)];
    let world = Arc::new(World::of(&replicas));
    println!(
        "{:<44} {:>9} {:>7} {:>9} {:>9} {:>9}  unsound admitted",
        "phase", "requests", "lost", "p50 ms", "p99 ms", "max ms"
    );
    let mut sound = true;
    sound &= world.phase("nothing goes wrong", seconds, tokio::time::sleep(seconds)).await;
    sound &= world.phase("certificates change every second", seconds, change(&files, seconds)).await;
    sound &= world
        .phase("clients that are slow, vanish or say nothing", seconds, strangers(&world, seconds))
        .await;
    sound &= world.phase("10,000 idle connections", seconds, idle(&world, seconds)).await;
    sound &= world.phase("bodies at the limit and over it", seconds, bodies(&world, seconds)).await;
    sound &= world
        .phase("one replica restarted in order", seconds, restart(&mut replicas[0], &files, seconds))
        .await;
    // Whoever is killed loses what it was about to answer: the client asks the other one.
    sound &= world.phase("one replica killed", seconds, kill(&mut replicas[1], &files, seconds)).await;
    drop(replicas);
    sound &= under_attack(&files, seconds).await;
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One replica in a process of the chart's memory, and crowds that are slow or silent at each stage.
async fn under_attack(files: &serve::Certificates, seconds: Duration) -> bool {
    let mut replica = Replica::start_within(files, CHART_MEMORY);
    let world = Arc::new(World::of(std::slice::from_ref(&replica)));
    let mut sound = true;
    for stage in STAGES {
        let name = format!("{CROWD} clients {}", stage.name);
        sound &= world.phase(&name, seconds, crowd(&world, stage, seconds)).await;
        sound &= !replica.has_ended();
    }
    sound &= world.phase("the most expensive reviews, two at a time", seconds, costly(&world, seconds)).await;
    sound &= !replica.has_ended();
    println!(
        "  resident at most: {} MiB of {}",
        replica.peak().unwrap_or_default() >> 20,
        CHART_MEMORY >> 20
    );
    sound
}

/// How far a client comes before it says nothing more.
#[derive(Clone, Copy)]
struct Stage {
    name: &'static str,
    /// Whether it shakes hands at all.
    tls: bool,
    /// How much of a request it sends then.
    sends: usize,
}

/// A request of 600 KB whose head has about 100 bytes.
const WHOLE: usize = 600_000;
const STAGES: [Stage; 6] = [
    Stage { name: "that connect", tls: false, sends: 0 },
    Stage { name: "in the handshake", tls: false, sends: 5 },
    Stage { name: "that shook hands", tls: true, sends: 0 },
    Stage { name: "in the headers", tls: true, sends: 50 },
    Stage { name: "in the body", tls: true, sends: WHOLE - 1000 },
    Stage { name: "that do not read their answers", tls: true, sends: WHOLE },
];

/// Keeps a crowd at a stage: whoever is cut is replaced.
async fn crowd(world: &Arc<World>, stage: Stage, seconds: Duration) {
    let address = world.addresses[0];
    let review = format!("{}{}", world.unsound, " ".repeat(WHOLE - 200 - world.unsound.len()));
    let head = "content-type: application/json\r\n";
    let whole: Arc<str> = request("POST", "/validate", head, &review).into();
    let mut all = JoinSet::new();
    for _ in 0..CROWD {
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

async fn slow(address: std::net::SocketAddr, stage: Stage, whole: &str) {
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

async fn costly(world: &Arc<World>, seconds: Duration) {
    let monsters = Arc::new(serve::monsters::monsters());
    let address = world.addresses[0];
    let mut all = JoinSet::new();
    for start in 0..2 {
        let monsters = Arc::clone(&monsters);
        all.spawn(async move {
            for (_, body) in monsters.iter().cycle().skip(start * 5) {
                let Ok(mut client) = Client::shake_hands(address, &Handshake::default()).await else {
                    continue;
                };
                client
                    .send(request("POST", "/validate", "content-type: application/json\r\n", body).as_bytes())
                    .await;
                client.answer().await;
            }
        });
    }
    tokio::time::sleep(seconds).await;
    all.abort_all();
}

/// Two replicas, and what was seen of them.
struct World {
    addresses: Vec<std::net::SocketAddr>,
    sound: String,
    unsound: String,
}

/// What clients saw in one phase.
#[derive(Default)]
struct Seen {
    lost: AtomicUsize,
    admitted: AtomicUsize,
    done: AtomicBool,
}

impl World {
    fn of(replicas: &[Replica]) -> Self {
        let (sound, unsound) = reviews();
        Self { addresses: replicas.iter().map(|replica| replica.https).collect(), sound, unsound }
    }

    /// Runs the clients for as long as the fault lasts; whether nothing was lost, and nothing unsound admitted.
    async fn phase(self: &Arc<Self>, name: &str, longest: Duration, fault: impl Future<Output = ()>) -> bool {
        let seen = Arc::new(Seen::default());
        let mut clients = JoinSet::new();
        for index in 0..CLIENTS {
            clients.spawn(Arc::clone(self).ask_on(index, Arc::clone(&seen)));
        }
        // A fault that never ends is one too.
        let ended = tokio::time::timeout(longest * 6 + Duration::from_mins(1), fault).await.is_ok();
        seen.done.store(true, Ordering::Relaxed);
        let times = clients.join_all().await.into_iter().flatten();
        let times = Times::of(times.map(|time: Duration| time.as_secs_f64() * 1e3).collect());
        let (lost, admitted) = (seen.lost.load(Ordering::Relaxed), seen.admitted.load(Ordering::Relaxed));
        println!(
            "{name:<44} {:>9} {lost:>7} {:>9.2} {:>9.2} {:>9.2}  {admitted}",
            times.count(),
            times.at(500),
            times.at(990),
            times.at(1000)
        );
        ended && lost == 0 && admitted == 0
    }

    /// Asks until the phase is over, as an API server does: over a connection that is kept, and the other replica where
    /// one does not answer.
    async fn ask_on(self: Arc<Self>, index: usize, seen: Arc<Seen>) -> Vec<Duration> {
        let (mut times, mut connection, mut turn) = (Vec::new(), None, index);
        while !seen.done.load(Ordering::Relaxed) {
            turn += 1;
            let unsound = turn % 2 == 0;
            let review = if unsound { &self.unsound } else { &self.sound };
            let started = Instant::now();
            match self.ask(&mut connection, turn, review).await {
                Some(answer) => {
                    times.push(started.elapsed());
                    let allowed = answer.contains("\"allowed\":true");
                    if unsound && allowed {
                        seen.admitted.fetch_add(1, Ordering::Relaxed);
                    }
                }
                None => drop(seen.lost.fetch_add(1, Ordering::Relaxed)),
            }
        }
        times
    }

    async fn ask(&self, connection: &mut Option<Client>, turn: usize, review: &str) -> Option<String> {
        for attempt in 0..3 {
            let mut client = if let Some(client) = connection.take() {
                client
            } else {
                let address = self.addresses[(turn + attempt) % self.addresses.len()];
                let Ok(client) = Client::shake_hands(address, &Handshake::default()).await else { continue };
                client
            };
            let whole = request("POST", "/validate?timeout=5s", "content-type: application/json\r\n", review);
            client.send(whole.as_bytes()).await;
            if let Some(answer) = client.answer().await {
                if answer.header("connection") != Some("close") {
                    *connection = Some(client);
                }
                if answer.status == 200 {
                    return Some(answer.body);
                }
            }
        }
        None
    }
}

async fn change(files: &serve::Certificates, seconds: Duration) {
    let end = Instant::now() + seconds.max(Duration::from_secs(25));
    while Instant::now() < end {
        files.write();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Clients of which nothing good comes, a new one every 10 ms.
async fn strangers(world: &World, seconds: Duration) {
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

async fn idle(world: &World, seconds: Duration) {
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

async fn bodies(world: &World, seconds: Duration) {
    let end = Instant::now() + seconds;
    let at = format!("{}{}", world.unsound, " ".repeat(LIMIT - world.unsound.len()));
    let over = format!("{at} ");
    while Instant::now() < end {
        for (body, expected) in [(&at, 200), (&over, 413)] {
            let Ok(mut client) = Client::shake_hands(world.addresses[0], &Handshake::default()).await else {
                continue;
            };
            client
                .send(request("POST", "/validate", "content-type: application/json\r\n", body).as_bytes())
                .await;
            let status = client.answer().await.map(|answer| answer.status);
            assert_eq!(status, Some(expected), "the answer to a body of {} bytes", body.len());
        }
    }
}

async fn restart(replica: &mut Replica, files: &serve::Certificates, seconds: Duration) {
    tokio::time::sleep(seconds / 3).await;
    replica.end_gently().await;
    replica.start_again(files);
    tokio::time::sleep(seconds / 3).await;
}

async fn kill(replica: &mut Replica, files: &serve::Certificates, seconds: Duration) {
    tokio::time::sleep(seconds / 3).await;
    replica.kill();
    tokio::time::sleep(seconds / 3).await;
    replica.start_again(files);
    tokio::time::sleep(seconds / 3).await;
}
