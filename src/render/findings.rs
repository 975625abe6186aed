//! Findings in the formats of `validate -o`: what stands before, between and behind them.

use serde_json::{Map, Value, json};

use super::{
    diagnostic::{Diagnostic, Summary},
    full,
};

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The source lines with the value marked, and what to do about it.
    Full,
    /// A line each, `FILE:LINE:COLUMN: error[ID] message`
    Concise,
    /// One JSON object: findings and summary.
    Json,
    /// A JSON object a line, one for each finding.
    Jsonl,
}

impl Format {
    /// What stands before the first finding.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Json => "{\"findings\":[",
            Self::Full | Self::Concise | Self::Jsonl => "",
        }
    }

    /// What stands between two findings.
    pub fn between(self) -> &'static str {
        match self {
            Self::Json => ",\n",
            Self::Full | Self::Concise | Self::Jsonl => "",
        }
    }

    /// One finding; the full format in colour if the reader can show it.
    pub fn finding(self, diagnostic: &Diagnostic, in_colour: bool) -> String {
        match self {
            Self::Full => full::text(diagnostic, in_colour),
            Self::Concise => concise(diagnostic),
            Self::Json => json(diagnostic).to_string(),
            Self::Jsonl => format!("{}\n", json(diagnostic)),
        }
    }

    /// What stands behind the last finding.
    pub fn end(self, summary: &Summary, with_summary: bool) -> String {
        match (self, with_summary) {
            (Self::Json, true) => format!("],\n\"summary\":{}}}\n", json!(summary)),
            (Self::Json, false) => "]}\n".to_owned(),
            (Self::Full | Self::Concise, true) => sentence(summary),
            (Self::Full | Self::Concise | Self::Jsonl, _) => String::new(),
        }
    }
}

fn concise(diagnostic: &Diagnostic) -> String {
    let file = diagnostic.file.as_deref().unwrap_or("<stdin>");
    let place = diagnostic.place.map(|place| format!("{}:{}:", place.line, place.column)).unwrap_or_default();
    let path = if diagnostic.path.is_empty() { String::new() } else { format!("{}: ", diagnostic.path) };
    format!(
        "{file}:{place} {}[{}] {path}{}{}\n",
        diagnostic.severity,
        diagnostic.rule.id,
        diagnostic.message,
        diagnostic.softening()
    )
}

fn json(diagnostic: &Diagnostic) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.map(|value| object.insert(key.to_owned(), value));
    put("rule", Some(json!(diagnostic.rule.id)));
    put("severity", Some(json!(diagnostic.severity.name())));
    put("message", Some(json!(diagnostic.message)));
    put("help", Some(json!(diagnostic.help)));
    put("softened", (!diagnostic.softened.is_empty()).then(|| json!(diagnostic.softened)));
    put("path", (!diagnostic.path.is_empty()).then(|| json!(diagnostic.path)));
    put("suggestion", diagnostic.suggestion.clone());
    put("object", diagnostic.object.as_ref().map(|name| json!(name)));
    put("file", diagnostic.file.as_deref().map(|file| json!(file)));
    put("template", diagnostic.template.as_deref().map(|file| json!(file)));
    let place = diagnostic.place;
    put("line", place.map(|place| json!(place.line)));
    put("column", place.map(|place| json!(place.column)));
    put("end_line", place.map(|place| json!(place.end_line)));
    put("end_column", place.map(|place| json!(place.end_column)));
    Value::Object(object)
}

fn sentence(summary: &Summary) -> String {
    let found = match (summary.errors, summary.warnings) {
        (0, 0) => "nothing to report".to_owned(),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let asides = [
        (summary.skipped, format!("; skipped {} of other kinds", summary.skipped)),
        (
            summary.not_judged,
            format!(
                "; {} not judged: the cluster is not in the input",
                counted(summary.not_judged, "scale request")
            ),
        ),
        (summary.new, format!("; {} judged as new: not in --old", counted(summary.new, "cluster"))),
    ];
    let asides: String = asides.into_iter().filter(|(count, _)| *count > 0).map(|(_, aside)| aside).collect();
    let clusters = counted(summary.clusters, "cluster");
    let documents = counted(summary.documents, "document");
    format!("{clusters} in {documents} of {}: {found}{asides}\n", counted(summary.files, "file"))
}

/// A number with its noun.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
