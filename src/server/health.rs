//! What the program says about itself on the plain port: alive, and ready or why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use time::OffsetDateTime;

use super::refusal::Refusal;
use super::tls::CertificateStore;
use crate::certificate::utc;

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;

/// Whether the webhook should be sent requests.
pub(super) struct Readiness {
    phase: AtomicU8,
    certificates: Arc<CertificateStore>,
}

impl Readiness {
    /// Not ready yet.
    pub(super) fn new(certificates: Arc<CertificateStore>) -> Self {
        Self { phase: AtomicU8::new(STARTING), certificates }
    }

    /// The start is over.
    pub(super) fn set_ready(&self) {
        self.phase.store(READY, Ordering::Relaxed);
    }

    /// The end has begun.
    pub(super) fn set_draining(&self) {
        self.phase.store(DRAINING, Ordering::Relaxed);
    }

    /// What stands in the way of being ready.
    fn obstacle(&self, now: OffsetDateTime) -> Option<String> {
        match self.phase.load(Ordering::Relaxed) {
            STARTING => return Some("starting".to_owned()),
            DRAINING => return Some("shutting down".to_owned()),
            _ => {}
        }
        let certificate = self.certificates.current();
        let invalid = !certificate.is_valid_at(now);
        invalid.then(|| {
            format!("the serving certificate is not valid now (until {})", utc(certificate.not_after()))
        })
    }
}

/// The routes of the plain port.
pub(super) fn router(readiness: &Arc<Readiness>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .fallback(|| async { Refusal::UnknownHealthPath })
        .method_not_allowed_fallback(|| async { Refusal::HealthMethod })
        .with_state(Arc::clone(readiness))
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> (StatusCode, String) {
    match readiness.obstacle(OffsetDateTime::now_utc()) {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(obstacle) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {obstacle}\n")),
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::certificate::{Authority, ServingCertificate};

    #[test]
    fn readiness_says_what_stands_in_its_way() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let authority = Authority::issue(Duration::days(7), start).unwrap();
        let leaf = authority.issue_leaf(&["localhost".parse().unwrap()], Duration::days(1), start).unwrap();
        let leaf = ServingCertificate::from_pem(&leaf).unwrap();
        let readiness = Readiness::new(Arc::new(CertificateStore::new(leaf)));
        assert_eq!(readiness.obstacle(start).as_deref(), Some("starting"));
        readiness.set_ready();
        assert_eq!(readiness.obstacle(start), None);
        let late = readiness.obstacle(start + Duration::days(2)).unwrap();
        assert!(late.contains("not valid now"), "{late}");
        readiness.set_draining();
        assert_eq!(readiness.obstacle(start).as_deref(), Some("shutting down"));
    }
}
