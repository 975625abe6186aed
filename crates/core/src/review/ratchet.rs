//! What was so before a change: it holds nothing up, and is no news.

use std::collections::HashSet;

use super::{Origin, fault_of, pairs::Pairs};
use crate::{
    cluster::{Base, Child, Part},
    rule::{Downgrade, Finding, Severity},
};
use syncguard_manifest::path::Step;

/// What a finding tells: the rule, how grave it is, where, and which setting of an SGPostgresConfig. An SGShardedCluster's
/// workers are the same whatever they are called.
type FindingKey<'a> = (&'static str, Severity, Area, Vec<Step<'a>>, Option<&'a str>);

/// Which object a path leads into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Area {
    Workers,
    Override(usize),
    Elsewhere,
}

fn key_of<'a>(finding: &Finding<'a>) -> FindingKey<'a> {
    let (path, setting) = fault_of(&finding.path, finding.related.as_ref());
    let (area, steps) = match Base::of_workers(&path) {
        Some((Base::Override(_, position), rest)) => (Area::Override(position), rest),
        Some((_, rest)) => (Area::Workers, rest),
        None => (Area::Elsewhere, path.steps()),
    };
    (finding.rule.id, finding.severity, area, steps.to_vec(), setting)
}

/// What a stored object has.
pub(super) struct Known<'a>(HashSet<FindingKey<'a>>);

impl<'a> Known<'a> {
    pub(super) fn of(findings: &[Finding<'a>]) -> Self {
        Self(findings.iter().map(key_of).collect())
    }

    /// What was wrong before must not hold up a change of something else; and what was known is no key.
    pub(super) fn ratchet(&self, findings: &mut Vec<Finding<'a>>, pairs: &Pairs, origin: Origin) {
        findings.retain_mut(|finding| {
            let is_known = self.has(&key_of(finding), pairs);
            match finding.severity {
                Severity::Error if is_known => finding.downgrade(Downgrade::Known),
                Severity::Warning if is_known => return origin == Origin::File,
                Severity::Error | Severity::Warning => {}
            }
            true
        });
    }

    /// What cannot be told from what was so before a stop must not keep a cluster from starting in the morning.
    pub(super) fn ratchet_start(&self, findings: &mut [Finding<'a>], pairs: &Pairs) {
        for finding in findings.iter_mut().filter(|finding| self.has(&key_of(finding), pairs)) {
            finding.downgrade(Downgrade::Started);
        }
    }

    /// A start that is denied is judged like a creation; whoever starts a cluster is told what can be done.
    pub(super) fn say_the_ways_on(&self, findings: &mut [Finding<'a>], pairs: &Pairs) {
        for finding in findings.iter_mut().filter(|finding| self.has(&key_of(finding), pairs)) {
            let advice = finding.advice();
            let help = format!("{advice}; a start is judged like a creation here (setting starts: deny)");
            finding.problem.help = Some(help.into());
        }
    }

    /// Whether the stored object has the same; of an override, whether everything had it that the override is for now.
    fn has(&self, key: &FindingKey<'a>, pairs: &Pairs) -> bool {
        let Area::Override(position) = key.2 else { return self.0.contains(key) };
        let parts = || Child::ALL.into_iter().flat_map(|child| pairs.before(Part::Override(child, position)));
        let area = |part: &Part| match *part {
            Part::Override(_, position) => Area::Override(position),
            Part::Whole | Part::Coordinator | Part::Plain(_) => Area::Workers,
        };
        let (rule, severity, _, steps, setting) = key;
        let had = |area| self.0.contains(&(*rule, *severity, area, steps.clone(), *setting));
        if parts().next().is_none() { self.0.contains(key) } else { parts().all(|part| had(area(part))) }
    }
}
