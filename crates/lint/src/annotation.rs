//! Annotations with which somebody meant to accept a finding, and that say nothing.

use super::{Judge, about_text, locate::Locator, subject::Subject};
use crate::render::diagnostic::Diagnostic;
use syncguard_core::{
    review::ANNOTATION,
    rules::{self, UNUSED_IGNORE},
    spelling::{did_you_mean, nearest, surely},
};
use syncguard_manifest::{Node, path::Path};

impl Judge<'_> {
    /// Tells of an annotation that is nearly the one for ignores, and of names in it that no rule could have.
    pub(super) fn idle_annotations(
        &self,
        subject: &Subject<'_, '_>,
        locator: &Locator<'_>,
    ) -> Vec<Diagnostic> {
        let path = Path::of(&["metadata", "annotations"]);
        let Some(annotations) = subject.node().at(&path) else { return Vec::new() };
        let mut found = Vec::new();
        for (key, value) in annotations.entries() {
            let message = if key == ANNOTATION {
                not_an_id(value)
            } else {
                nearly_annotation(key)
                    .then(|| format!("the annotation {key:?} ignores nothing; did you mean {ANNOTATION}?"))
            };
            let range = annotations.key_range(&Path::of(&[key])).unwrap_or_else(|| value.range());
            let diagnostic =
                message.and_then(|message| about_text(self.policy, UNUSED_IGNORE, locator, range, message));
            found.extend(diagnostic.map(|diagnostic| Diagnostic {
                path: path.clone().key(key).to_string(),
                object: Some(subject.name()),
                ..diagnostic
            }));
        }
        found
    }
}

/// Whether a name was surely meant to be that of the annotation: it speaks of syncguard, and of ignoring.
fn nearly_annotation(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("syncguard") && key.contains("ignor") || nearest(&key, [ANNOTATION]).is_some()
}

/// What is wrong with the first name in the annotation that is not written as the id of a rule.
fn not_an_id(value: Node<'_, '_>) -> Option<String> {
    let text = value.as_str().unwrap_or_default();
    if text.trim().is_empty() {
        return Some(format!("{ANNOTATION} names no rule, so it ignores nothing"));
    }
    let ids = || rules::ALL.iter().map(|rule| rule.id);
    let is_id = |id: &str| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
    let names = text.split(',').map(|piece| piece.split(':').next().unwrap_or_default().trim());
    let mut wrong = names.enumerate().filter(|(position, name)| {
        // Behind a comma the reason of the one before may go on.
        !name.is_empty() && !is_id(name) && (*position == 0 || surely(name, ids()).is_some())
    });
    let (_, name) = wrong.next()?;
    Some(format!(
        "no rule is called {name:?}, so this ignore hides nothing{}",
        did_you_mean(nearest(name, ids()))
    ))
}
