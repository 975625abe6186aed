//! What was so before a change: it holds nothing up, and is no news.

use std::collections::HashSet;

use super::{Origin, fault_of, pairs::Pairs};
use crate::{
    cluster::{Base, Child, Part},
    path::Step,
    rule::{Finding, Severity},
};

/// Why an error that the stored object has too is only a warning.
pub(super) const KNOWN: &str = "it was so before this change";

/// What a finding tells: the rule, how grave it is, where, and which setting of an SGPostgresConfig. An SGShardedCluster's
/// workers are the same whatever they are called.
pub(super) type News<'a> = (&'static str, Severity, Area, Vec<Step<'a>>, Option<&'a str>);

/// Which object a path leads into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Area {
    Workers,
    Override(usize),
    Elsewhere,
}

pub(super) fn news_of<'a>(finding: &Finding<'a>) -> News<'a> {
    let (path, setting) = fault_of(&finding.path, finding.related.as_ref());
    let (area, steps) = match Base::of_workers(&path) {
        Some((Base::Override(_, position), rest)) => (Area::Override(position), rest),
        Some((_, rest)) => (Area::Workers, rest),
        None => (Area::Elsewhere, path.steps()),
    };
    (finding.rule.id, finding.severity, area, steps.to_vec(), setting)
}

/// What was wrong before must not hold up a change of something else; and what was known is no news.
pub(super) fn ratchet<'a>(
    findings: &mut Vec<Finding<'a>>,
    known: &HashSet<News<'a>>,
    pairs: &Pairs,
    origin: Origin,
) {
    findings.retain_mut(|finding| {
        let is_known = is_known(&news_of(finding), known, pairs);
        match finding.severity {
            Severity::Error if is_known => finding.soften(KNOWN),
            Severity::Warning if is_known => return origin == Origin::File,
            Severity::Error | Severity::Warning => {}
        }
        true
    });
}

/// Whether the stored object has the same; of an override, whether everything had it that the override is for now.
fn is_known<'a>(news: &News<'a>, known: &HashSet<News<'a>>, pairs: &Pairs) -> bool {
    let Area::Override(position) = news.2 else { return known.contains(news) };
    let parts = || Child::ALL.into_iter().flat_map(|child| pairs.before(Part::Override(child, position)));
    let area = |part: &Part| match *part {
        Part::Override(_, position) => Area::Override(position),
        Part::Whole | Part::Coordinator | Part::Plain(_) => Area::Workers,
    };
    let (rule, severity, _, steps, setting) = news;
    let had = |area| known.contains(&(*rule, *severity, area, steps.clone(), *setting));
    if parts().next().is_none() { known.contains(news) } else { parts().all(|part| had(area(part))) }
}
