//! An answer of a webhook, as HTTP sends it.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::memory::Reservation;
use crate::webhook::Reply;

/// The bytes of an answer with their share of the memory, given back when the last of them has been sent.
struct Held {
    bytes: Vec<u8>,
    _reserved: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Reply {
    /// The answer, which holds this share until it has been sent.
    pub(super) fn holding(self, reserved: Reservation) -> Response {
        let Self { status, content_type, body, .. } = self;
        respond(status, content_type, Bytes::from_owner(Held { bytes: body, _reserved: reserved }).into())
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        respond(self.status, self.content_type, self.body.into())
    }
}

fn respond(status: u16, content_type: &'static str, body: Body) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
