//! The end: signals from the operating system, and what they mean for a server.

use std::io::{self, IsTerminal};

use tokio::sync::oneshot;
use tracing::info;

use super::{ServeError, Server};

/// How to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Serve on for the drain delay, since others still send requests, then stop accepting.
    Gently,
    /// Stop accepting at once. Requests in flight are answered all the same.
    Now,
}

/// Runs a server until SIGTERM or SIGINT, and ends it in order.
///
/// SIGINT from a terminal skips the drain delay: nobody but the person who waits there sends requests.
///
/// # Errors
/// When signals cannot be waited for, a second one came before the end, or a task of the server has failed.
pub async fn run_until_signalled(server: Server) -> Result<(), ServeError> {
    let mut signals = Signals::new().map_err(ServeError::Signals)?;
    let (stop, stopped) = oneshot::channel();
    let first_and_second = async {
        // The server is gone only if it has ended, and then nobody waits here.
        let _ = stop.send(signals.next().await);
        signals.next().await;
    };
    tokio::select! {
        ended = server.run(async { stopped.await.unwrap_or(Stop::Now) }) => ended,
        () = first_and_second => Err(ServeError::StoppedTwice),
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.terminate.recv() => {
                info!("SIGTERM received");
                Stop::Gently
            }
            _ = self.interrupt.recv() => interrupted(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "the same signature as on Unix, where this can fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Stop {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        interrupted()
    }
}

fn interrupted() -> Stop {
    info!("SIGINT received");
    if io::stdin().is_terminal() { Stop::Now } else { Stop::Gently }
}
