//! Where the webhook denies and where it only warns, so that a platform can be rolled out to step by step.

use globset::{Glob, GlobMatcher};

/// What the webhook does about errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    /// It denies.
    #[default]
    Deny,
    /// It lets pass, and sends the errors as warnings.
    Warn,
}

impl Action {
    /// The action of this name in a settings file.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "deny" => Some(Self::Deny),
            "warn" => Some(Self::Warn),
            _ => None,
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
