//! What the settings say about rules: a severity for each, and what else may bend a judgment.

use std::collections::BTreeMap;

use crate::{
    facts::Release,
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
    /// The user name of the operator's own account, whose writes are never denied; empty where there is none.
    pub operator_account: String,
    /// What becomes of an error that depends on the number of instances, where a stopped cluster starts.
    pub starts: Starts,
    /// The release of StackGres that objects without the operator's annotation are judged for; none for the newest known.
    pub stackgres_version: Option<Release>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            severities: BTreeMap::new(),
            derive_sync_instances: true,
            honor_ignores: true,
            operator_account: OPERATOR_ACCOUNT.to_owned(),
            starts: Starts::default(),
            stackgres_version: None,
        }
    }
}

/// The operator's account where its Helm release and namespace have the names of StackGres' documentation.
pub const OPERATOR_ACCOUNT: &str = "system:serviceaccount:stackgres:stackgres-operator";

/// How a cluster is judged that was stopped and starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Starts {
    /// Errors pass as warnings: a cluster that was stopped for the night must come up in the morning.
    #[default]
    Warn,
    /// As at a creation: stopping a cluster launders nothing.
    Deny,
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
    /// No line of StackGres has this version.
    #[error("{version:?} is no known version of StackGres{}; write one such as 1.18 or 1.18.6", did_you_mean(*.nearest))]
    UnknownStackGres {
        /// What was written.
        version: String,
        /// The line that was meant, perhaps.
        nearest: Option<&'static str>,
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

    /// Says which release of StackGres looks after the clusters: a line (`1.18`, for its newest known release) or a release.
    ///
    /// # Errors
    ///
    /// A line that is not known; it comes with the nearest one.
    pub fn set_stackgres_version(&mut self, version: &str) -> Result<(), PolicyError> {
        let lines = || Release::LINES.into_iter();
        let of_line = lines().find(|(line, _)| *line == version).map(|(_, newest)| newest);
        // 1.19.0-rc5 is one; what is not read to its end is none.
        let number = version.split_once('-').map_or(version, |(number, _)| number);
        let release = || Release::read(number).filter(|release| release.to_string() == number);
        let known = |release: &Release| lines().any(|(_, newest)| release.is_of_the_line_of(newest));
        let Some(release) = of_line.or_else(|| release().filter(known)) else {
            let nearest = nearest(version, lines().map(|(line, _)| line));
            return Err(PolicyError::UnknownStackGres { version: version.to_owned(), nearest });
        };
        self.stackgres_version = Some(release);
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
