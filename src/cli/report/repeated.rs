//! Thousands of equal findings in one file help nobody: some are shown, the rest are counted.

use std::{collections::BTreeMap, sync::Arc};

use syncguard_core::rule::printable;
use syncguard_lint::render::diagnostic::Diagnostic;

/// How many findings of one rule in one file a person is shown; programs get all.
const MOST_SHOWN: usize = 50;

/// How often each rule has spoken of the file at hand.
#[derive(Default)]
pub(super) struct Repeated {
    file: Option<Arc<str>>,
    by_rule: BTreeMap<&'static str, usize>,
}

impl Repeated {
    /// Whether a finding is one too many to be shown.
    pub fn is_too_many(&mut self, diagnostic: &Diagnostic) -> bool {
        let count = self.by_rule.entry(diagnostic.rule.id).or_default();
        *count += 1;
        *count > MOST_SHOWN
    }

    /// What is said of those that were not shown, where a finding begins another file.
    pub fn rest_before(&mut self, diagnostic: &Diagnostic) -> String {
        if self.file == diagnostic.file {
            return String::new();
        }
        let rest = self.rest();
        self.file.clone_from(&diagnostic.file);
        rest
    }

    /// What is said of those that were not shown, at the end of the file.
    pub fn rest(&mut self) -> String {
        let by_rule = std::mem::take(&mut self.by_rule);
        let file: String = printable(self.file.as_deref().unwrap_or("<stdin>"));
        let hidden = by_rule.into_iter().filter(|(_, count)| *count > MOST_SHOWN);
        let told = |(id, count)| format!("{file}: and {} more of {id}\n", count - MOST_SHOWN);
        hidden.map(told).collect()
    }
}
