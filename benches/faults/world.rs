//! Clients that ask as an API server does, and what they see of the servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::{
    client::{Client, Handshake, request},
    serve::{Replica, reviews},
    times::Times,
};

/// How many clients ask at the same time.
const CLIENTS: usize = 16;

/// The replicas, and what they are asked.
pub struct World {
    pub addresses: Vec<SocketAddr>,
    sound: String,
    pub unsound: String,
}

/// What clients saw in one phase.
#[derive(Default)]
struct Seen {
    lost: AtomicUsize,
    admitted: AtomicUsize,
    done: AtomicBool,
}

impl World {
    pub fn of(replicas: &[Replica]) -> Self {
        let (sound, unsound) = reviews();
        Self { addresses: replicas.iter().map(|replica| replica.https).collect(), sound, unsound }
    }

    /// The head of the table that phases are the rows of.
    pub fn print_columns() {
        println!(
            "{:<44} {:>9} {:>7} {:>9} {:>9} {:>9}  unsound admitted",
            "phase", "requests", "lost", "p50 ms", "p99 ms", "max ms"
        );
    }

    /// Runs the clients for as long as the fault lasts; whether nothing was lost, and nothing unsound admitted.
    pub async fn phase(
        self: &Arc<Self>,
        name: &str,
        longest: Duration,
        fault: impl Future<Output = ()>,
    ) -> bool {
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
