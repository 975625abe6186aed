//! The wire format of admission webhooks: the bytes of an AdmissionReview in, the bytes of the answer out.
//!
//! Captured reviews in files are opened through the same types. Types of our own read it, because only the fields that
//! are judged are wanted and they are borrowed from the request's bytes.

mod answer;
mod encode;
pub mod patch;
mod related;
mod texts;

pub use answer::{Reply, ReplyMetrics, ResponseBuilder};
pub use related::{KnownState, Lookup, MOST_JUDGED};

use std::time::Instant;

use crate::{
    causes::in_full,
    settings::{Action, Enforcement, Settings},
};
use syncguard_core::{
    json,
    review::{self, Account},
    rule::{Downgrade, Finding},
    view::{
        Body, Given, Kind, Leaf, Object,
        admission_review::{API_VERSIONS, AdmissionRequest, AdmissionReview},
    },
};

/// Which of the two webhooks is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Webhook {
    /// `/validate`: judges, changes nothing.
    Validate,
    /// `/mutate`: completes, judges nothing.
    Mutate,
}

impl Webhook {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Validate, Self::Mutate];

    /// The name.
    pub fn name(self) -> &'static str {
        self.path().trim_start_matches('/')
    }

    /// Where it is called.
    pub fn path(self) -> &'static str {
        match self {
            Self::Validate => "/validate",
            Self::Mutate => "/mutate",
        }
    }
}

/// The request, and what its answer must repeat.
///
/// # Errors
///
/// It is no AdmissionReview, or one that cannot be answered.
fn open(review: AdmissionReview<'_>) -> Result<(ResponseBuilder<'_>, Box<AdmissionRequest<'_>>), NotAReview> {
    let said = review.api_version.text().unwrap_or_default();
    let version = API_VERSIONS.into_iter().find(|version| *version == said);
    let (Some(version), Some("AdmissionReview")) = (version, review.kind.text()) else {
        let (api_version, kind) = (review.api_version.to_string(), review.kind.to_string());
        return Err(NotAReview::OtherKind { api_version, kind });
    };
    let Given::Is(request) = review.request else { return Err(NotAReview::NoRequest) };
    let uid = request.uid.text().filter(|uid| !uid.is_empty()).ok_or(NotAReview::NoUid)?;
    if uid.len() > LONGEST_UID {
        return Err(NotAReview::LongUid);
    }
    require_names(&request)?;
    Ok((ResponseBuilder::of(version, &request), request))
}

/// Sees to it that a known object is named as an API server names it: the names go into answers, into log lines and
/// into the path of what is asked of the API server.
fn require_names(request: &AdmissionRequest<'_>) -> Result<(), NotAReview> {
    let Some(kind) = request.known_kind() else { return Ok(()) };
    let scaled = request.object.get().and_then(Body::name).filter(|_| kind == Kind::Scale);
    let names = [request.name.text(), request.namespace.text(), scaled];
    // A name may be one that is yet to be generated.
    let is_named = names.into_iter().flatten().all(|name| name.is_empty() || is_dns_name(name));
    if is_named { Ok(()) } else { Err(NotAReview::NoName) }
}

/// The longest uid that is repeated, in bytes; an API server's have 36.
const LONGEST_UID: usize = 128;

/// The longest name of an object, in bytes.
const LONGEST_NAME: usize = 253;

/// Whether it is a DNS name as Kubernetes names objects and namespaces (RFC 1123).
fn is_dns_name(name: &str) -> bool {
    let of_label = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let ends = [label.as_bytes().first(), label.as_bytes().last()];
        let inner = label.bytes().all(|byte| byte == b'-' || of_label(&byte));
        inner && ends.into_iter().all(|end| end.is_some_and(of_label))
    };
    name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

/// Why a body cannot be answered with an AdmissionReview.
#[derive(Debug, thiserror::Error)]
pub enum NotAReview {
    /// It is not JSON.
    #[error("the body is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// It is JSON of another kind.
    #[error(
        "the body is not an AdmissionReview of admission.k8s.io/v1 or v1beta1: apiVersion is {api_version}, kind is {kind}"
    )]
    OtherKind {
        /// What stands at `apiVersion`.
        api_version: String,
        /// What stands at `kind`.
        kind: String,
    },
    /// There is nothing to answer.
    #[error("the AdmissionReview has no request")]
    NoRequest,
    /// An answer could not be matched with its question.
    #[error("the AdmissionReview's request has no uid")]
    NoUid,
    /// The answer would be as large as the question.
    #[error("the uid of the AdmissionReview's request is longer than {LONGEST_UID} bytes")]
    LongUid,
    /// No API server stores an object of this name.
    #[error(
        "the AdmissionReview's request has a name or namespace that is no DNS name of at most {LONGEST_NAME} characters"
    )]
    NoName,
    /// Something is to be stored, but not said what.
    #[error("the AdmissionReview's request has operation {operation} and no object")]
    NoObject {
        /// The operation.
        operation: String,
    },
    /// The object is not what the request says.
    #[error(
        "the AdmissionReview's request is about a {requested}, but its object says that it is something else"
    )]
    OtherObject {
        /// The kind that the request names.
        requested: &'static str,
    },
}

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer.
    Reply(Reply),
    /// Something has to be read from the API server first.
    Lookup(Vec<Lookup>),
}

/// Answers one call of a webhook without knowing what else is stored.
pub fn reply(webhook: Webhook, body: &[u8], settings: &Settings) -> Reply {
    match reply_knowing(webhook, body, settings, KnownState::None) {
        Outcome::Reply(reply) => reply,
        // Nobody is asked where nothing can be known.
        Outcome::Lookup(_) => Reply::unavailable(related::NO_ACCESS),
    }
}

/// Answers one call of a webhook, or says what must be known first.
pub fn reply_knowing(
    webhook: Webhook,
    body: &[u8],
    settings: &Settings,
    knowledge: KnownState<'_>,
) -> Outcome {
    let started = Instant::now();
    match try_reply(webhook, body, settings, knowledge) {
        Ok((question, Outcome::Reply(reply))) => {
            question.log(webhook, &reply, started.elapsed());
            Outcome::Reply(reply)
        }
        Ok((_, wanted)) => wanted,
        Err(error) => Outcome::Reply(Reply::refusal(400, "BadRequest", &in_full(&error))),
    }
}

/// Answers a call whose handling panicked: the API server learns that it was our fault.
pub fn reply_to_panic(body: &[u8]) -> Reply {
    const MESSAGE: &str =
        "syncguard failed on this request, and its log says where; the object was not judged";
    match read(body).and_then(open) {
        Ok((question, _)) => question.failed(MESSAGE),
        Err(_) => Reply::refusal(500, "InternalError", MESSAGE),
    }
}

fn read(body: &[u8]) -> Result<AdmissionReview<'_>, NotAReview> {
    Ok(match json::from_slice(body)? {
        Given::Is(review) => review,
        Given::Absent | Given::Other(_) => AdmissionReview::default(),
    })
}

/// The question and what becomes of it.
type Answered<'a> = (ResponseBuilder<'a>, Outcome);

fn try_reply<'a>(
    webhook: Webhook,
    body: &'a [u8],
    settings: &Settings,
    knowledge: KnownState<'_>,
) -> Result<Answered<'a>, NotAReview> {
    let (question, mut request) = open(read(body)?)?;
    let Some(kind) = request.known_kind().filter(|_| request.stores()) else {
        let allowed = question.allowed();
        return Ok((question, Outcome::Reply(allowed)));
    };
    let object = object_to_store(&mut request.object, kind, &request.operation)?;
    let before = request.old_object.get();
    let outcome = match webhook {
        Webhook::Validate => {
            let namespace = request.namespace.text().unwrap_or_default();
            let operator = &settings.policy.operator_account;
            let account = Account::of(&request.user_info, &request.namespace, operator);
            let related = knowledge.of(namespace, account);
            if let Some(stop) = related.stops(kind, object, before) {
                return Ok((question, stop));
            }
            related.judge(kind, object, before, &settings.policy, |mut findings| {
                enforce(&mut findings, &settings.enforcement, namespace);
                question.judged(&findings)
            })
        }
        Webhook::Mutate => {
            let operations =
                review::complete(object, before, &settings.policy, || patch::spec_is_unchanged(body));
            question.completed(&operations)
        }
    };
    Ok((question, Outcome::Reply(outcome)))
}

fn object_to_store<'o, 'a>(
    object: &'o mut Object<'a>,
    kind: Kind,
    operation: &Leaf<'_>,
) -> Result<&'o mut Body<'a>, NotAReview> {
    let Given::Is(object) = object else {
        return Err(NotAReview::NoObject { operation: operation.to_string() });
    };
    if object.known_kind() == Some(kind) {
        Ok(object)
    } else {
        Err(NotAReview::OtherObject { requested: kind.name() })
    }
}

/// Lets errors pass as warnings where the settings say so.
fn enforce(findings: &mut [Finding<'_>], enforcement: &Enforcement, namespace: &str) {
    if enforcement.in_namespace(namespace) == Action::Warn {
        for finding in findings {
            finding.downgrade(Downgrade::Enforcement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_names() {
        let longest = "a".repeat(253);
        for name in ["a", "0", "my-cluster-1", "a.b-c.d", &longest] {
            assert!(is_dns_name(name), "{name}");
        }
        let longer = "a".repeat(254);
        for name in
            ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a/b", "a?watch=true", "../x", "a%2f", "ä", &longer]
        {
            assert!(!is_dns_name(name), "{name}");
        }
    }

    #[test]
    fn a_review_that_no_api_server_sends_is_no_question() {
        let review = |uid: &str, kind: &str, name: &str, in_object: &str| {
            let text = format!(
                r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{
                    "uid": "{uid}", "kind": {kind}, "operation": "UPDATE",
                    "name": "{name}", "object": {{"metadata": {{"name": "{in_object}"}}}}}}}}"#
            );
            read(text.as_bytes()).and_then(|review| open(review).map(drop)).map_err(|error| in_full(&error))
        };
        let (longest, longer) = ("u".repeat(128), "u".repeat(129));
        let [cluster, scale, role] = [
            r#"{"group": "stackgres.io", "kind": "SGCluster"}"#,
            r#"{"group": "autoscaling", "kind": "Scale"}"#,
            r#"{"group": "rbac.authorization.k8s.io", "kind": "ClusterRole"}"#,
        ];
        assert_eq!(review(&longest, cluster, "a", "a"), Ok(()));
        assert_eq!(review("u", cluster, "", ""), Ok(()), "a name that is yet to be generated");
        assert_eq!(review("u", role, "system:node", "system:node"), Ok(()), "a kind that is not judged");
        for (uid, name, in_object, word) in [
            (longer.as_str(), "a", "a", "uid"),
            ("u", "a?watch=true", "a", "DNS name"),
            ("u", "a", "a?watch=true", "DNS name"),
        ] {
            let error = review(uid, scale, name, in_object).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
