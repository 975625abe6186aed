//! A finding with everything that a person or program is shown of it: plain data, no borrowed text.

use std::{borrow::Cow, collections::BTreeSet, ops::Range, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use syncguard_core::rule::{Rule, Severity};

/// A finding, located.
#[derive(Clone)]
pub struct Diagnostic {
    /// The rule that speaks.
    pub rule: &'static Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Why an error of the rule is only a warning here, where it is one.
    pub downgraded: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Cow<'static, str>,
    /// Where, in the object; empty for a finding about the text.
    pub path: String,
    /// A value that would be right.
    pub suggestion: Option<Value>,
    /// The object.
    pub object: Option<ObjectName>,
    /// The file; none for a standard input without a name.
    pub file: Option<Arc<str>>,
    /// The template that Helm or Kustomize made the document from.
    pub template: Option<Arc<str>>,
    /// Where, in the file.
    pub place: Option<Span>,
    /// The lines to show, the finding's own first; empty where no output shows any.
    pub excerpts: Vec<Excerpt>,
}

impl Diagnostic {
    /// Why an error is only a warning here, as the end of a message; empty where it is not.
    pub fn downgrade_note(&self) -> String {
        self.downgraded.map(|reason| format!(" (downgraded: {reason})")).unwrap_or_default()
    }
}

/// Which object a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`, where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `metadata.name`, where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Lines and columns from 1, columns in characters; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Span {
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column behind the last one.
    pub end_column: usize,
}

/// Whole lines of a file with marks in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file; none for a standard input without a name.
    pub file: Option<Arc<str>>,
    /// The number of the first line.
    pub first_line: usize,
    /// The column at which its text begins: that of a long line begins in the middle of it.
    pub first_column: usize,
    /// The lines.
    pub text: String,
    /// What is marked.
    pub marks: Vec<Mark>,
}

/// A range of bytes of a text, or of the excerpt that is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// From where to where.
    pub range: Range<usize>,
    /// What is said there.
    pub label: String,
    /// Whether it is the finding itself, and not merely something to look at beside it.
    pub is_primary: bool,
}

impl Mark {
    /// What the finding is about.
    pub fn of_finding(range: Range<usize>, label: &str) -> Self {
        Self { range, label: label.to_owned(), is_primary: true }
    }

    /// Something to look at beside it.
    pub fn context(range: Range<usize>, label: &str) -> Self {
        Self { range, label: label.to_owned(), is_primary: false }
    }
}

/// What was judged, in numbers, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Files and standard inputs.
    pub files: usize,
    /// Documents that are not empty.
    pub documents: usize,
    /// SGClusters and SGShardedClusters that were judged.
    pub clusters: usize,
    /// Documents, objects and files that are none of ours.
    pub skipped: usize,
    /// Files of templates, which have to be rendered before they can be judged.
    pub templates: usize,
    /// Clusters that stand in a text, or as the values of a chart, inside objects of other kinds.
    pub not_judged_inside: usize,
    /// Variables that were judged by their defaults, as in `${REPLICAS:=3}`.
    pub defaulted_variables: usize,
    /// Scale requests whose cluster is not in the input.
    pub not_judged: usize,
    /// Clusters that are not in `--old`, and were judged as new.
    pub new: usize,
    /// What directories hold that was not looked into.
    #[serde(skip_serializing_if = "LeftOut::is_empty")]
    pub left_out: LeftOut,
    /// SGPostgresConfigs that clusters name and that are not in the input: their parameters were not judged.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub missing_configs: BTreeSet<String>,
    /// SGPostgresConfigs that are in the input several times, differently: clusters were judged with each.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub ambiguous_configs: BTreeSet<String>,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
}

impl Summary {
    /// Adds what was judged elsewhere.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.documents += other.documents;
        self.clusters += other.clusters;
        self.skipped += other.skipped;
        self.templates += other.templates;
        self.not_judged_inside += other.not_judged_inside;
        self.defaulted_variables += other.defaulted_variables;
        self.not_judged += other.not_judged;
        self.new += other.new;
        self.left_out.add(other.left_out);
        self.missing_configs.extend(other.missing_configs);
        self.ambiguous_configs.extend(other.ambiguous_configs);
        self.errors += other.errors;
        self.warnings += other.warnings;
    }
}

/// How many names are told of what was left out.
const TOLD: usize = 3;

/// What directories hold that was not meant: hidden names, what .gitignore, `.ignore` and git's own settings leave
/// out, and links to directories.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Manifests.
    pub files: usize,
    /// Directories in which manifests are, or may be.
    pub folders: usize,
    /// The first of them.
    pub first: Vec<String>,
}

impl LeftOut {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.files + self.folders == 0
    }

    /// Adds what another directory leaves out.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.folders += other.folders;
        let room = TOLD.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room));
    }

    /// Adds a file or a directory.
    pub fn take(&mut self, name: String, is_dir: bool) {
        *(if is_dir { &mut self.folders } else { &mut self.files }) += 1;
        if self.first.len() < TOLD {
            self.first.push(name);
        }
    }
}
