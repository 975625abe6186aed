//! What is answered: allowed, denied with every error at once, completed, or failed.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use json_patch::Patch;
use serde::Serialize;
use serde_json::{Value, json};

use super::{GroupVersionKind, Request};
use crate::{
    rule::{Finding, Severity, printable},
    view::Leaf,
};

/// One HTTP answer, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The media type of `body`.
    pub content_type: &'static str,
    /// What is sent.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer for people and logs.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: text.into().into_bytes() }
    }

    /// HTTP 503, so that failurePolicy decides. A `Status` of its own: of any other body the API server tells
    /// people nothing.
    pub fn unavailable(message: &str) -> Self {
        let status = json!({
            "apiVersion": "v1", "kind": "Status", "status": "Failure",
            "code": 503, "reason": "ServiceUnavailable", "message": message,
        });
        Self { status: 503, content_type: "application/json", body: status.to_string().into_bytes() }
    }
}

/// What an answer must repeat of its question.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    version: &'static str,
    uid: Leaf<'a>,
    kind: Option<GroupVersionKind<'a>>,
    name: Leaf<'a>,
}

impl<'a> Question<'a> {
    pub(super) fn of(version: &'static str, request: &Request<'a>) -> Self {
        let kind = request.kind.get().cloned();
        Self { version, uid: request.uid.clone(), kind, name: request.name.clone() }
    }

    /// Nothing to say.
    pub fn allowed(&self) -> Reply {
        self.reply(&Response { allowed: true, ..self.response() })
    }

    /// Allowed with warnings, or denied with all errors.
    pub fn judged(&self, findings: &[Finding<'_>]) -> Reply {
        if findings.is_empty() {
            return self.allowed();
        }
        let (errors, warnings): (Vec<_>, Vec<_>) =
            findings.iter().partition(|finding| finding.severity == Severity::Error);
        self.reply(&Response {
            allowed: errors.is_empty(),
            status: (!errors.is_empty()).then(|| self.denial(&errors)),
            warnings: bounded(warnings.iter().map(|finding| warning(finding))),
            audit_annotations: Some(Audit { rules_raised: Some(raised(findings)), defaults_applied: None }),
            ..self.response()
        })
    }

    /// Allowed, and completed where a default was missing.
    pub fn completed(&self, patch: Option<Patch>) -> Reply {
        let Some(patch) = patch else { return self.allowed() };
        let filled: Vec<_> = patch.0.iter().map(|operation| operation.path().to_string()).collect();
        let encoded = serde_json::to_vec(&patch).unwrap_or_default();
        self.reply(&Response {
            allowed: true,
            patch: Some(BASE64.encode(encoded)),
            patch_type: Some("JSONPatch"),
            audit_annotations: Some(Audit { rules_raised: None, defaults_applied: Some(filled.join(",")) }),
            ..self.response()
        })
    }

    /// Not judged, through a fault of our own.
    pub fn failed(&self, message: &str) -> Reply {
        let status = json!({
            "status": "Failure", "code": 500, "reason": "InternalError", "message": message,
        });
        self.reply(&Response { status: Some(status), ..self.response() })
    }

    fn response(&self) -> Response<'_> {
        Response {
            uid: self.uid.text().unwrap_or_default(),
            allowed: false,
            status: None,
            warnings: Vec::new(),
            patch: None,
            patch_type: None,
            audit_annotations: None,
        }
    }

    fn reply(&self, response: &Response<'_>) -> Reply {
        let review = Envelope { api_version: self.version, kind: "AdmissionReview", response };
        // Strings and JSON values always serialise; an empty body would be refused by the API server.
        let body = serde_json::to_vec(&review).unwrap_or_default();
        Reply { status: 200, content_type: "application/json", body }
    }

    fn denial(&self, errors: &[&Finding<'_>]) -> Value {
        let kind = self.kind.as_ref();
        let text = |leaf: Option<&Leaf<'_>>| leaf.and_then(Leaf::text).unwrap_or_default().to_owned();
        json!({
            "status": "Failure",
            "code": 422,
            "reason": "Invalid",
            "message": sentence(errors),
            "details": {
                "group": text(kind.map(|kind| &kind.group)),
                "kind": text(kind.map(|kind| &kind.kind)),
                "name": text(Some(&self.name)),
                "causes": errors.iter().map(|finding| cause(finding)).collect::<Vec<_>>(),
            },
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    api_version: &'a str,
    kind: &'a str,
    response: &'a Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_annotations: Option<Audit>,
}

/// What an audit log can keep: no object contents, only names of rules and fields.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Audit {
    #[serde(skip_serializing_if = "Option::is_none")]
    rules_raised: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defaults_applied: Option<String>,
}

/// kubectl prints `field: message` of each cause and nothing else, so the message carries the rule's id.
fn cause(finding: &Finding<'_>) -> Value {
    json!({ "field": finding.path.to_string(), "reason": finding.rule.id, "message": told(finding) })
}

/// What is wrong, what to do, and the id to look it up by.
fn told(finding: &Finding<'_>) -> String {
    format!("{}; {} [{}]", finding.message, finding.help, finding.rule.id)
}

/// All errors in one text: Helm, Argo CD and Flux print nothing else.
fn sentence(errors: &[&Finding<'_>]) -> String {
    let line = |finding: &&Finding<'_>| format!("{}: {}", finding.path, told(finding));
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What a person reads as `Warning: …`; the longest that an API server passes on whole is better not reached.
const COMFORTABLE: usize = 120;
const LONGEST: usize = 256;
/// The API server cuts what goes beyond this, all warnings of an answer together.
const TOGETHER: usize = 4096;

/// A warning that fits: with the message where that is short enough, else with the rule's summary.
fn warning(finding: &Finding<'_>) -> String {
    let id = finding.rule.id;
    let softened = match finding.softened {
        "" => String::new(),
        reason => format!(" (an error, but {reason})"),
    };
    let end = format!("{softened} [{id}]");
    let path: String = printable(finding.path.to_string());
    let full = format!("{path}: {}{end}", finding.message);
    if fits(&full, COMFORTABLE) {
        return full;
    }
    let short = format!("{path}: {}{end}", finding.rule.summary);
    if fits(&short, LONGEST) { short } else { shortened(&path, &end) }
}

/// Whether a text has at most so many characters.
fn fits(text: &str, characters: usize) -> bool {
    text.len() <= characters || text.chars().count() <= characters
}

/// A path of any length, cut, with the id kept.
fn shortened(path: &str, end: &str) -> String {
    let room = LONGEST.saturating_sub(end.chars().count() + 1);
    let kept: String = path.chars().take(room).collect();
    format!("{kept}…{end}").chars().take(LONGEST).collect()
}

/// As many warnings as an API server passes on, and how many more there are.
fn bounded(warnings: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    const ROOM_FOR_THE_REST: usize = 80;
    let total = warnings.len();
    let mut kept = Vec::new();
    let mut length = 0;
    for warning in warnings {
        length += warning.len();
        if length > TOGETHER - ROOM_FOR_THE_REST {
            let rest = total - kept.len();
            kept.push(format!("{rest} more warnings: see `syncguard validate` on the manifest"));
            break;
        }
        kept.push(warning);
    }
    kept
}

/// The ids of the rules that were raised, each once.
fn raised(findings: &[Finding<'_>]) -> String {
    let mut ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
    ids.dedup();
    ids.join(",")
}
