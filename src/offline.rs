//! The judgement of files: every object of a text is found, judged by the same rules as in the webhook, and located.

mod comments;
pub mod complete;
mod known;
mod lines;
mod locate;
mod rewrite;
mod subject;

pub use known::{Known, KnownObjects};
pub use rewrite::{Edit, rewrite};
pub use subject::{Content, Subject, subjects};

use crate::{
    admission::Review,
    input::{Piece, Source, documents},
    manifest::{self, Document, SyntaxError},
    path::{OwnedPath, Path},
    policy::Policy,
    render::diagnostic::{Diagnostic, ObjectName, Summary},
    review::{self, Request, Scale},
    rule::{Aspect, Finding, MOST, Severity, printable},
    rules,
    view::{Body, Given, Kind, Object},
};
use comments::Comments;
use locate::{Context, Locator};

/// How files are judged.
pub struct Judge<'s> {
    /// The weights of the rules.
    pub policy: &'s Policy,
    /// What else is in the input, or in `--old`.
    pub known: &'s KnownObjects,
    /// Whether comments in a file can hide findings in it.
    pub inline_ignores: bool,
    /// Whether lines of the source are wanted with the findings.
    pub with_excerpts: bool,
}

/// What was found in some documents.
#[derive(Default)]
pub struct Judged {
    /// The findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// What was judged.
    pub summary: Summary,
}

impl Judge<'_> {
    /// Judges the documents of a piece of a source.
    pub fn piece(&self, source: &Source, piece: &Piece) -> Judged {
        let mut judged = Judged::default();
        for (bytes, line) in documents(&piece.bytes) {
            let context =
                Context { source, first_line: piece.first_line + line, with_excerpts: self.with_excerpts };
            self.document(&context, bytes, &mut judged);
        }
        let by_severity = |severity| judged.diagnostics.iter().filter(|it| it.severity == severity).count();
        judged.summary.errors = by_severity(Severity::Error);
        judged.summary.warnings = by_severity(Severity::Warning);
        judged
    }

    fn document(&self, context: &Context<'_>, bytes: &[u8], judged: &mut Judged) {
        let text = match manifest::decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                judged.summary.documents += 1;
                let shown = String::from_utf8_lossy(bytes);
                if !is_meant(context.source, &shown) {
                    judged.summary.skipped += 1;
                    return;
                }
                return judged.diagnostics.extend(self.unreadable(&context.locator(&shown), &error));
            }
        };
        let locator = context.locator(text);
        let read = manifest::parse(text);
        for document in &read.documents {
            if document.is_empty() {
                continue;
            }
            judged.summary.documents += 1;
            let first = judged.diagnostics.len();
            self.objects(document, &locator, judged);
            if let Some(found) = judged.diagnostics.get_mut(first..) {
                found.sort_by_key(|diagnostic| diagnostic.place);
            }
        }
        if let Some(error) = &read.error {
            judged.summary.documents += 1;
            if is_meant(context.source, text) {
                judged.diagnostics.extend(self.unreadable(&locator, error));
            } else {
                judged.summary.skipped += 1;
            }
        }
    }

    fn objects(&self, document: &Document<'_>, locator: &Locator<'_>, judged: &mut Judged) {
        let first = judged.diagnostics.len();
        let mut is_ours = false;
        for subject in subjects(document) {
            match self.subject(&subject, locator, judged) {
                Ok(known) => is_ours |= known,
                Err(error) => judged.diagnostics.extend(self.unreadable(locator, &error)),
            }
        }
        if is_ours {
            judged.diagnostics.extend(self.duplicate_keys(document, locator));
            if self.inline_ignores {
                let comments = Comments::of(document, locator);
                comments.apply(&mut judged.diagnostics, first);
                judged.diagnostics.extend(comments.unused(self.policy, locator));
            }
        }
    }

    /// Judges one object; says whether it is of a kind that is judged.
    fn subject(
        &self,
        subject: &Subject<'_, '_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) -> Result<bool, SyntaxError> {
        match subject.content()? {
            Content::Other => {
                judged.summary.skipped += 1;
                return Ok(false);
            }
            Content::Object(object) => self.object(subject, object, locator, judged),
            Content::Review(review) => self.review(subject, review, locator, judged),
        }
        Ok(true)
    }

    fn object(
        &self,
        subject: &Subject<'_, '_>,
        object: Object<'_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let Given::Is(mut body) = object else { return };
        let stored = self.known.before(&body);
        let before = stored.map(Known::read);
        let before = before.as_ref().and_then(Given::get);
        if self.known.knows_before() && before.is_none() && is_cluster(&body) {
            judged.summary.new += 1;
        }
        review::complete(&mut body, before, self.policy, || {
            subject.spec_is_unchanged(stored.map(Known::value))
        });
        self.judge(
            subject,
            &Stored { object: &body, before, scale: None },
            review::Origin::File,
            locator,
            judged,
        );
    }

    /// The values that findings suggest for one object, but for those that a comment or annotation accepts.
    pub fn suggestions(&self, text: &str, document: &Document<'_>, subject: &Subject<'_, '_>) -> Vec<Edit> {
        let Ok(Content::Object(Given::Is(body))) = subject.content() else { return Vec::new() };
        let before = self.known.before(&body).map(Known::read);
        let configs = |name: &str| self.known.parameters(body.namespace(), name);
        let request = Request {
            object: &body,
            before: before.as_ref().and_then(Given::get),
            scale: None,
            configs: &configs,
            configs_before: None,
            origin: review::Origin::File,
        };
        let locator = Locator::of_text(text);
        let comments = self.inline_ignores.then(|| Comments::of(document, &locator));
        let is_accepted = |finding: &Finding<'_>| {
            let line = locator.line(subject.node().locate(&finding.path).range.start);
            comments.as_ref().is_some_and(|comments| comments.accept(finding.rule.id, line))
        };
        let suggested = |finding: Finding<'_>| {
            if is_accepted(&finding) {
                return None;
            }
            let path = OwnedPath::from(&subject.prefix().clone().join(&finding.path));
            Some(Edit { path, value: finding.suggestion? })
        };
        review::judge(&request, self.policy).into_iter().filter_map(suggested).collect()
    }

    /// Judges an AdmissionReview as the webhooks would: completed first, as the API server calls them.
    fn review(
        &self,
        subject: &Subject<'_, '_>,
        review: Review<'_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let Ok((_, request)) = review.open() else {
            judged.summary.skipped += 1;
            return;
        };
        if !request.stores() {
            return;
        }
        let is_scale = request.known_kind() == Some(Kind::Scale);
        let (Given::Is(mut object), before) = (request.object, request.old_object.get()) else { return };
        let inside = subject.reviewed();
        if is_scale {
            return self.scale(&inside, &object, before, locator, judged);
        }
        review::complete(&mut object, before, self.policy, || subject.review_keeps_spec());
        let stored = Stored { object: &object, before, scale: None };
        self.judge(&inside, &stored, review::Origin::Admission, locator, judged);
    }

    fn scale(
        &self,
        subject: &Subject<'_, '_>,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let cluster = before.and_then(|before| self.known.scaled(before, before.replicas().integer()));
        let cluster = cluster.map(Known::read);
        let (Some(cluster), Some(before)) = (cluster.as_ref().and_then(Given::get), before) else {
            judged.summary.not_judged += 1;
            return;
        };
        let scale = Some(Scale { replicas: object.replicas(), before: before.replicas() });
        let stored = Stored { object: cluster, before: None, scale };
        self.judge(subject, &stored, review::Origin::Admission, locator, judged);
    }

    fn judge(
        &self,
        subject: &Subject<'_, '_>,
        stored: &Stored<'_>,
        origin: review::Origin,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        if is_cluster(stored.object) {
            judged.summary.clusters += 1;
        }
        let namespace = stored.object.namespace();
        let configs = |name: &str| self.known.parameters(namespace, name);
        let &Stored { object, before, scale } = stored;
        let request = Request { object, before, scale, configs: &configs, configs_before: None, origin };
        let findings = review::judge(&request, self.policy);
        // Reading the name again is worth it only where it is shown.
        let object = (!findings.is_empty()).then(|| subject.name());
        for finding in findings {
            let located = locator.finding(subject.node(), &finding, namespace, self.known);
            judged.diagnostics.push(Diagnostic { object: object.clone(), ..located });
        }
    }

    fn unreadable(&self, locator: &Locator<'_>, error: &SyntaxError) -> Option<Diagnostic> {
        about_text(self.policy, "invalid-yaml", locator, error.range.clone(), error.message.clone())
    }

    fn duplicate_keys(&self, document: &Document<'_>, locator: &Locator<'_>) -> Vec<Diagnostic> {
        let report = |duplicate: manifest::Duplicate<'_>| {
            let message =
                format!("{} is written twice; the API server takes this one, the last", duplicate.path);
            let mut diagnostic =
                about_text(self.policy, "duplicate-key", locator, duplicate.range.clone(), message)?;
            diagnostic.path = duplicate.path.to_string();
            locator.also(&mut diagnostic, duplicate.range, duplicate.earlier, "written here first");
            Some(diagnostic)
        };
        document.duplicates().take(MOST).filter_map(report).collect()
    }
}

/// A finding of one of the rules about the text itself, unless it is off.
fn about_text(
    policy: &Policy,
    id: &str,
    locator: &Locator<'_>,
    range: std::ops::Range<usize>,
    message: String,
) -> Option<Diagnostic> {
    let rule = rules::find(id)?;
    let finding = Finding {
        rule,
        severity: policy.severity(rule, None)?,
        softened: "",
        path: Path::root(),
        aspect: Aspect::Value,
        message: printable(message),
        help: rule.fix.into(),
        suggestion: None,
        related: None,
    };
    Some(locator.at(&finding, range, ""))
}

/// An object, completed, and what is stored of it.
struct Stored<'a> {
    object: &'a Body<'a>,
    before: Option<&'a Body<'a>>,
    scale: Option<Scale<'a>>,
}

fn is_cluster(object: &Body<'_>) -> bool {
    matches!(object.known_kind(), Some(Kind::Cluster | Kind::ShardedCluster))
}

/// Whether a text that cannot be parsed is probably meant for us.
/// Whether somebody meant an unreadable text to be judged; a template or notes in a directory nobody did.
pub fn is_meant(source: &Source, text: &str) -> bool {
    source.is_named || mentions_our_kinds(text)
}

fn mentions_our_kinds(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"kind: SG").is_some() || text.contains("\"SG")
}

/// The name of an object for findings about it.
pub fn object_name(body: &Body<'_>) -> ObjectName {
    let text = |leaf: Option<&str>| leaf.map(str::to_owned);
    ObjectName {
        api_version: body.api_version.text().unwrap_or_default().to_owned(),
        kind: body.kind.text().unwrap_or_default().to_owned(),
        namespace: text(body.namespace()),
        name: text(body.name()),
    }
}
