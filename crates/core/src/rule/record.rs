//! A rule as a record: its texts, its sources and examples, and how it is found.

use std::ops::Deref;

use super::{Check, Severity};
use crate::view::Kind;

/// One rule: everything that is known about one bad pattern. Its id is the same string everywhere.
pub struct Rule {
    /// What every rule has.
    definition: Definition,
    /// When a finding has the other severity, in sentences; none where it never has.
    pub severity_note: Option<&'static str>,
    /// Whether the operator's own webhook denies it too.
    pub operator_denies: bool,
    /// Whether a cluster that is stopped on purpose is judged too.
    pub judges_stopped: bool,
    /// What the rule does not find, in sentences; none where it finds all there is.
    pub limitations: Option<&'static str>,
    /// What of its reasons was seen on running software.
    pub observed: &'static [Observation],
}

/// What every rule has; without one of these it does not compile.
pub struct Definition {
    /// The bad pattern, in kebab-case; also the name of the rule's file.
    pub id: &'static str,
    /// The severity where the settings say nothing.
    pub severity: Severity,
    /// What is wrong, in one line: a fragment that starts small and has no period.
    pub summary: &'static str,
    /// Why it matters: what really happens, in sentences.
    pub rationale: &'static str,
    /// What to do about it, in sentences.
    pub fix: &'static str,
    /// Where the facts are from: an operator behavior, a function of Patroni, a chapter of a manual.
    pub reference: &'static str,
    /// Where to read more: addresses of manuals, of issues, of source code at a release; at least one.
    pub links: &'static [&'static str],
    /// A manifest that raises this rule and no other.
    pub bad: Example,
    /// The same intention, without a finding.
    pub good: &'static str,
    /// How it is found.
    pub checks: &'static [Check],
}

impl Rule {
    /// A rule of one severity that judges running clusters, and that the operator does not enforce.
    pub const fn new(definition: Definition) -> Self {
        Self {
            definition,
            severity_note: None,
            operator_denies: false,
            judges_stopped: false,
            limitations: None,
            observed: &[],
        }
    }

    /// The same with the other severity in some cases: which.
    #[must_use]
    pub const fn severity_note(self, note: &'static str) -> Self {
        Self { severity_note: Some(note), ..self }
    }

    /// The same for what the operator's own webhook denies too.
    #[must_use]
    pub const fn operator_denies(self) -> Self {
        Self { operator_denies: true, ..self }
    }

    /// The same where a cluster that is stopped on purpose is judged too.
    #[must_use]
    pub const fn judges_stopped(self) -> Self {
        Self { judges_stopped: true, ..self }
    }

    /// The same for a rule that does not find everything: what not.
    #[must_use]
    pub const fn limitations(self, limitations: &'static str) -> Self {
        Self { limitations: Some(limitations), ..self }
    }

    /// The same with what of its reasons was seen on running software.
    #[must_use]
    pub const fn observed(self, observed: &'static [Observation]) -> Self {
        Self { observed, ..self }
    }
}

impl Deref for Rule {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.definition
    }
}

/// Something that was seen on running software, and not only read.
pub struct Observation {
    /// Whose behavior it is.
    pub software: Software,
    /// The versions that were run; others were not, which says nothing about them.
    pub versions: &'static [&'static str],
    /// What they do, as a sentence.
    pub what: &'static str,
}

/// Software that was run for an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// Patroni with its Postgres, by `tests/patroni`: one of `patroni::OBSERVED` or `patroni::OBSERVED_OLDER`.
    Patroni,
    /// The operator's own code, whose verdicts are in `tests/fixtures`: one of `facts::OPERATORS_RUN`.
    StackGres,
}

impl Software {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patroni => "Patroni",
            Self::StackGres => "StackGres",
        }
    }
}

/// A manifest that shows a rule at work.
pub struct Example {
    /// The kind of the object.
    pub kind: Kind,
    /// The manifest from `spec:` on, or the whole file where `kind` is not enough.
    pub manifest: &'static str,
    /// The same object before, for a rule about changes.
    pub before: Option<&'static str>,
    /// Where the rule speaks.
    pub at: &'static [&'static str],
}

impl Example {
    /// An SGCluster, from `spec:` on, and where the rule speaks.
    pub const fn cluster(manifest: &'static str, at: &'static [&'static str]) -> Self {
        Self { kind: Kind::Cluster, manifest, before: None, at }
    }

    /// An SGShardedCluster, from `spec:` on, and where the rule speaks.
    pub const fn sharded(manifest: &'static str, at: &'static [&'static str]) -> Self {
        Self { kind: Kind::ShardedCluster, manifest, before: None, at }
    }

    /// An SGCluster before and after a change.
    pub const fn change(before: &'static str, now: &'static str, at: &'static [&'static str]) -> Self {
        Self { kind: Kind::Cluster, manifest: now, before: Some(before), at }
    }
}
