//! A problem that has become a judgment, and why an error of it may be only a warning.

use std::{fmt, ops::Deref};

use super::{Problem, Rule, Severity};

/// Why an error is only a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    /// The stored object has the same error.
    Known,
    /// A cluster that was stopped starts, and nobody judged it at this number of instances before it was stopped.
    Started,
    /// The operator itself writes the object.
    Operator,
    /// A major version upgrade writes it, and changes what such an upgrade changes.
    Upgrade,
    /// No known StackGres serves the version of the object.
    UnknownVersion,
    /// The settings say to warn.
    Enforcement,
    /// The author of the object has accepted it.
    Accepted,
    /// Another SGPostgresConfig of the name is nearer to the cluster.
    OtherSettings,
    /// Another file, or the object around it, may bring what is missing.
    Incomplete {
        /// Whether another object holds it; else it looks like a fragment.
        is_embedded: bool,
    },
}

impl Downgrade {
    /// The reason, as it ends a message.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Known => "already present before this change",
            Self::Started => "the cluster was stopped, and a start is not denied by these settings",
            Self::Operator => "the StackGres operator writes it",
            Self::Upgrade => "a major version upgrade is running",
            Self::UnknownVersion => "no StackGres that is known here serves this version of the object",
            Self::Enforcement => "the settings say to warn in this namespace",
            Self::Accepted => "the object's annotation says that it is known",
            Self::OtherSettings => {
                "another SGPostgresConfig of that name stands in the folder of the cluster"
            }
            Self::Incomplete { is_embedded: true } => {
                "it stands inside another object, which may complete it"
            }
            Self::Incomplete { is_embedded: false } => {
                "this looks like a fragment, which another file completes"
            }
        }
    }

    /// Whether other settings would have denied the change.
    pub fn would_be_denied(self) -> bool {
        matches!(self, Self::Started | Self::Enforcement)
    }
}

/// A problem that has become a judgment.
#[derive(Clone)]
pub struct Finding<'a> {
    /// The rule that speaks.
    pub rule: &'static Rule,
    /// How much it matters, after settings, ratcheting and all.
    pub severity: Severity,
    /// Why an error of this rule is only a warning here, where it is one.
    pub downgraded: Option<Downgrade>,
    /// What the rule says, and of which place.
    pub problem: Problem<'a>,
}

impl<'a> Deref for Finding<'a> {
    type Target = Problem<'a>;

    fn deref(&self) -> &Problem<'a> {
        &self.problem
    }
}

impl<'a> Finding<'a> {
    /// What a problem is to somebody who gives its rule this severity.
    pub fn new(rule: &'static Rule, severity: Severity, problem: Problem<'a>) -> Self {
        Self { rule, severity, downgraded: None, problem }
    }

    /// What to do: about this place, else what the rule advises.
    pub fn advice(&self) -> &str {
        self.problem.help.as_deref().unwrap_or(self.rule.fix)
    }

    /// Makes a warning of an error, and keeps the reason; a warning stays as it is.
    pub fn downgrade(&mut self, reason: Downgrade) {
        if self.severity == Severity::Error {
            self.severity = Severity::Warning;
            self.downgraded = Some(reason);
        }
    }
}

impl fmt::Debug for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] {}: {}", self.severity, self.rule.id, self.path, self.message)
    }
}
