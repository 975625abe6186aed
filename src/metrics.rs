//! What the server counts, and tells on the plain port in the format of Prometheus.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;

use crate::webhook::{ReplyMetrics, Webhook};

/// Labels whose values are all known beforehand, so that no request can make new ones without end.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// Labels with a value that an operator chose: the name of a webhook configuration.
type Named = [(&'static str, String); 1];

/// The limits of the buckets of `syncguard_request_duration_seconds`.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<4>, Counter>,
    durations: Family<Labels<1>, Histogram, Buckets>,
    would_be_denied: Family<Labels<2>, Counter>,
    findings: Family<Labels<2>, Counter>,
    in_flight: Gauge,
    shed: Counter,
    panics: Counter,
    handshake_failures: Counter,
    connections: Gauge,
    made_room: Counter,
    certificate_expiry: Family<Labels<1>, Gauge>,
    ca_bundle_in_sync: Family<Named, Gauge>,
    watch_live: Family<Labels<1>, Gauge>,
    stored_unsound: Family<Labels<1>, Counter>,
}

/// Makes the histogram of one webhook.
#[derive(Debug, Clone)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("syncguard"),
            requests: Family::default(),
            durations: Family::new_with_constructor(Buckets),
            would_be_denied: Family::default(),
            findings: Family::default(),
            in_flight: Gauge::default(),
            shed: Counter::default(),
            panics: Counter::default(),
            handshake_failures: Counter::default(),
            connections: Gauge::default(),
            made_room: Counter::default(),
            certificate_expiry: Family::default(),
            ca_bundle_in_sync: Family::default(),
            watch_live: Family::default(),
            stored_unsound: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Webhook calls answered; code is 422 for a denial",
            self.requests.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "Time from a request's headers to its response, including receiving the body",
            self.durations.clone(),
        );
        registry.register(
            "would_be_denied",
            "Changes with errors that were allowed because the settings say to warn",
            self.would_be_denied.clone(),
        );
        registry.register(
            "findings",
            "Findings by rule; each rule counts once for a review",
            self.findings.clone(),
        );
        registry.register("in_flight", "Requests being judged", self.in_flight.clone());
        registry.register("shed", "Requests rejected with 429 because of load", self.shed.clone());
        registry.register("panics", "Panics while answering a request", self.panics.clone());
        registry.register(
            "tls_handshake_failures",
            "TLS handshakes that failed or timed out",
            self.handshake_failures.clone(),
        );
        registry.register("connections", "Open connections to the webhook port", self.connections.clone());
        registry.register(
            "connections_cut",
            "Connections closed to make room for others",
            self.made_room.clone(),
        );
        registry.register(
            "certificate_expiry_timestamp_seconds",
            "Expiry of a certificate in use, in seconds since the epoch",
            self.certificate_expiry.clone(),
        );
        registry.register(
            "ca_bundle_in_sync",
            "Whether the caBundle of a webhook configuration verifies the serving certificate",
            self.ca_bundle_in_sync.clone(),
        );
        registry.register("watch_live", "Whether the watch is connected", self.watch_live.clone());
        registry.register(
            "stored_unsound",
            "Clusters stored with an SGPostgresConfig that makes them unsound, which no review has denied",
            self.stored_unsound.clone(),
        );
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        // The library ends the name of an Info in `_info`.
        registry.register("build", "Build information", build);
    }

    /// Counts one answer and the time it took.
    pub(super) fn answered(&self, webhook: Webhook, facts: &ReplyMetrics, took: Duration) {
        let name = ("webhook", webhook.name());
        let operation = if facts.operation.is_empty() { "unknown" } else { facts.operation };
        let allowed = match facts.allowed {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        };
        let labels = [name, ("operation", operation), ("allowed", allowed), ("code", code(facts.code))];
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&[name]).observe(took.as_secs_f64());
        if facts.would_be_denied {
            self.would_be_denied.get_or_create(&[name, ("operation", operation)]).inc();
        }
        for (rule, severity) in &facts.raised {
            self.findings.get_or_create(&[("rule", rule), ("severity", severity.name())]).inc();
        }
    }

    /// Counts a request for as long as the result lives.
    pub(super) fn enter(&self) -> Counted<'_> {
        Counted::of(&self.in_flight)
    }

    /// Counts a connection for as long as the result lives.
    pub(super) fn connect(&self) -> Counted<'_> {
        Counted::of(&self.connections)
    }

    /// A connection was cut because others needed what it had.
    pub(super) fn made_room(&self) {
        self.made_room.inc();
    }

    /// A request was turned away.
    pub(super) fn shed(&self) {
        self.shed.inc();
    }

    /// A handler has panicked.
    pub(super) fn panicked(&self) {
        self.panics.inc();
    }

    /// A client did not get through the handshake.
    pub(super) fn handshake_failed(&self) {
        self.handshake_failures.inc();
    }

    /// A certificate is in use: `serving`, or the `ca` that signs it.
    pub fn certificate(&self, kind: &'static str, not_after: OffsetDateTime) {
        self.certificate_expiry.get_or_create(&[("kind", kind)]).set(not_after.unix_timestamp());
    }

    /// Whether a webhook configuration's caBundle is as it has to be.
    pub fn ca_bundle(&self, configuration: &str, in_sync: bool) {
        self.ca_bundle_in_sync
            .get_or_create(&[("configuration", configuration.to_owned())])
            .set(in_sync.into());
    }

    /// Whether the watch of a kind is told what happens.
    pub fn watch(&self, kind: &'static str, live: bool) {
        self.watch_live.get_or_create(&[("kind", kind)]).set(live.into());
    }

    /// A cluster was stored, or its SGPostgresConfig was, and is unsound with it by this rule.
    pub fn stored_unsound(&self, rule: &'static str) {
        self.stored_unsound.get_or_create(&[("rule", rule)]).inc();
    }

    /// All of it, as text.
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// One of those that a gauge counts, until it is dropped.
pub(super) struct Counted<'m>(&'m Gauge<i64, AtomicI64>);

impl<'m> Counted<'m> {
    fn of(gauge: &'m Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The status code as a label.
fn code(code: u16) -> &'static str {
    match code {
        200 => "200",
        400 => "400",
        403 => "403",
        408 => "408",
        413 => "413",
        415 => "415",
        422 => "422",
        429 => "429",
        500 => "500",
        503 => "503",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncguard_core::rule::Severity;

    #[test]
    fn what_was_answered_is_told_under_the_names_that_dashboards_use() {
        let metrics = Metrics::default();
        let raised = vec![("fsync-off", Severity::Error), ("stuck-commit-bug", Severity::Warning)];
        let denied = ReplyMetrics {
            operation: "CREATE",
            allowed: Some(false),
            code: 422,
            raised,
            ..ReplyMetrics::default()
        };
        metrics.answered(Webhook::Validate, &denied, Duration::from_micros(700));
        metrics.answered(
            Webhook::Mutate,
            &ReplyMetrics { code: 400, ..ReplyMetrics::default() },
            Duration::from_secs(9),
        );
        metrics.shed();
        metrics.panicked();
        metrics.handshake_failed();
        metrics.certificate("serving", OffsetDateTime::UNIX_EPOCH);
        metrics.ca_bundle("syncguard", true);
        metrics.stored_unsound("fsync-off");
        let working = metrics.enter();
        let told = metrics.told();
        drop(working);
        for line in [
            r#"syncguard_requests_total{webhook="validate",operation="CREATE",allowed="false",code="422"} 1"#,
            r#"syncguard_requests_total{webhook="mutate",operation="unknown",allowed="",code="400"} 1"#,
            r#"syncguard_request_duration_seconds_bucket{le="0.0005",webhook="validate"} 0"#,
            r#"syncguard_request_duration_seconds_bucket{le="0.001",webhook="validate"} 1"#,
            r#"syncguard_request_duration_seconds_bucket{le="5.0",webhook="mutate"} 0"#,
            r#"syncguard_findings_total{rule="fsync-off",severity="error"} 1"#,
            r#"syncguard_findings_total{rule="stuck-commit-bug",severity="warning"} 1"#,
            "syncguard_in_flight 1",
            "syncguard_shed_total 1",
            "syncguard_panics_total 1",
            "syncguard_tls_handshake_failures_total 1",
            r#"syncguard_certificate_expiry_timestamp_seconds{kind="serving"} 0"#,
            r#"syncguard_ca_bundle_in_sync{configuration="syncguard"} 1"#,
            r#"syncguard_stored_unsound_total{rule="fsync-off"} 1"#,
            concat!(r#"syncguard_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
        ] {
            assert!(told.lines().any(|told| told == line), "a line {line}, among\n{told}");
        }
        assert!(metrics.told().lines().any(|line| line == "syncguard_in_flight 0"), "given back");
    }
}
