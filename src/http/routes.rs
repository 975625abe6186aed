//! The webhooks' routes: what a request must be before the handler sees it, and what becomes of its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::FutureExt;
use humantime::parse_duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::error;

use super::body::{BodyReader, Received};
use super::clients::{DisallowedClient, Expired};
use super::handler::plain_panic_reply;
use super::memory::{Memory, Reservation};
use super::pool::{Activity, ConnectionPool};
use super::refusal::Refusal;
use super::{Call, Handler, Limits};
use crate::metrics::Metrics;
use crate::webhook::{Reply, ReplyMetrics, Webhook};

/// What all requests share.
struct Webhooks {
    handler: Arc<dyn Handler>,
    metrics: Arc<Metrics>,
    in_flight: Semaphore,
    bodies: BodyReader,
    /// The longest that an answer takes.
    patience: Duration,
}

/// The routes of the HTTPS port.
pub(super) fn router(
    handler: Arc<dyn Handler>,
    metrics: Arc<Metrics>,
    pool: Arc<ConnectionPool>,
    limits: Limits,
) -> Router {
    let in_flight = Semaphore::new(limits.in_flight);
    let bodies = BodyReader::new(Memory::new(limits.request_bytes, pool), &limits);
    let patience = limits.answer;
    let webhooks = Arc::new(Webhooks { handler, metrics, in_flight, bodies, patience });
    let routes = Router::new();
    let routes = Webhook::ALL.into_iter().fold(routes, |routes, webhook| {
        routes.route(webhook.path(), post(move |webhooks, request| answer(webhooks, webhook, request)))
    });
    routes
        .fallback(|webhooks, request| refuse(webhooks, Refusal::UnknownPath, request))
        .method_not_allowed_fallback(|webhooks, request| refuse(webhooks, Refusal::WrongMethod, request))
        .with_state(webhooks)
}

async fn answer(State(webhooks): State<Arc<Webhooks>>, webhook: Webhook, request: Request) -> Response {
    let started = Instant::now();
    let (head, mut body) = request.into_parts();
    let result = webhooks.admit(webhook, &head, &mut body, started).await;
    let counted = |facts: &ReplyMetrics| webhooks.metrics.answered(webhook, facts, started.elapsed());
    match result {
        Ok((reply, reserved)) => {
            counted(&reply.facts);
            reply.holding(reserved)
        }
        Err(refusal) => {
            counted(&refusal.facts());
            webhooks.refuse(refusal, &head.headers, &mut body).await
        }
    }
}

async fn refuse(State(webhooks): State<Arc<Webhooks>>, refusal: Refusal, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    // Whoever may not call is told that before anything else.
    let refusal = require_allowed(&head).err().unwrap_or(refusal);
    webhooks.refuse(refusal, &head.headers, &mut body).await
}

impl Webhooks {
    async fn admit(
        &self,
        webhook: Webhook,
        head: &Parts,
        body: &mut axum::body::Body,
        started: Instant,
    ) -> Result<(Reply, Reservation), Refusal> {
        require_allowed(head)?;
        require_json(&head.headers)?;
        let activity = head.extensions.get::<Activity>().ok_or(Refusal::BrokenBody)?;
        let deadline = started + patience(&head.uri, self.patience);
        let Received { bytes, mut reserved } =
            self.bodies.read(&head.headers, body, activity, deadline).await?;
        // Only what is there completely takes a place in flight, and protects its connection from being cut.
        let _in_flight = self.in_flight.try_acquire().map_err(|_| Refusal::Busy)?;
        let _counted = self.metrics.enter();
        let _working = activity.work();
        let call = Call { webhook, body: &bytes, deadline };
        let reply = timeout_at(deadline, self.guarded(call)).await.map_err(|_| Refusal::Late)?;
        if reply.status == 200 {
            activity.prove();
        }
        drop(bytes);
        reserved.shrink(reply.body.capacity());
        Ok((reply, reserved))
    }

    /// Asks the handler so that a panic becomes an answer.
    async fn guarded(&self, call: Call<'_>) -> Reply {
        // In a block of its own, so that a panic before the first await is caught too.
        let answering = AssertUnwindSafe(async { self.handler.answer(call).await });
        if let Ok(reply) = answering.catch_unwind().await {
            return reply;
        }
        self.metrics.panicked();
        error!(webhook = call.webhook.name(), bytes = call.body.len(), "panic while answering a review");
        let answered = catch_unwind(AssertUnwindSafe(|| self.handler.panicked(call)));
        answered.unwrap_or_else(|_| plain_panic_reply())
    }

    async fn refuse(&self, refusal: Refusal, headers: &HeaderMap, body: &mut axum::body::Body) -> Response {
        if refusal == Refusal::Busy {
            self.metrics.shed();
        }
        if refusal.leaves_a_body() {
            self.bodies.discard(headers, body).await;
        }
        refusal.into_response()
    }
}

/// How long the client of this request waits, as the API server says it in `?timeout=` (whole seconds, `10s`), less the time that an answer
/// is on its way; `longest` where it says nothing that is understood.
fn patience(uri: &Uri, longest: Duration) -> Duration {
    const ON_THE_WAY: Duration = Duration::from_millis(500);
    let mut parameters = uri.query().unwrap_or_default().split('&');
    let timeout = parameters.find_map(|parameter| parse_duration(parameter.strip_prefix("timeout=")?).ok());
    timeout.map_or(longest, |timeout| timeout.saturating_sub(ON_THE_WAY).min(longest))
}

fn require_allowed(head: &Parts) -> Result<(), Refusal> {
    if head.extensions.get::<Expired>().is_some() {
        return Err(Refusal::Expired);
    }
    let disallowed = head.extensions.get::<DisallowedClient>();
    disallowed.map_or(Ok(()), |disallowed| Err(Refusal::NotAllowed(disallowed.clone())))
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::MediaType) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_ready_half_a_second_before_its_client_gives_up() {
        const LONGEST: Duration = Duration::from_secs(5);
        for (path, milliseconds) in [
            ("/validate?timeout=5s", 4500),
            ("/validate?timeout=1s", 500),
            ("/validate?timeout=30s", 5000),
            ("/validate?a=b&timeout=1500ms", 1000),
            ("/validate?timeout=0s", 0),
            ("/validate?timeout=soon", 5000),
            ("/validate?timeout=99999999999999999999s", 5000),
            ("/validate", 5000),
        ] {
            let uri = path.parse().unwrap();
            assert_eq!(patience(&uri, LONGEST), Duration::from_millis(milliseconds), "{path}");
        }
    }
}
