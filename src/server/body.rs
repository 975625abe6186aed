//! Reading a request's body: within a size, within a time, within the memory that all bodies share.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use super::Limits;
use super::refusal::Refusal;

/// The unit in which memory is reserved: semaphores count in 32 bits.
const UNIT: usize = 1024;

/// Reads bodies within the limits.
pub(super) struct BodyReader {
    memory: Semaphore,
    limit: usize,
    time: Duration,
}

/// A complete body, and its share of the memory for all of them.
pub(super) struct Received<'a> {
    /// The bytes as they were sent.
    pub(super) bytes: Vec<u8>,
    _reserved: SemaphorePermit<'a>,
}

impl BodyReader {
    /// A reader with all its memory free.
    pub(super) fn new(limits: &Limits) -> Self {
        // Never so little that one body of the allowed size could wait for ever.
        let memory = limits.bodies_bytes.max(limits.body_bytes);
        Self { memory: Semaphore::new(memory.div_ceil(UNIT)), limit: limits.body_bytes, time: limits.body }
    }

    /// Reads a body to its end; memory for it is reserved before the first byte.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: &mut Body,
        deadline: Instant,
    ) -> Result<Received<'_>, Refusal> {
        let deadline = deadline.min(Instant::now() + self.time);
        let announced = announced_length(headers);
        if announced.is_some_and(|length| length > self.limit) {
            return Err(self.too_large());
        }
        let units = u32::try_from(announced.unwrap_or(self.limit).div_ceil(UNIT)).unwrap_or(u32::MAX);
        let Ok(Ok(reserved)) = timeout_at(deadline, self.memory.acquire_many(units)).await else {
            return Err(Refusal::Busy);
        };
        let all = self.collect(body, announced.unwrap_or_default());
        let bytes = timeout_at(deadline, all).await.map_err(|_| Refusal::SlowBody)??;
        Ok(Received { bytes, _reserved: reserved })
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

    async fn collect(&self, body: &mut Body, expected: usize) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::with_capacity(expected);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
            if data.len() > self.limit - bytes.len() {
                return Err(self.too_large());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
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

    fn reader() -> BodyReader {
        let limits = Limits {
            body_bytes: 4096,
            bodies_bytes: 8192,
            body: Duration::from_millis(1),
            ..Limits::default()
        };
        BodyReader::new(&limits)
    }

    fn announcing(length: usize) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_LENGTH, length.into())])
    }

    async fn read<'r>(
        reader: &'r BodyReader,
        headers: &HeaderMap,
        sent: &str,
    ) -> Result<Received<'r>, Refusal> {
        let deadline = Instant::now() + Duration::from_hours(1);
        reader.read(headers, &mut Body::from(sent.to_owned()), deadline).await
    }

    #[tokio::test]
    async fn a_body_that_finds_no_memory_in_time_is_turned_away() {
        let reader = reader();
        let one = read(&reader, &announcing(4), "true").await.unwrap();
        let unknown = read(&reader, &HeaderMap::new(), "true").await.unwrap();
        assert_eq!(unknown.bytes, b"true");
        let refusal = read(&reader, &HeaderMap::new(), "true").await.err();
        assert_eq!(refusal, Some(Refusal::Busy), "one unit and the most that one body may have are taken");
        drop((one, unknown));
        assert!(read(&reader, &HeaderMap::new(), "true").await.is_ok(), "all is given back");
    }

    #[tokio::test]
    async fn sizes_are_bounded_as_announced_and_as_sent() {
        let reader = reader();
        for (headers, sent, expected) in [
            (announcing(4096), 4096, None),
            (announcing(4097), 0, Some(Refusal::TooLarge { limit: 4096 })),
            (HeaderMap::new(), 4096, None),
            (HeaderMap::new(), 4097, Some(Refusal::TooLarge { limit: 4096 })),
        ] {
            let result = read(&reader, &headers, &"x".repeat(sent)).await;
            assert_eq!(result.err(), expected, "{sent} bytes with {headers:?}");
        }
    }
}
