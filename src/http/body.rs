//! Reading a request's body: within a size, within a time, within the memory that all requests share.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::Limits;
use super::memory::{Memory, Reservation, cost};
use super::pool::Activity;
use super::refusal::Refusal;

/// What every connection may send of a body without asking for memory, in bytes: most reviews are no larger. What a body
/// announces takes nothing before this has arrived.
const FREE: usize = 16 * 1024;

/// Reads bodies within the limits.
pub(super) struct BodyReader {
    memory: Arc<Memory>,
    limit: usize,
    time: Duration,
}

/// A complete body, and memory for it and for all that its review makes.
pub(super) struct Received {
    /// The bytes as they were sent.
    pub(super) bytes: Vec<u8>,
    /// Their share, to be held until the answer has been sent.
    pub(super) reserved: Reservation,
}

/// What has come of a body so far.
struct Arriving<'a> {
    bytes: Vec<u8>,
    announced: Option<usize>,
    reserved: Option<Reservation>,
    activity: &'a Activity,
    deadline: Instant,
}

impl BodyReader {
    /// A reader with all its memory free.
    pub(super) fn new(memory: Arc<Memory>, limits: &Limits) -> Self {
        Self { memory, limit: limits.body_bytes, time: limits.body }
    }

    /// Reads a body of this connection to its end.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: &mut Body,
        activity: &Activity,
        deadline: Instant,
    ) -> Result<Received, Refusal> {
        let announced = announced_length(headers);
        if announced.is_some_and(|length| length > self.limit) {
            return Err(self.too_large());
        }
        let deadline = deadline.min(Instant::now() + self.time);
        let mut arriving = Arriving { bytes: Vec::new(), announced, reserved: None, activity, deadline };
        self.collect(body, &mut arriving).await?;
        let length = arriving.bytes.len();
        let reserved = match arriving.reserved {
            Some(reserved) => reserved,
            None => self.reserve(length, activity, deadline).await?,
        };
        Ok(Received { bytes: arriving.bytes, reserved })
    }

    /// Reads on and throws away what a refused request still sends.
    ///
    /// Most clients send first and listen later: closing on them would reset the connection, and the answer
    /// with the reason would be lost. Those that asked whether to send at all have not begun.
    pub(super) async fn discard(&self, headers: &HeaderMap, body: &mut Body) {
        if headers.contains_key(EXPECT) {
            return;
        }
        let all = async {
            let mut left = self.limit.saturating_mul(4);
            while left > 0 {
                let Some(Ok(frame)) = body.frame().await else { break };
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            }
        };
        // Whoever sends for longer than this does not get to read the answer.
        let _ = timeout(self.time, all).await;
    }

    async fn collect(&self, body: &mut Body, arriving: &mut Arriving<'_>) -> Result<(), Refusal> {
        // The memory that a body waits for is not its client's fault.
        let deadline = arriving.deadline;
        while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| Refusal::SlowBody)? {
            let Ok(data) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
            let length = arriving.bytes.len() + data.len();
            if length > self.limit {
                return Err(self.too_large());
            }
            if length > FREE && arriving.reserved.is_none() {
                self.make_space(arriving).await?;
            }
            arriving.bytes.extend_from_slice(&data);
        }
        Ok(())
    }

    /// Reserves memory for all of a body that turns out to be large, and for its review.
    async fn make_space(&self, arriving: &mut Arriving<'_>) -> Result<(), Refusal> {
        let length = arriving.announced.unwrap_or(self.limit);
        arriving.reserved = Some(self.reserve(length, arriving.activity, arriving.deadline).await?);
        // The system gives what of it is written to, and no earlier.
        arriving.bytes.reserve_exact(length.saturating_sub(arriving.bytes.len()));
        Ok(())
    }

    async fn reserve(
        &self,
        length: usize,
        activity: &Activity,
        deadline: Instant,
    ) -> Result<Reservation, Refusal> {
        self.memory.reserve(cost(length), activity, deadline).await.ok_or(Refusal::Busy)
    }

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge { limit: self.limit }
    }
}

/// What the client says it will send; hyper has checked that it is a number and holds to it.
fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pool::{ConnectionPool, PooledConnection};

    async fn reader(memory: usize) -> (BodyReader, PooledConnection) {
        let limits = Limits { body_bytes: 40_960, body: Duration::from_millis(1), ..Limits::default() };
        let pool = ConnectionPool::new(1);
        let place = pool.enter().await;
        (BodyReader::new(Memory::new(memory, pool), &limits), place)
    }

    fn announcing(length: usize) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_LENGTH, length.into())])
    }

    async fn read(
        (reader, place): &(BodyReader, PooledConnection),
        headers: &HeaderMap,
        sent: usize,
    ) -> Result<Received, Refusal> {
        let deadline = Instant::now() + Duration::from_hours(1);
        reader.read(headers, &mut Body::from("x".repeat(sent)), place.activity(), deadline).await
    }

    #[tokio::test]
    async fn a_request_that_finds_no_memory_in_time_is_turned_away() {
        let reader = reader(cost(40_960)).await;
        let one = read(&reader, &announcing(4), 4).await.unwrap();
        let other = read(&reader, &HeaderMap::new(), 4).await.unwrap();
        assert_eq!(other.bytes, b"xxxx", "what is small takes little, announced or not");
        let refusal = read(&reader, &HeaderMap::new(), FREE + 1).await.err();
        assert_eq!(refusal, Some(Refusal::Busy), "of unknown length it may become as large as any");
        drop((one, other));
        assert!(read(&reader, &HeaderMap::new(), FREE + 1).await.is_ok(), "all is given back");
    }

    #[tokio::test]
    async fn what_is_announced_takes_nothing_before_it_comes() {
        let reader = reader(cost(40_960)).await;
        let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let (announced, deadline) = (announcing(40_960), Instant::now() + Duration::from_hours(1));
        let mut body = never;
        let waiting = reader.0.read(&announced, &mut body, reader.1.activity(), deadline);
        let (slow, other) = tokio::join!(waiting, read(&reader, &announced, 40_960));
        assert!(other.is_ok(), "all of the memory was free");
        assert_eq!(slow.err(), Some(Refusal::SlowBody));
    }

    #[tokio::test]
    async fn sizes_are_bounded_as_announced_and_as_sent() {
        let reader = reader(1 << 20).await;
        for (headers, sent, expected) in [
            (announcing(40_960), 40_960, None),
            (announcing(40_961), 0, Some(Refusal::TooLarge { limit: 40_960 })),
            (HeaderMap::new(), 40_960, None),
            (HeaderMap::new(), 40_961, Some(Refusal::TooLarge { limit: 40_960 })),
        ] {
            let result = read(&reader, &headers, sent).await;
            assert_eq!(result.err(), expected, "{sent} bytes with {headers:?}");
        }
    }
}
