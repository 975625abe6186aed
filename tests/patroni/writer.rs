//! A client that commits one row after the other, and remembers which commits were acknowledged and how long the longest took.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::{
    patience::{LONG, ensure, wait},
    session::Session,
};

/// The name under which writers connect.
pub const NAME: &str = "writer";

/// A writer at work.
pub struct Writer {
    seen: Arc<Mutex<Seen>>,
    end: Box<dyn Fn() + Send>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    acknowledged: Vec<i64>,
    longest: Duration,
    /// When the commit began that is not acknowledged yet.
    waiting_since: Option<Instant>,
    warnings: Vec<String>,
    /// Why the connection is no more.
    ended: Option<String>,
}

/// No two rows of a run have the same number.
static NEXT: AtomicI64 = AtomicI64::new(1);

impl Writer {
    /// Begins to write to the Postgres at this port.
    pub fn start(port: u16) -> Result<Self, String> {
        let session = Session::open(port, NAME, None)?;
        let (seen, end) = (Arc::new(Mutex::new(Seen::default())), Box::new(session.end()));
        let shared = Arc::clone(&seen);
        let thread = thread::spawn(move || write(session, &shared));
        Ok(Self { seen, end, thread: Some(thread) })
    }

    /// How many commits were acknowledged.
    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().acknowledged.len()
    }

    /// The longest commit so far, one that goes on included.
    pub fn longest(&self) -> Duration {
        let seen = self.seen.lock().unwrap();
        seen.longest.max(seen.waiting_since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// What Postgres warned of.
    pub fn warnings(&self) -> Vec<String> {
        self.seen.lock().unwrap().warnings.clone()
    }

    /// Waits for so many commits more than there are.
    pub fn more(&self, commits: usize, bound: Duration) -> Result<(), String> {
        let before = self.count();
        wait("that writes go on", bound, || {
            let seen = self.seen.lock().unwrap();
            let count = seen.acknowledged.len() - before;
            let ended =
                seen.ended.clone().map_or(String::new(), |why| format!("; the connection ended: {why}"));
            ensure(count >= commits, || format!("{count} commits were acknowledged since{ended}"))
        })
    }

    /// Ends, and tells which rows were acknowledged.
    pub fn stop(mut self) -> Vec<i64> {
        self.halt();
        std::mem::take(&mut self.seen.lock().unwrap().acknowledged)
    }

    fn halt(&mut self) {
        (self.end)();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is told where it happens.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.halt();
    }
}

fn write(mut session: Session, seen: &Mutex<Seen>) {
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let begin = Instant::now();
        seen.lock().unwrap().waiting_since = Some(begin);
        let answer = session.ask(&format!("INSERT INTO kept VALUES ({number})"));
        let mut seen = seen.lock().unwrap();
        seen.waiting_since = None;
        seen.longest = seen.longest.max(begin.elapsed());
        match answer {
            Ok(answer) => {
                seen.warnings.extend(answer.warnings);
                seen.acknowledged.push(number);
            }
            Err(why) => {
                seen.ended = Some(why);
                return;
            }
        }
        drop(seen);
        // A client that thinks in between; without it the lab's disk would set the pace.
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a writer's commits go on; for where no prediction bounds it.
pub fn goes_on(writer: &Writer) -> Result<(), String> {
    writer.more(3, LONG)
}
