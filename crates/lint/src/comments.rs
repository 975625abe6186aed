//! `# syncguard: ignore[<id>] reason`: what the author of a file accepts, at the line that it is about.

use std::{cell::Cell, collections::HashMap, ops::Range};

use super::{about_text, locate::Locator};
use crate::render::diagnostic::Diagnostic;
use syncguard_core::{
    policy::Policy,
    review::why_unused,
    rule::{MAX_FINDINGS_PER_RULE, Severity},
    rules::UNUSED_IGNORE,
};
use syncguard_manifest::{Comment, Document};

/// The ignores in the comments of a document.
pub struct Comments<'d> {
    ignores: Vec<Ignore<'d>>,
    /// Their positions by line and id: there can be as many of them as findings.
    by_line: HashMap<(usize, &'d str), usize>,
    /// Comments that were meant to ignore something, and are not written so.
    mistyped: Vec<Range<usize>>,
}

struct Ignore<'d> {
    id: &'d str,
    line: usize,
    range: Range<usize>,
    used: Cell<bool>,
}

impl<'d> Comments<'d> {
    /// Reads the comments of a document. One at the end of a line is about that line, one that stands alone is
    /// about the next line that is no comment.
    pub fn of(document: &'d Document<'_>, locator: &Locator<'_>) -> Self {
        let mut ignores = Vec::new();
        let mut following = None;
        // From the last to the first, so that each comment that stands alone knows where those below it lead.
        for comment in document.comments().iter().rev() {
            let mut line = locator.line(comment.range.start);
            if comment.stands_alone {
                let about = match following {
                    Some((below, about)) if below == line + 1 => about,
                    _ => line + 1,
                };
                following = Some((line, about));
                line = about;
            }
            ignores.extend(ids(comment).map(|id| Ignore {
                id,
                line,
                range: comment.range.clone(),
                used: Cell::new(false),
            }));
        }
        ignores.reverse();
        let mut by_line = HashMap::new();
        for (position, ignore) in ignores.iter().enumerate() {
            by_line.entry((ignore.line, ignore.id)).or_insert(position);
        }
        let is_mistyped = |comment: &&Comment<'_>| is_meant(comment) && ids(comment).next().is_none();
        let mistyped = document.comments().iter().filter(is_mistyped).map(|comment| comment.range.clone());
        Self { ignores, by_line, mistyped: mistyped.collect() }
    }

    /// Turns ignored errors into warnings and hides ignored warnings among the findings from `first` on.
    pub fn apply(&self, diagnostics: &mut Vec<Diagnostic>, first: usize) {
        if self.ignores.is_empty() {
            return;
        }
        let own = diagnostics.split_off(first.min(diagnostics.len()));
        diagnostics.extend(own.into_iter().filter_map(|diagnostic| self.add_finding(diagnostic)));
    }

    /// Whether a comment is about this rule on this line.
    pub fn accept(&self, id: &str, line: usize) -> bool {
        self.by_line.contains_key(&(line, id))
    }

    fn add_finding(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let about = diagnostic.place.and_then(|place| self.by_line.get(&(place.line, diagnostic.rule.id)));
        let Some(position) = about else { return Some(diagnostic) };
        self.ignores[*position].used.set(true);
        if diagnostic.severity == Severity::Warning {
            // An error that is a warning for another reason stays one: two excuses hide nothing.
            return diagnostic.downgraded.is_some().then_some(diagnostic);
        }
        diagnostic.severity = Severity::Warning;
        diagnostic.downgraded = Some("a comment says that it is known");
        Some(diagnostic)
    }

    /// The ignores that had nothing to hide.
    pub fn unused(&self, policy: &Policy, locator: &Locator<'_>) -> Vec<Diagnostic> {
        let unused = self.ignores.iter().filter(|ignore| !ignore.used.get());
        let unused = unused.map(|ignore| (&ignore.range, why_unused(ignore.id)));
        let mistyped = self.mistyped.iter().map(|range| (range, MISTYPED.to_owned()));
        unused
            .chain(mistyped)
            .take(MAX_FINDINGS_PER_RULE)
            .filter_map(|(range, why)| about_text(policy, UNUSED_IGNORE, locator, range.clone(), why))
            .collect()
    }
}

const MISTYPED: &str =
    "this comment ignores nothing; write # syncguard: ignore[ID] with the ids of rules in the brackets";

/// Whether a comment was meant to ignore something: it speaks of syncguard, then of ignoring.
fn is_meant(comment: &Comment<'_>) -> bool {
    let text = comment.text.trim_start().to_ascii_lowercase();
    let told = text.strip_prefix("syncguard").map(|text| text.trim_start_matches([':', ' ', '\t', '-', '=']));
    told.is_some_and(|told| told.starts_with("ignor") || told.starts_with("disable"))
}

/// The ids that a comment names.
fn ids<'d>(comment: &Comment<'d>) -> impl Iterator<Item = &'d str> {
    let listed = comment.text.trim_start().strip_prefix("syncguard:").map(str::trim_start);
    let listed = listed.and_then(|text| text.strip_prefix("ignore[")?.split_once(']'));
    listed.into_iter().flat_map(|(ids, _)| ids.split(',')).map(str::trim).filter(|id| !id.is_empty())
}
