//! What people read of findings: errors as causes and as one text, warnings that fit, all of it within bounds.

use std::fmt::Write as _;

use serde::Serialize;

use syncguard_core::rule::Finding;

/// The most errors that one answer tells.
const MAX_ERRORS: usize = 100;

/// The most that it tells of them, in bytes, and of each one; a manifest may be made of names that are as long as itself.
const ALL_ERRORS: usize = 32 << 10;
const ONE_FIELD: usize = 512;
const ONE_ERROR: usize = 2 << 10;

/// One error. kubectl prints `field: message` of each and nothing else, so the message carries the rule's id.
#[derive(Serialize)]
pub(super) struct Cause {
    field: String,
    reason: &'static str,
    message: String,
}

impl Cause {
    /// What is wrong, what to do, and the id to look it up by.
    fn of(finding: &Finding<'_>) -> Self {
        let (id, advice) = (finding.rule.id, finding.advice());
        // Advice of a check goes on with the sentence, that of a rule is a sentence of its own.
        let stop = if advice.starts_with(char::is_uppercase) { '.' } else { ';' };
        let message = format!("{}{stop} {advice} [{id}]", cut(&finding.message, ONE_ERROR));
        Self { field: cut(&finding.path.to_string(), ONE_FIELD), reason: id, message }
    }
}

/// The beginning of a text, as it is where that is all of it.
fn cut(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    let more = if end < text.len() { "…" } else { "" };
    [&text[..end], more].concat()
}

/// As many errors as one answer tells.
pub(super) fn told(errors: &[&Finding<'_>]) -> Vec<Cause> {
    let mut room = ALL_ERRORS;
    let fits = |cause: &Cause| {
        let left = room.checked_sub(cause.field.len() + cause.message.len());
        room = left.unwrap_or_default();
        left.is_some()
    };
    errors.iter().take(MAX_ERRORS).map(|finding| Cause::of(finding)).take_while(fits).collect()
}

/// The errors in one text: Helm, Argo CD and Flux print nothing else.
pub(super) fn sentence(errors: &[Cause], rest: usize) -> String {
    let line = |Cause { field, message, .. }: &Cause| format!("{field}: {message}");
    let more =
        (rest > 0).then(|| format!("errors beside these: {rest}; see `syncguard validate` on the manifest"));
    errors.iter().map(line).chain(more).collect::<Vec<_>>().join("\n")
}

/// What a person reads as `Warning: …`; the longest that an API server passes on whole is better not reached.
const COMFORTABLE: usize = 120;
const LONGEST: usize = 256;
/// The API server cuts what goes beyond this, all warnings of an answer together.
const MAX_WARNING_BYTES: usize = 4096;

/// A warning that fits: with the message where that is short enough, else with the rule's summary.
pub(super) fn warning(finding: &Finding<'_>) -> String {
    let [but, reason, so] =
        finding.downgraded.map_or([""; 3], |downgraded| [" (downgraded: ", downgraded.reason(), ")"]);
    let end = [but, reason, so, " [", finding.rule.id, "]"];
    let mut text = String::with_capacity(LONGEST);
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", finding.path);
    let path = text.len();
    for (what, longest) in [(finding.message.as_str(), COMFORTABLE), (finding.rule.summary, LONGEST)] {
        text.truncate(path);
        text.extend([": ", what].into_iter().chain(end));
        if fits(&text, longest) {
            return text;
        }
    }
    text.truncate(path);
    shortened(&text, &end.concat())
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
pub(super) fn bounded(total: usize, warnings: impl Iterator<Item = String>) -> Vec<String> {
    const ROOM_FOR_THE_REST: usize = 80;
    let mut kept = Vec::with_capacity(total);
    let mut length = 0;
    for warning in warnings {
        length += warning.len();
        if length > MAX_WARNING_BYTES - ROOM_FOR_THE_REST {
            let rest = total - kept.len();
            kept.push(format!("{rest} more warnings: see `syncguard validate` on the manifest"));
            break;
        }
        kept.push(warning);
    }
    kept
}
