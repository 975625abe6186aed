//! The judgment of files: every object of a text is found, judged by the same rules as in the webhook, and located.
//!
//! ```
//! use syncguard_core::policy::Policy;
//! use syncguard_lint::{Judge, KnownObjects, source::Source};
//!
//! let text = "\
//! apiVersion: stackgres.io/v1
//! kind: SGCluster
//! metadata: {name: orders}
//! spec:
//!   instances: 2
//!   replication: {mode: strict-sync, syncInstances: 1}
//! ";
//! let source = Source::of_text("orders.yaml", text.into());
//! let (policy, known) = (Policy::default(), KnownObjects::default());
//! let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: false };
//!
//! let mut told = Vec::new();
//! for piece in source.pieces()? {
//!     for found in judge.piece(&source, &piece?).diagnostics {
//!         told.push(format!("orders.yaml:{}: {}", found.place.map_or(0, |at| at.line), found.rule.id));
//!     }
//! }
//! assert_eq!(told, ["orders.yaml:5: strict-with-one-standby"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod annotation;
mod comments;
pub mod complete;
mod excerpt;
mod fragment;
mod inside;
mod known;
mod lines;
mod locate;
mod near;
mod object;
pub mod pieces;
pub mod render;
mod rewrite;
pub mod source;
mod subject;
mod template;
mod variables;

pub use known::{Known, KnownObjects, MOST_VARIANTS};
pub use object::excuse_fragment;
pub use rewrite::{Rewritten, rewrite};
pub use subject::{Content, Subject, subjects};
pub use variables::with_defaults;

use crate::{
    pieces::{Piece, documents},
    render::diagnostic::{Diagnostic, ObjectName, Summary},
    source::Source,
};
use comments::Comments;
use inside::not_judged_inside;
use locate::{Context, Locator};
use near::{Near, nearly};
use syncguard_core::{
    policy::Policy,
    rule::{Finding, MAX_FINDINGS_PER_RULE, Problem, Rule, Severity},
    rules,
    view::Body,
};
use syncguard_manifest as manifest;
use syncguard_manifest::{Document, SyntaxError, path::Path};
pub use template::{is_chart_template, is_template};

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
                return self.unreadable(context, &context.locator(&shown), &shown, &error, judged);
            }
        };
        if is_chart_template(context.source, text) {
            judged.summary.documents += 1;
            judged.summary.templates = 1;
            return;
        }
        let locator = context.locator(text);
        let (with_defaults, variables) = with_defaults(text);
        let read = manifest::parse(&with_defaults);
        for document in &read.documents {
            if document.is_empty() {
                continue;
            }
            judged.summary.documents += 1;
            let first = judged.diagnostics.len();
            if self.objects(document, &locator, judged) {
                judged.summary.defaulted_variables += variables;
            }
            if mentions_our_kinds(text) || text.contains("replication") {
                judged.summary.not_judged_inside += not_judged_inside(document);
            }
            if let Some(found) = judged.diagnostics.get_mut(first..) {
                found.sort_by_key(|diagnostic| diagnostic.place);
            }
        }
        if let Some(error) = &read.error {
            judged.summary.documents += 1;
            self.unreadable(context, &locator, text, error, judged);
        }
    }

    /// Tells of a text that cannot be read, if somebody meant it.
    fn unreadable(
        &self,
        context: &Context<'_>,
        locator: &Locator<'_>,
        text: &str,
        error: &SyntaxError,
        judged: &mut Judged,
    ) {
        if is_template(context.source, text) {
            judged.summary.templates = 1;
        } else if is_meant(context.source, text) {
            judged.diagnostics.extend(self.syntax_error(locator, error));
        } else {
            judged.summary.skipped += 1;
        }
    }

    /// Judges the objects of a document; says whether one of them is of a kind that is judged.
    fn objects(&self, document: &Document<'_>, locator: &Locator<'_>, judged: &mut Judged) -> bool {
        let first = judged.diagnostics.len();
        let mut is_ours = false;
        for subject in subjects(document) {
            match self.subject(&subject, locator, judged) {
                Ok(known) => is_ours |= known,
                Err(error) => judged.diagnostics.extend(self.syntax_error(locator, &error)),
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
        is_ours
    }

    /// Judges one object; says whether it is, or was meant to be, of a kind that is judged.
    fn subject(
        &self,
        subject: &Subject<'_, '_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) -> Result<bool, SyntaxError> {
        match subject.content()? {
            Content::Other => {
                judged.summary.skipped += 1;
                let near = nearly(subject.node()).and_then(|near| self.nearly_ours(&near, subject, locator));
                judged.diagnostics.extend(near.clone());
                return Ok(near.is_some());
            }
            Content::Object(object) => self.object(subject, object, locator, judged),
            Content::Review(review) => self.review(subject, review, locator, judged),
        }
        Ok(true)
    }

    fn nearly_ours(
        &self,
        near: &Near,
        subject: &Subject<'_, '_>,
        locator: &Locator<'_>,
    ) -> Option<Diagnostic> {
        let range = subject.node().locate(&near.path()).range;
        let mut diagnostic =
            about_text(self.policy, rules::UNKNOWN_KIND, locator, range, near.message.clone())?;
        let rule = diagnostic.rule;
        diagnostic.severity = self.policy.severity(rule, Some(near.severity))?;
        diagnostic.path = subject.prefix().clone().join(&near.path()).to_string();
        diagnostic.object = Some(subject.name());
        Some(diagnostic)
    }

    fn syntax_error(&self, locator: &Locator<'_>, error: &SyntaxError) -> Option<Diagnostic> {
        about_text(self.policy, rules::INVALID_YAML, locator, error.range.clone(), error.message.clone())
    }

    fn duplicate_keys(&self, document: &Document<'_>, locator: &Locator<'_>) -> Vec<Diagnostic> {
        let report = |duplicate: manifest::Duplicate<'_>| {
            let message =
                format!("{} is written twice; the API server takes this one, the last", duplicate.path);
            let mut diagnostic =
                about_text(self.policy, rules::DUPLICATE_KEY, locator, duplicate.range.clone(), message)?;
            diagnostic.path = duplicate.path.to_string();
            locator.also(&mut diagnostic, duplicate.range, duplicate.earlier, "written here first");
            Some(diagnostic)
        };
        document.duplicates().take(MAX_FINDINGS_PER_RULE).filter_map(report).collect()
    }
}

/// A finding of one of the rules about the text itself, unless it is off.
fn about_text(
    policy: &Policy,
    rule: &'static Rule,
    locator: &Locator<'_>,
    range: std::ops::Range<usize>,
    message: String,
) -> Option<Diagnostic> {
    let problem = Problem::new(Path::root(), message);
    let finding = Finding::new(rule, policy.severity(rule, None)?, problem);
    Some(locator.at(&finding, range, ""))
}

/// Whether somebody meant an unreadable text to be judged; notes in a directory nobody did, and a template is rendered
/// first.
pub fn is_meant(source: &Source, text: &str) -> bool {
    (source.is_named || mentions_our_kinds(text)) && !is_template(source, text)
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
