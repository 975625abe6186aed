//! Why a server does not run.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

use crate::certificates::SourceError;

/// Why the server could not start, or did not end in order.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on {address}: {reason}; choose another address with {flag} ADDRESS:PORT")]
    Bind {
        /// The address as asked for.
        address: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// What the operating system said.
        #[source]
        reason: io::Error,
    },
    /// The first certificate, or the CA of the clients, could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// rustls refused the settings.
    #[error("cannot set up TLS: {0}")]
    Tls(#[source] rustls::Error),
    /// The process cannot be told to stop.
    #[error("cannot wait for signals: {0}")]
    Signals(#[source] io::Error),
    /// One of its own tasks has panicked; the log says where.
    #[error("a task that belongs to the server has failed, and its log says where; start it again")]
    TaskEnded,
    /// A second signal came before the first had been obeyed.
    #[error("stopped at once by a second signal; requests in flight were dropped")]
    StoppedTwice,
}
