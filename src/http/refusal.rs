//! Answers to requests that no webhook answers: the status, and a text that says what would be right.

use axum::http::header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use super::clients::DisallowedClient;
use crate::webhook::{Reply, ReplyMetrics};

/// Why a request is refused; its text is the body of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// The path of no webhook.
    #[error("no such path: the webhooks are POST /validate and POST /mutate")]
    UnknownPath,
    /// A webhook's path, asked in another way.
    #[error("wrong method: the webhooks are called by POST /validate and POST /mutate")]
    WrongMethod,
    /// A path that the health port does not have.
    #[error(
        "no such path: this port answers GET /healthz, /readyz and /metrics; the webhooks are on the HTTPS port"
    )]
    UnknownHealthPath,
    /// A path of the health port, asked in another way.
    #[error("wrong method: this port answers GET /healthz, /readyz and /metrics")]
    HealthMethod,
    /// The client is known and may not call.
    #[error(
        "this client may not call: its certificate is for {}, and --client-allow of the server names others",
        .0.names()
    )]
    NotAllowed(DisallowedClient),
    /// The client was known, and its certificate has ended on an open connection.
    #[error("this client's certificate has expired: connect again with a new one")]
    Expired,
    /// The body is not JSON by its media type.
    #[error("wrong media type: send an AdmissionReview as `Content-Type: application/json`")]
    MediaType,
    /// The body is larger than any `AdmissionReview` can be.
    #[error("the body is too large: at most {limit} bytes are read")]
    TooLarge {
        /// What would have been read, in bytes.
        limit: usize,
    },
    /// The body came too slowly.
    #[error("the body did not arrive in time")]
    SlowBody,
    /// The body ended too early or is not what HTTP calls one.
    #[error("the body is incomplete or malformed")]
    BrokenBody,
    /// Too many others are being served.
    #[error("too many requests at once: try again in a second")]
    Busy,
    /// The client asked for an answer earlier than it could be given.
    #[error("the request could not be answered in the time that its client waits")]
    Late,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath | Self::UnknownHealthPath => StatusCode::NOT_FOUND,
            Self::WrongMethod | Self::HealthMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAllowed(_) | Self::Expired => StatusCode::FORBIDDEN,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Late => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The reason, as Kubernetes names it.
    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownPath | Self::UnknownHealthPath => "NotFound",
            Self::WrongMethod | Self::HealthMethod => "MethodNotAllowed",
            Self::NotAllowed(_) | Self::Expired => "Forbidden",
            Self::MediaType => "UnsupportedMediaType",
            Self::TooLarge { .. } => "RequestEntityTooLarge",
            Self::SlowBody => "Timeout",
            Self::BrokenBody => "BadRequest",
            Self::Busy => "TooManyRequests",
            Self::Late => "ServiceUnavailable",
        }
    }

    /// What is counted of it.
    pub(super) fn facts(&self) -> ReplyMetrics {
        ReplyMetrics { code: self.status().as_u16(), ..ReplyMetrics::default() }
    }

    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::WrongMethod => Some((ALLOW, "POST")),
            Self::HealthMethod => Some((ALLOW, "GET, HEAD")),
            // The API server tries again within its own timeout.
            Self::Busy => Some((RETRY_AFTER, "1")),
            // Where this request ends and the next would begin is unknown.
            Self::SlowBody | Self::BrokenBody | Self::Expired => Some((CONNECTION, "close")),
            _ => None,
        }
    }

    /// Whether more of the body may still come that is worth waiting for.
    pub(super) fn leaves_a_body(&self) -> bool {
        !matches!(self, Self::SlowBody | Self::BrokenBody | Self::Late)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let reply = Reply::refusal(self.status().as_u16(), self.reason(), &self.to_string());
        let mut response = reply.into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
