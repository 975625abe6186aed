//! A connection whose client has to read: what is sent is taken in time, or the connection ends.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream with a time limit from the first byte that its client does not take until it has taken all of them.
pub(super) struct Sending<S> {
    stream: S,
    longest: Duration,
    late: Option<Pin<Box<Sleep>>>,
}

impl<S> Sending<S> {
    /// A stream of which nothing is left to be sent.
    pub(super) fn new(stream: S, longest: Duration) -> Self {
        Self { stream, longest, late: None }
    }

    /// What came of an attempt to send: an error where it has been tried for too long.
    fn in_time<T>(&mut self, cx: &mut Context<'_>, attempt: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            return attempt;
        }
        let longest = self.longest;
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(longest)));
        ready!(late.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the client does not read its answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sending<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sending<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.in_time(cx, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(attempt, Poll::Ready(Ok(()))) {
            self.late = None;
        }
        self.in_time(cx, attempt)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.in_time(cx, attempt)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_left() {
        let longest = Duration::from_secs(5);
        let (ours, mut theirs) = duplex(10);
        let mut sending = Sending::new(ours, longest);
        sending.write_all(&[0; 10]).await.unwrap();
        sending.flush().await.unwrap();
        let error = sending.write_all(&[0; 20]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "nobody has read");

        let (ours, mut slow) = duplex(10);
        let mut sending = Sending::new(ours, longest);
        let reading = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                slow.read_u8().await.unwrap();
            }
        });
        let error = sending.write_all(&[0; 20]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "a byte now and then is not enough");
        reading.abort();

        theirs.read_exact(&mut [0; 10]).await.unwrap();
    }
}
