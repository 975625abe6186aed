//! Where the webhook denies and where it only warns, so that a platform can be rolled out to step by step.

use globset::{Glob, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;

use syncguard_core::policy::Starts;

/// What becomes of errors.
// As an identifier of serde it is a string, where another enum could be `{deny: null}` too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", variant_identifier, expecting = "deny or warn")]
pub enum Action {
    /// They deny the request.
    #[default]
    Deny,
    /// They pass, and are sent as warnings.
    Warn,
}

impl From<Action> for Starts {
    fn from(action: Action) -> Self {
        match action {
            Action::Deny => Self::Deny,
            Action::Warn => Self::Warn,
        }
    }
}

/// The action for each namespace.
#[derive(Debug, Clone, Default)]
pub struct Enforcement {
    /// Where no pattern says otherwise.
    pub everywhere: Action,
    namespaces: Vec<(GlobMatcher, Action)>,
}

impl Enforcement {
    /// Gives the namespaces of a pattern (`team-*`) an action of their own. Of several patterns that match a
    /// namespace the longest counts.
    ///
    /// # Errors
    ///
    /// It is no pattern.
    pub fn add(&mut self, pattern: &str, action: Action) -> Result<(), globset::Error> {
        self.namespaces.push((Glob::new(pattern)?.compile_matcher(), action));
        Ok(())
    }

    /// What to do in a namespace.
    pub fn in_namespace(&self, namespace: &str) -> Action {
        let matching = self.namespaces.iter().filter(|(pattern, _)| pattern.is_match(namespace));
        let longest = matching.max_by_key(|(pattern, _)| pattern.glob().glob().len());
        longest.map_or(self.everywhere, |(_, action)| *action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_that_matches_counts() {
        let mut enforcement = Enforcement { everywhere: Action::Warn, ..Enforcement::default() };
        enforcement.add("prod-*", Action::Deny).unwrap();
        enforcement.add("prod-lab-*", Action::Warn).unwrap();
        for (namespace, action) in [
            ("prod-1", Action::Deny),
            ("prod-lab-1", Action::Warn),
            ("dev", Action::Warn),
            ("", Action::Warn),
        ] {
            assert_eq!(enforcement.in_namespace(namespace), action, "in {namespace}");
        }
    }
}
