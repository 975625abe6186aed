//! The annotation with which the author of an object says that a rule is known and accepted there.

use std::{cell::Cell, collections::HashSet};

use crate::{
    policy::{Policy, find_rule},
    rule::{Check, Downgrade, Finding, Problem, Rule, Severity},
    rules,
    spelling::{did_you_mean, nearest},
    view::Body,
};
use syncguard_manifest::path::Path;

/// The name of the annotation: `"<id>[: reason], <id>…"`.
pub const ANNOTATION: &str = "syncguard.dev/ignore";

/// What an object asks to have ignored.
pub struct Ignores<'a>(Vec<Ignore<'a>>);

struct Ignore<'a> {
    id: &'a str,
    used: Cell<bool>,
}

impl<'a> Ignores<'a> {
    /// The ignores of an object.
    pub fn of(object: &'a Body<'a>) -> Self {
        let metadata = object.metadata.get();
        let annotation = metadata.and_then(|metadata| metadata.annotations.get()?.ignore.text());
        Self(annotation.map(parse).unwrap_or_default())
    }

    /// Turns ignored errors into warnings, and hides ignored warnings.
    pub fn apply(&self, findings: &mut Vec<Finding<'_>>) {
        findings.retain_mut(|finding| {
            let Some(ignore) = self.0.iter().find(|ignore| ignore.id == finding.rule.id) else { return true };
            ignore.used.set(true);
            // What somebody has accepted is not to be replaced.
            finding.problem.suggestion = None;
            // Two excuses make no error disappear.
            let was_error = finding.severity == Severity::Error || finding.downgraded.is_some();
            finding.downgrade(Downgrade::Accepted);
            was_error
        });
    }

    /// The ignores that had nothing to hide.
    pub fn unused(&self, policy: &Policy) -> Vec<Finding<'static>> {
        let rule = rules::UNUSED_IGNORE;
        let Some(severity) = policy.severity(rule, None) else { return Vec::new() };
        let unused = self.0.iter().filter(|ignore| !ignore.used.get());
        unused.map(|ignore| unused_finding(rule, severity, ignore.id)).collect()
    }
}

fn unused_finding(rule: &'static Rule, severity: Severity, id: &str) -> Finding<'static> {
    let is_about_text = find_rule(id).is_ok_and(|rule| matches!(rule.checks, [Check::Text]));
    let message = if is_about_text {
        format!(
            "{id} is about the text, and an annotation does not reach it: write `# syncguard: ignore[{id}]` there"
        )
    } else {
        why_unused(id)
    };
    let mut problem = Problem::new(Path::of(&["metadata", "annotations", ANNOTATION]), message);
    problem.help("remove it, so that it cannot hide a fault of tomorrow");
    Finding::new(rule, severity, problem)
}

/// Why an ignore hid nothing.
pub fn why_unused(id: &str) -> String {
    if find_rule(id).is_ok() {
        return format!("nothing here raises {id}, so this ignore hides nothing");
    }
    let meant = did_you_mean(nearest(id, rules::ALL.iter().map(|rule| rule.id)));
    format!("no rule is called {id:?}, so this ignore hides nothing{meant}")
}

/// The most ids that are looked at where they are no rule's: each of them is told of.
const MAX_IGNORES: usize = 100;

/// Reads `"<id>[: reason], <id>…"`. A comma inside a reason does not start another id, unless what
/// follows looks like one.
fn parse(annotation: &str) -> Vec<Ignore<'_>> {
    let mut ignores: Vec<Ignore<'_>> = Vec::new();
    let mut known = HashSet::new();
    for piece in annotation.split(',') {
        let id = piece.split(':').next().unwrap_or_default().trim();
        let looks_like_id =
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
        // Once is enough; and a hundred thousand that are none would cost that much at every finding.
        let is_told = |known: &HashSet<&str>| known.len() < MAX_IGNORES || rules::find(id).is_some();
        if looks_like_id && (id.contains('-') || ignores.is_empty()) && is_told(&known) && known.insert(id) {
            ignores.push(Ignore { id, used: Cell::new(false) });
        }
    }
    ignores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_lists_ids_with_reasons_that_may_hold_commas() {
        for (annotation, ids) in [
            ("stuck-commit-bug", vec!["stuck-commit-bug"]),
            ("fsync-off: a test, on purpose, stuck-commit-bug", vec!["fsync-off", "stuck-commit-bug"]),
            (" fsync-off ,strict-with-one-standby: we know", vec!["fsync-off", "strict-with-one-standby"]),
            ("", vec![]),
        ] {
            let read: Vec<_> = parse(annotation).into_iter().map(|ignore| ignore.id).collect();
            assert_eq!(read, ids, "the ids in {annotation:?}");
        }
    }

    #[test]
    fn of_very_many_ids_those_of_rules_are_read_and_some_of_the_others() {
        let nonsense: Vec<_> = (0..200_000).map(|number| format!("no-rule-{number}")).collect();
        let annotation = format!("{},fsync-off", nonsense.join(","));
        let read: Vec<_> = parse(&annotation).into_iter().map(|ignore| ignore.id).collect();
        assert_eq!(read.last(), Some(&"fsync-off"), "a rule is accepted wherever it stands");
        assert!(read.len() <= MAX_IGNORES + 1, "{} ids are told of", read.len());
    }
}
