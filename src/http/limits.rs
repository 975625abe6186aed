//! What clients may take, one of them and all together, and what that comes to.

use std::time::Duration;

use super::memory::MOST_PER_REVIEW;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What clients may take: sizes in bytes, times until they are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; one more takes the place of one that has never had a valid review answered, or of
    /// the one that has been waited for longest.
    pub connections: usize,
    /// Connections to the health port, apart from the others.
    pub health_connections: usize,
    /// Complete requests being judged at once; one more gets 429.
    pub in_flight: usize,
    /// The size of one request's body.
    pub body_bytes: usize,
    /// The memory for all requests together: bodies, what is read from them, answers; one more waits, then gets 429.
    pub request_bytes: usize,
    /// The size of a request's line and headers.
    pub header_bytes: usize,
    /// Time for the TLS handshake.
    pub handshake: Duration,
    /// Time to wait for a request, complete with its headers, on an open connection.
    pub idle: Duration,
    /// Time for the body of a request to arrive.
    pub body: Duration,
    /// Time for a request from its headers to its answer, where the client does not ask for less.
    pub answer: Duration,
    /// Time for a client to take an answer, from the moment it is slow to.
    pub reading: Duration,
    /// Time for requests in flight to finish when the server has stopped accepting.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            health_connections: 64,
            in_flight: 128,
            body_bytes: 7 * MIB,
            request_bytes: 48 * MIB,
            header_bytes: 32 * KIB,
            handshake: Duration::from_secs(5),
            // The API server keeps idle connections for 90 s and does not retry a POST on a reset.
            idle: Duration::from_mins(2),
            body: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            reading: Duration::from_secs(5),
            drain: Duration::from_secs(15),
        }
    }
}

/// What one connection takes at most beside its share of [`Limits::request_bytes`]: its handshake (rustls reads messages of
/// 64 KiB), or its headers, what TLS holds of them, the first piece of a body and its task.
const CONNECTION: usize = 64 * KIB;

/// One connection to the health port, which speaks no TLS and answers with the metrics at most.
const HEALTH_CONNECTION: usize = 40 * KIB;

/// The program without a client.
const PROGRAM: usize = 12 * MIB;

/// Descriptors that no client gets: the API server's connections, files, the runtime's own, and some to spare.
const OWN_DESCRIPTORS: usize = 64;

impl Limits {
    /// The memory that clients can make the program take, all of them together and at most, in bytes; what is kept of the
    /// API server's objects is not in it.
    pub fn most_memory(&self) -> usize {
        PROGRAM
            + self.connections * CONNECTION
            + self.health_connections * HEALTH_CONNECTION
            + self.request_bytes.max(self.body_bytes + MOST_PER_REVIEW)
    }

    /// The descriptors that are needed when every connection is open.
    pub fn descriptors(&self) -> usize {
        self.connections + self.health_connections + OWN_DESCRIPTORS
    }

    /// The same with no more connections than there are descriptors for; health keeps its own.
    #[must_use]
    pub fn within(self, descriptors: usize) -> Self {
        let others = self.health_connections + OWN_DESCRIPTORS;
        let connections = self.connections.min(descriptors.saturating_sub(others)).max(1);
        Self { connections, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_health_and_to_the_program() {
        let limits = Limits::default();
        for (descriptors, connections) in [(1_000_000, 1024), (1152, 1024), (1024, 896), (100, 1), (0, 1)] {
            assert_eq!(limits.within(descriptors).connections, connections, "of {descriptors}");
        }
        assert_eq!(limits.within(limits.descriptors()), limits);
    }
}
