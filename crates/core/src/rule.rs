//! The vocabulary of judgment: what a rule is, what its checks report, and what becomes of a report.

mod finding;
mod record;

use std::{borrow::Cow, fmt};

pub use finding::{Downgrade, Finding};
pub use record::{Definition, Example, Observation, Rule, Software};

use serde_json::Value;

use crate::{
    cluster::{Cluster, Field, FieldPath, Parameter, SetIn, Sharded},
    spelling,
    view::{Body, Leaf},
};
use syncguard_manifest::path::Path;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Availability, clarity or an intention suffers, but the manifest may be meant so.
    Warning,
    /// The promise of durability is void, no commit could succeed, or the operator would refuse the object.
    Error,
}

impl Severity {
    /// The name that people type and read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a fault that is an error only where it is grave.
    pub fn error_if(grave: bool) -> Self {
        if grave { Self::Error } else { Self::Warning }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A cluster before and after a change.
pub struct Change<'c, 'a> {
    /// As it is stored.
    pub before: &'c Cluster<'a>,
    /// As it is to be.
    pub now: &'c Cluster<'a>,
    /// The stored object, whose status names an SGCluster's pods and says whether an upgrade is under way.
    pub stored: &'a Body<'a>,
}

/// What a check takes, and thereby when it can be called at all.
pub enum Check {
    /// One cluster: an SGCluster, or a part of an SGShardedCluster.
    Cluster(for<'a> fn(&Cluster<'a>, &mut Problems<'a>)),
    /// One cluster, unless the way it came about excuses it.
    ClusterUnless(for<'a> fn(&Cluster<'a>, &mut Problems<'a>), fn(&Change<'_, '_>) -> bool),
    /// One cluster before and after.
    Change(for<'a> fn(&Change<'_, 'a>, &mut Problems<'a>)),
    /// An SGShardedCluster as a whole.
    Sharded(for<'a> fn(&Sharded<'a>, &mut Problems<'a>)),
    /// An SGShardedCluster as a whole, unless the way it came about, from the first to the second, excuses it.
    ShardedUnless(for<'a> fn(&Sharded<'a>, &mut Problems<'a>), fn(&Sharded<'_>, &Sharded<'_>) -> bool),
    /// An SGShardedCluster before and after.
    ShardedChange(for<'a> fn(&Sharded<'a>, &Sharded<'a>, &mut Problems<'a>)),
    /// Any object, as it is written.
    Object(for<'a> fn(&'a Body<'a>, &mut Problems<'a>)),
    /// Any object as it is written in a file, with the fields that an API server would drop.
    Manifest(for<'a> fn(&'a Body<'a>, &mut Problems<'a>)),
    /// A text, found while it is read; no check of the core raises it.
    Text,
}

/// Another place that a finding needs to be understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Related<'a> {
    /// In the same object.
    Here {
        /// Where.
        place: FieldPath<'a>,
        /// What is to be seen there.
        note: Cow<'static, str>,
    },
    /// A setting in the SGPostgresConfig that the cluster names.
    PostgresConfig {
        /// The name of the SGPostgresConfig.
        name: &'a str,
        /// The setting, as it is spelled there.
        key: &'a str,
    },
}

/// What of a field is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// What it is set to.
    Value,
    /// Its name: it should not be there, whatever it is set to.
    Name,
}

/// What a check has to say about one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<'a> {
    /// Where.
    pub path: Path<'a>,
    /// What of it is wrong.
    pub aspect: Aspect,
    /// What is wrong, with the values at hand.
    pub message: String,
    /// What to do about it; none where the rule's own advice is all there is.
    pub help: Option<Cow<'static, str>>,
    /// The severity, where it is not the rule's.
    pub severity: Option<Severity>,
    /// A value that would be right, safe to put in place of the present one.
    pub suggestion: Option<Value>,
    /// Another place that matters.
    pub related: Option<Related<'a>>,
}

impl<'a> Problem<'a> {
    /// What is wrong with the value at a path.
    pub fn new(path: Path<'a>, message: impl Into<String>) -> Self {
        let message = printable(message.into());
        Self {
            path,
            aspect: Aspect::Value,
            message,
            help: None,
            severity: None,
            suggestion: None,
            related: None,
        }
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<Cow<'static, str>>) -> &mut Self {
        let help: Cow<'static, str> = printable(help);
        self.help = (!help.is_empty()).then_some(help);
        self
    }

    /// Gives the problem a severity of its own.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = Some(severity);
        self
    }

    /// Offers a value that means what was surely meant.
    pub fn suggest(&mut self, value: impl Into<Value>) -> &mut Self {
        self.suggestion = Some(value.into());
        self
    }

    /// Says which name of a closed list to write at `key`, and offers it where there is no doubt that it was meant by
    /// what is written.
    pub fn offer_name(&mut self, key: &str, written: &str, names: &[&'static str]) -> &mut Self {
        let names = || names.iter().copied();
        if let Some(meant) = spelling::surely(written, names()) {
            return self.help(format!("write {key}: {meant}")).suggest(meant);
        }
        match spelling::nearest(written, names()) {
            Some(near) => self.help(format!("did you mean {key}: {near}?")),
            None => self,
        }
    }

    /// Points at a second place.
    pub fn see(&mut self, field: &Field<'a>, note: impl Into<Cow<'static, str>>) -> &mut Self {
        self.related = Some(Related::Here { place: field.place(), note: note.into() });
        self
    }
}

/// The most findings of one rule in one object: more help nobody, and an object can be made to hold a hundred thousand.
pub const MAX_FINDINGS_PER_RULE: usize = 4096;

/// Collects what the checks report.
#[derive(Debug, Default)]
pub struct Problems<'a>(Vec<Problem<'a>>);

impl<'a> Problems<'a> {
    /// Reports what is wrong with a value.
    pub fn at(&mut self, field: &Field<'a>, message: impl Into<String>) -> &mut Problem<'a> {
        self.at_path(field.path(), message)
    }

    /// Reports what is wrong with a setting of Postgres, wherever it stands.
    pub fn at_parameter(
        &mut self,
        parameter: &Parameter<'a>,
        message: impl Into<String>,
    ) -> &mut Problem<'a> {
        let problem = self.at(&parameter.field, message);
        if let SetIn::Config { name, key } = parameter.set_in {
            problem.related = Some(Related::PostgresConfig { name, key });
        }
        problem
    }

    /// Reports what is wrong at a path.
    pub fn at_path(&mut self, path: Path<'a>, message: impl Into<String>) -> &mut Problem<'a> {
        let index = self.0.len();
        self.0.push(Problem::new(path, message));
        &mut self.0[index]
    }

    /// Reports a field that should not be there.
    pub fn at_name(&mut self, path: Path<'a>, message: impl Into<String>) -> &mut Problem<'a> {
        let problem = self.at_path(path, message);
        problem.aspect = Aspect::Name;
        problem
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that was reported, in the order in which it was.
    pub fn drain(&mut self) -> impl Iterator<Item = Problem<'a>> {
        self.0.drain(..)
    }
}

/// Whether a terminal would obey a character and not show it: control characters, and those that turn texts around.
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that can be shown: what a terminal would obey and not show is escaped, line breaks too.
pub fn printable<'t, T: From<Cow<'t, str>>>(text: impl Into<Cow<'t, str>>) -> T {
    let text = text.into();
    // Nearly every text is plain. Without a way out at the first byte that is not, many are looked at together.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(is_obeyed) {
        return text.into();
    }
    let shown = |c: char| if is_obeyed(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::<str>::Owned(text.chars().map(shown).collect()).into()
}

/// How a message goes on after the name of a field whose value is not what it must be.
pub fn is_not(leaf: &Leaf<'_>, expected: &str) -> String {
    if leaf.is_absent() {
        return format!("is missing; it must be {expected}");
    }
    if let Some((length, longest)) = leaf.too_long() {
        return format!(
            "has {length} elements, those of the lists in it included; it must have at most {longest}"
        );
    }
    match leaf.unexpanded_variable() {
        Some(_) => format!("is {leaf}, a variable that nothing has replaced; it must be {expected}"),
        None => format!("is {leaf}; it must be {expected}"),
    }
}

/// The names of a closed list, as a sentence needs them: `a, b or c`.
pub fn one_of(names: &[&str]) -> String {
    listed(names, "or")
}

/// Names that something is said of together: `a, b and c`.
pub fn all_of(names: &[&str]) -> String {
    listed(names, "and")
}

fn listed(names: &[&str], conjunction: &str) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {conjunction} {last}", others.join(", ")),
    }
}
