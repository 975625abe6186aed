//! What is answered: allowed, denied with every error at once, completed, or failed.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use tracing::{Level, enabled, event};

use super::{Webhook, encode::Response, patch::patch, texts};
use syncguard_core::{
    rule::{Downgrade, Finding, Severity},
    rules::UNSERVED_VERSION,
    view::{
        Leaf,
        admission_review::{AdmissionRequest, GroupVersionKind},
    },
};
use syncguard_manifest::SetValue;

/// One HTTP answer, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The media type of `body`.
    pub content_type: &'static str,
    /// What is sent.
    pub body: Vec<u8>,
    /// What is counted.
    pub facts: ReplyMetrics,
}

/// What an answer says, for those who count answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyMetrics {
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`; empty where the request is not known.
    pub operation: &'static str,
    /// Whether the request was allowed; none where it was not decided.
    pub allowed: Option<bool>,
    /// The HTTP status, or that of the denial.
    pub code: u16,
    /// Whether it was allowed only because the settings say to warn.
    pub would_be_denied: bool,
    /// The rules that were raised, each once.
    pub raised: Vec<(&'static str, Severity)>,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        let facts = ReplyMetrics { code: status, ..ReplyMetrics::default() };
        Self { status, content_type: "application/json", body, facts }
    }

    /// An HTTP error. A `Status` of its own: of any other body the API server tells people nothing.
    pub fn refusal(code: u16, reason: &str, message: &str) -> Self {
        let status = json!({
            "apiVersion": "v1", "kind": "Status", "status": "Failure",
            "code": code, "reason": reason, "message": message,
        });
        Self::json(code, status.to_string().into_bytes())
    }

    /// HTTP 503, so that failurePolicy decides.
    pub fn unavailable(message: &str) -> Self {
        Self::refusal(503, "ServiceUnavailable", message)
    }
}

/// What an answer must repeat of its question.
#[derive(Debug, Clone)]
pub struct ResponseBuilder<'a> {
    version: &'static str,
    uid: Leaf<'a>,
    kind: Option<GroupVersionKind<'a>>,
    name: Leaf<'a>,
    namespace: Leaf<'a>,
    operation: &'static str,
    dry_run: bool,
    user: Leaf<'a>,
}

/// What can be done to an object.
const OPERATIONS: [&str; 4] = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

impl<'a> ResponseBuilder<'a> {
    pub(super) fn of(version: &'static str, request: &AdmissionRequest<'a>) -> Self {
        let named = request.operation.text().unwrap_or_default();
        Self {
            version,
            uid: request.uid.clone(),
            kind: request.kind.get().cloned(),
            name: request.name.clone(),
            namespace: request.namespace.clone(),
            operation: OPERATIONS.into_iter().find(|operation| *operation == named).unwrap_or_default(),
            dry_run: request.dry_run.flag() == Some(true),
            user: request.user_info.get().map_or(Leaf::Absent, |user| user.username.clone()),
        }
    }

    /// One line about what became of the request: who it is about, and no contents. What is allowed is only of interest to
    /// somebody who looks for it, unless it was not understood, or would be denied elsewhere.
    pub(super) fn log(&self, webhook: Webhook, reply: &Reply, took: Duration) {
        let ReplyMetrics { allowed, code, raised, would_be_denied, .. } = &reply.facts;
        let is_unexplained = raised.iter().any(|(id, _)| *id == UNSERVED_VERSION.id);
        let is_told = is_unexplained || *would_be_denied;
        if *allowed == Some(true) && !is_told && !enabled!(Level::DEBUG) {
            return;
        }
        let rules: Vec<_> = raised.iter().map(|(id, _)| *id).collect();
        let kind = self.kind.as_ref().and_then(|kind| kind.kind.text()).unwrap_or_default();
        macro_rules! told {
            ($level:expr, $message:literal) => {
                event!(
                    $level,
                    webhook = webhook.name(),
                    operation = self.operation,
                    kind = %kind,
                    namespace = %text(&self.namespace),
                    name = %text(&self.name),
                    uid = %text(&self.uid),
                    user = %text(&self.user),
                    dry_run = self.dry_run,
                    code,
                    rules = %rules.join(","),
                    microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                    $message
                )
            };
        }
        match allowed {
            Some(true) if is_unexplained => told!(Level::WARN, "allowed, and not judged as a whole"),
            Some(true) if *would_be_denied => told!(Level::INFO, "would be denied"),
            Some(true) => told!(Level::DEBUG, "allowed"),
            Some(false) => told!(Level::INFO, "denied"),
            None => told!(Level::WARN, "not decided"),
        }
    }

    /// Nothing to say.
    pub fn allowed(&self) -> Reply {
        self.reply(&Response { allowed: true, ..self.response() }, Vec::new())
    }

    /// Allowed with warnings, or denied with all errors.
    pub fn judged(&self, findings: &[Finding<'_>]) -> Reply {
        if findings.is_empty() {
            return self.allowed();
        }
        let of = |severity| findings.iter().filter(move |finding| finding.severity == severity);
        let errors: Vec<_> = of(Severity::Error).collect();
        let raised = raised(findings);
        let response = Response {
            allowed: errors.is_empty(),
            status: (!errors.is_empty()).then(|| self.denial(&errors)),
            warnings: texts::bounded(
                findings.len() - errors.len(),
                of(Severity::Warning).map(texts::warning),
            ),
            audit_annotation: Some(("rules-raised", ids(&raised))),
            ..self.response()
        };
        let would_be_denied = errors.is_empty()
            && findings.iter().any(|finding| finding.downgraded.is_some_and(Downgrade::would_be_denied));
        let reply = self.reply(&response, raised);
        Reply { facts: ReplyMetrics { would_be_denied, ..reply.facts }, ..reply }
    }

    /// Allowed, and completed where a default was missing.
    pub fn completed(&self, operations: &[SetValue]) -> Reply {
        if operations.is_empty() {
            return self.allowed();
        }
        let filled: Vec<_> = operations.iter().map(|operation| operation.path.pointer()).collect();
        let encoded = serde_json::to_vec(&patch(operations)).unwrap_or_default();
        let response = Response {
            allowed: true,
            patch: Some(BASE64.encode(encoded)),
            audit_annotation: Some(("defaults-applied", filled.join(","))),
            ..self.response()
        };
        self.reply(&response, Vec::new())
    }

    /// Not judged, through a fault of our own.
    pub fn failed(&self, message: &str) -> Reply {
        let status = json!({
            "status": "Failure", "code": 500, "reason": "InternalError", "message": message,
        });
        let failed = self.reply(&Response { status: Some(status), ..self.response() }, Vec::new());
        Reply { facts: ReplyMetrics { allowed: None, code: 500, ..failed.facts }, ..failed }
    }

    fn response(&self) -> Response<'_> {
        Response { uid: self.uid.text().unwrap_or_default(), ..Response::default() }
    }

    fn reply(&self, response: &Response<'_>, raised: Vec<(&'static str, Severity)>) -> Reply {
        let allowed = Some(response.allowed);
        let code = if response.allowed { 200 } else { INVALID };
        let facts = ReplyMetrics { operation: self.operation, allowed, code, would_be_denied: false, raised };
        Reply { facts, ..Reply::json(200, response.encode(self.version)) }
    }

    fn denial(&self, errors: &[&Finding<'_>]) -> Value {
        let told = texts::told(errors);
        let [group, kind] = self.kind.as_ref().map_or([""; 2], |kind| [text(&kind.group), text(&kind.kind)]);
        json!({
            "status": "Failure",
            "code": INVALID,
            "reason": "Invalid",
            "message": texts::sentence(&told, errors.len() - told.len()),
            "details": {
                "group": group,
                "kind": kind,
                "name": text(&self.name),
                "causes": told,
            },
        })
    }
}

/// What a string of the request says; nothing where it is none.
fn text<'l>(leaf: &'l Leaf<'_>) -> &'l str {
    leaf.text().unwrap_or_default()
}

/// The status code of a denial.
const INVALID: u16 = 422;

/// The rules that were raised, each once with its gravest finding.
fn raised(findings: &[Finding<'_>]) -> Vec<(&'static str, Severity)> {
    let mut raised: Vec<(&'static str, Severity)> = Vec::new();
    for finding in findings {
        match raised.iter_mut().find(|(id, _)| *id == finding.rule.id) {
            Some((_, severity)) => *severity = (*severity).max(finding.severity),
            None => raised.push((finding.rule.id, finding.severity)),
        }
    }
    raised
}

fn ids(raised: &[(&'static str, Severity)]) -> String {
    raised.iter().map(|(id, _)| *id).collect::<Vec<_>>().join(",")
}
