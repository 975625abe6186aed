//! What was so before a change: it holds nothing up, and is no news.

use std::collections::{HashMap, HashSet};

use super::{Origin, fault_of};
use crate::{
    cluster::{Base, Part},
    path::Step,
    rule::{Finding, Severity},
};

/// Why an error that the stored object has too is only a warning.
pub(super) const KNOWN: &str = "it was so before this change";

/// What a finding tells: the rule, how grave it is, and where; in an override by the shard, since an override can move.
pub(super) type News<'a> = (&'static str, Severity, Option<Part>, Vec<Step<'a>>, Option<&'a str>);

pub(super) fn news_of<'a>(finding: &Finding<'a>, overrides: &HashMap<usize, Part>) -> News<'a> {
    let (path, setting) = fault_of(&finding.path, finding.related.as_ref());
    let inside = Base::override_at(&path).and_then(|(at, rest)| Some((*overrides.get(&at)?, rest)));
    let (part, steps) = inside.map_or((None, path.steps()), |(part, rest)| (Some(part), rest));
    (finding.rule.id, finding.severity, part, steps.to_vec(), setting)
}

/// What was wrong before must not hold up a change of something else; and what was known is no news.
pub(super) fn ratchet<'a>(
    findings: &mut Vec<Finding<'a>>,
    known: &HashSet<News<'a>>,
    overrides: &HashMap<usize, Part>,
    origin: Origin,
) {
    findings.retain_mut(|finding| {
        let is_known = known.contains(&news_of(finding, overrides));
        match finding.severity {
            Severity::Error if is_known => finding.soften(KNOWN),
            Severity::Warning if is_known => return origin == Origin::File,
            Severity::Error | Severity::Warning => {}
        }
        true
    });
}
