//! What the settings say about rules: a severity for each, and what else may bend a judgement.

use std::collections::BTreeMap;

use crate::{
    rule::{Rule, Severity},
    rules,
    spelling::{did_you_mean, nearest},
};

/// How findings are weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Severities that replace every default of a rule; `None` switches the rule off.
    severities: BTreeMap<&'static str, Option<Severity>>,
    /// Whether an absent or stale `syncInstances` is derived from the number of instances.
    pub derive_sync_instances: bool,
    /// Whether the annotation `syncguard.dev/ignore` counts.
    pub honor_ignores: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { severities: BTreeMap::new(), derive_sync_instances: true, honor_ignores: true }
    }
}

/// A name in the settings that means nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyError {
    /// No rule has this id.
    #[error("no rule is called {id:?}{}", did_you_mean(*.nearest))]
    UnknownRule {
        /// What was written.
        id: String,
        /// The rule that was meant, perhaps.
        nearest: Option<&'static str>,
    },
    /// No severity has this name.
    #[error("{severity:?} is not a severity; it is error, warning or off")]
    UnknownSeverity {
        /// What was written.
        severity: String,
    },
}

impl Policy {
    /// Gives a rule a severity: `error`, `warning` or `off`.
    ///
    /// # Errors
    ///
    /// A name that is not known; it comes with the nearest one.
    pub fn set(&mut self, id: &str, severity: &str) -> Result<(), PolicyError> {
        let rule = find_rule(id)?;
        let severity = match severity {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "off" => None,
            other => return Err(PolicyError::UnknownSeverity { severity: other.to_owned() }),
        };
        self.severities.insert(rule.id, severity);
        Ok(())
    }

    /// The severity of a problem of this rule; none where the rule is off.
    pub fn severity(&self, rule: &Rule, of_problem: Option<Severity>) -> Option<Severity> {
        match self.severities.get(rule.id) {
            Some(configured) => *configured,
            None => Some(of_problem.unwrap_or(rule.severity)),
        }
    }
}

/// The rule of this id.
///
/// # Errors
///
/// No rule has it; the error names the nearest one.
pub fn find_rule(id: &str) -> Result<&'static Rule, PolicyError> {
    rules::find(id).ok_or_else(|| PolicyError::UnknownRule {
        id: id.to_owned(),
        nearest: nearest(id, rules::ALL.iter().map(|rule| rule.id)),
    })
}
