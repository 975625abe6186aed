//! What answers reviews, as the server sees it.

use std::future::Future;
use std::pin::Pin;

use tokio::time::Instant;

use crate::webhook::{Reply, Webhook};

/// What a client is told where a handler has panicked, and says no more itself.
pub(super) fn plain_panic_reply() -> Reply {
    Reply::refusal(500, "InternalError", "internal error: the review could not be answered")
}

/// One call of a webhook.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// Which one.
    pub webhook: Webhook,
    /// The request's body, complete and within the limit.
    pub body: &'c [u8],
    /// When the client stops waiting, with room to tell it so.
    pub deadline: Instant,
}

/// An answer on its way.
pub type Answer<'h> = Pin<Box<dyn Future<Output = Reply> + Send + 'h>>;

/// Answers reviews; called from many threads at once.
pub trait Handler: Send + Sync + 'static {
    /// The answer to a call; dropped where it takes longer than the deadline.
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h>;

    /// What keeps the handler from answering rightly, for `/readyz`.
    fn obstacle(&self) -> Option<String> {
        None
    }

    /// The answer when [`Handler::answer`] has panicked on this call.
    fn panicked(&self, call: Call<'_>) -> Reply {
        let _ = call;
        plain_panic_reply()
    }
}
