//! What the program says about itself on the plain port: alive, ready or why not, and what it has counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use time::OffsetDateTime;

use super::Handler;
use super::refusal::Refusal;
use crate::certificates::{CertificateStore, utc};
use crate::metrics::Metrics;

/// The format in which metrics are told.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;

/// Whether the webhook should be sent requests.
pub(super) struct Readiness {
    phase: AtomicU8,
    certificates: Arc<CertificateStore>,
    handler: Arc<dyn Handler>,
}

impl Readiness {
    /// Not ready yet.
    pub(super) fn new(certificates: Arc<CertificateStore>, handler: Arc<dyn Handler>) -> Self {
        Self { phase: AtomicU8::new(STARTING), certificates, handler }
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
        if !certificate.is_valid_at(now) {
            let until = utc(certificate.not_after());
            return Some(format!("the serving certificate is not valid now (until {until})"));
        }
        self.handler.obstacle()
    }
}

/// The routes of the plain port.
pub(super) fn router(readiness: &Arc<Readiness>, metrics: &Arc<Metrics>) -> Router {
    let metrics = Arc::clone(metrics);
    Router::new()
        .route("/metrics", get(|| async move { ([(CONTENT_TYPE, OPEN_METRICS)], metrics.told()) }))
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
    use crate::certificates::{Authority, ServingCertificate};
    use crate::http::{Answer, Call};

    /// Has not seen everything yet.
    struct Waiting;

    impl Handler for Waiting {
        fn answer<'h>(&'h self, _: Call<'h>) -> Answer<'h> {
            Box::pin(std::future::pending())
        }
        fn obstacle(&self) -> Option<String> {
            Some("waiting for sgclusters".to_owned())
        }
    }

    #[test]
    fn readiness_says_what_stands_in_its_way() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let authority = Authority::issue(Duration::days(7), start).unwrap();
        let leaf = authority.issue_leaf(&["localhost".parse().unwrap()], Duration::days(1), start).unwrap();
        let leaf = ServingCertificate::from_pem(&leaf).unwrap();
        let readiness = Readiness::new(Arc::new(CertificateStore::new(leaf)), Arc::new(Waiting));
        assert_eq!(readiness.obstacle(start).as_deref(), Some("starting"));
        readiness.set_ready();
        assert_eq!(readiness.obstacle(start).as_deref(), Some("waiting for sgclusters"));
        let late = readiness.obstacle(start + Duration::days(2)).unwrap();
        assert!(late.contains("not valid now"), "{late}");
        readiness.set_draining();
        assert_eq!(readiness.obstacle(start).as_deref(), Some("shutting down"));
    }
}
