//! The webhooks' routes: what a request must be before the handler sees it, and what becomes of its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Semaphore;
use tracing::error;

use super::body::BodyReader;
use super::clients::Stranger;
use super::crowd::Activity;
use super::refusal::Refusal;
use super::{Handler, Limits};
use crate::admission::{Reply, Webhook};

/// What all requests share.
struct Webhooks {
    handler: Arc<dyn Handler>,
    in_flight: Semaphore,
    bodies: BodyReader,
}

/// The routes of the HTTPS port.
pub(super) fn router(handler: Arc<dyn Handler>, limits: Limits) -> Router {
    let in_flight = Semaphore::new(limits.in_flight);
    let webhooks = Arc::new(Webhooks { handler, in_flight, bodies: BodyReader::new(&limits) });
    Router::new()
        .route(
            Webhook::Validate.path(),
            post(|webhooks, request| answer(webhooks, Webhook::Validate, request)),
        )
        .route(Webhook::Mutate.path(), post(|webhooks, request| answer(webhooks, Webhook::Mutate, request)))
        .fallback(|webhooks, request| refuse(webhooks, Refusal::UnknownPath, request))
        .method_not_allowed_fallback(|webhooks, request| refuse(webhooks, Refusal::WrongMethod, request))
        .with_state(webhooks)
}

/// The last resort when a handler has panicked twice.
pub(super) fn plain_panic_reply() -> Reply {
    Reply::text(500, "internal error: the review could not be answered\n")
}

async fn answer(State(webhooks): State<Arc<Webhooks>>, webhook: Webhook, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    match webhooks.admit(webhook, &head, &mut body).await {
        Ok(reply) => into_response(reply),
        Err(refusal) => webhooks.refuse(refusal, &head.headers, &mut body).await,
    }
}

async fn refuse(State(webhooks): State<Arc<Webhooks>>, refusal: Refusal, request: Request) -> Response {
    let (head, mut body) = request.into_parts();
    // Whoever may not call is told that before anything else.
    let refusal = require_friend(&head).err().unwrap_or(refusal);
    webhooks.refuse(refusal, &head.headers, &mut body).await
}

impl Webhooks {
    async fn admit(
        &self,
        webhook: Webhook,
        head: &Parts,
        body: &mut axum::body::Body,
    ) -> Result<Reply, Refusal> {
        require_friend(head)?;
        require_json(&head.headers)?;
        let _in_flight = self.in_flight.try_acquire().map_err(|_| Refusal::Busy)?;
        // Only a request that has its place in flight protects its connection from being cut.
        let _working = head.extensions.get().map(Activity::work);
        let received = self.bodies.read(&head.headers, body).await?;
        Ok(guarded(self.handler.as_ref(), webhook, &received.bytes))
    }

    async fn refuse(&self, refusal: Refusal, headers: &HeaderMap, body: &mut axum::body::Body) -> Response {
        if refusal.leaves_a_body() {
            self.bodies.discard(headers, body).await;
        }
        refusal.into_response()
    }
}

/// Asks the handler so that a panic becomes an answer.
fn guarded(handler: &dyn Handler, webhook: Webhook, body: &[u8]) -> Reply {
    let answered = catch_unwind(AssertUnwindSafe(|| handler.answer(webhook, body)));
    answered.unwrap_or_else(|_| {
        error!(?webhook, bytes = body.len(), "the answer to a review failed by a panic");
        let answered = catch_unwind(AssertUnwindSafe(|| handler.panicked(webhook, body)));
        answered.unwrap_or_else(|_| plain_panic_reply())
    })
}

fn require_friend(head: &Parts) -> Result<(), Refusal> {
    let stranger = head.extensions.get::<Stranger>();
    stranger.map_or(Ok(()), |stranger| Err(Refusal::NotAllowed(stranger.clone())))
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::MediaType) }
}

fn into_response(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    response
}
