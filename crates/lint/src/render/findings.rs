//! Findings in the formats of `validate -o`: what stands before, between and behind them.

use std::collections::BTreeSet;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;

use super::{
    diagnostic::{Diagnostic, LeftOut, ObjectName, Span, Summary},
    full,
};
use syncguard_core::rule::printable;

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Full, Self::Concise, Self::Json, Self::Jsonl];

    /// The name, as `-o` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// Whether people read it, and not programs.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Full | Self::Concise)
    }

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

    /// One finding; the full format in color if the reader can show it.
    pub fn finding(self, diagnostic: &Diagnostic, in_color: bool) -> String {
        match self {
            Self::Full => full::text(diagnostic, in_color),
            Self::Concise => concise(diagnostic),
            Self::Json => printable_json(json(diagnostic)),
            Self::Jsonl => printable_json(json(diagnostic)) + "\n",
        }
    }

    /// What stands behind the last finding.
    pub fn end(self, summary: &Summary, with_summary: bool) -> String {
        match (self, with_summary) {
            (Self::Json, true) => format!("],\n\"summary\":{}}}\n", printable_json(written(summary))),
            (Self::Json, false) => "]}\n".to_owned(),
            (Self::Full | Self::Concise, true) => sentence(summary),
            (Self::Full | Self::Concise | Self::Jsonl, _) => String::new(),
        }
    }
}

fn concise(diagnostic: &Diagnostic) -> String {
    let file: String = printable(diagnostic.file.as_deref().unwrap_or("<stdin>"));
    let place = diagnostic.place.map(|place| format!("{}:{}:", place.line, place.column)).unwrap_or_default();
    let path = if diagnostic.path.is_empty() { String::new() } else { format!("{}: ", diagnostic.path) };
    format!(
        "{file}:{place} {}[{}] {path}{}{}\n",
        diagnostic.severity,
        diagnostic.rule.id,
        diagnostic.message,
        diagnostic.downgrade_note()
    )
}

/// A finding for programs, in the order in which a person would read it; what is not known is absent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct Record<'d> {
    /// The rule's identifier; `syncguard rule ID` shows its page.
    rule: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    /// What is wrong.
    message: &'d str,
    /// What to do about it.
    help: &'d str,
    /// Why an error of the rule is only a warning here.
    #[serde(skip_serializing_if = "Option::is_none")]
    downgraded: Option<&'d str>,
    /// Where in the object.
    #[serde(skip_serializing_if = "str::is_empty")]
    path: &'d str,
    /// A value that would be right there.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'d Value>,
    /// Which object.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'d ObjectName>,
    /// Which file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'d str>,
    /// The template of a chart that the object was rendered from.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'d str>,
    #[serde(flatten)]
    place: Option<Span>,
}

/// What `-o json` writes: the findings, and what was judged.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the report is written piece by piece; this only says how it is put together")]
struct Report<'d> {
    /// In the order of the input.
    findings: Vec<Record<'d>>,
    /// Absent with --no-summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

/// The JSON schema of what `-o json` writes; `-o jsonl` writes one `Finding` a line.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Report<'_>>().to_value()
}

fn json(diagnostic: &Diagnostic) -> String {
    written(&Record {
        rule: diagnostic.rule.id,
        severity: diagnostic.severity.name(),
        message: &diagnostic.message,
        help: &diagnostic.help,
        downgraded: diagnostic.downgraded,
        path: &diagnostic.path,
        suggestion: diagnostic.suggestion.as_ref(),
        object: diagnostic.object.as_ref(),
        file: diagnostic.file.as_deref(),
        template: diagnostic.template.as_deref(),
        place: diagnostic.place,
    })
}

/// Plain data as JSON, which cannot fail: its keys are strings.
fn written(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

/// JSON of which a terminal obeys nothing: JSON itself lets DEL and the control characters behind it stand.
pub fn printable_json(json: String) -> String {
    let is_obeyed = |c: char| ('\u{7f}'..='\u{9f}').contains(&c);
    if !json.contains(is_obeyed) {
        return json;
    }
    let shown = |c: char| if is_obeyed(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(shown).collect()
}

fn sentence(summary: &Summary) -> String {
    let found = match (summary.errors, summary.warnings) {
        (0, 0) if summary.clusters == 0 => "nothing was judged".to_owned(),
        (0, 0) => "nothing to report".to_owned(),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let clusters = counted(summary.clusters, "cluster");
    let rest: String = [
        (summary.skipped, format!("skipped {} of other kinds", summary.skipped)),
        (summary.new, format!("{} not in --old, judged as new", counted(summary.new, "cluster"))),
        (
            summary.not_judged,
            format!(
                "{} not judged: the cluster is not in the input",
                counted(summary.not_judged, "scale request")
            ),
        ),
        (
            summary.templates,
            format!("{} passed over: pipe `helm template`", counted(summary.templates, "Helm template")),
        ),
        (
            summary.not_judged_inside,
            format!("{} in texts or values not judged", counted(summary.not_judged_inside, "cluster")),
        ),
        (
            summary.defaulted_variables,
            format!("{} judged by their defaults", counted(summary.defaulted_variables, "variable")),
        ),
        (summary.missing_configs.len(), missing_configs(&summary.missing_configs)),
        (summary.ambiguous_configs.len(), ambiguous_configs(&summary.ambiguous_configs)),
        (usize::from(!summary.left_out.is_empty()), left_out(&summary.left_out)),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(_, text)| printable(format!("; {text}")))
    .fold(String::new(), |all, text: String| all + &text);
    format!(
        "{clusters} in {} of {}: {found}{rest}\n",
        counted(summary.documents, "document"),
        counted(summary.files, "file")
    )
}

fn missing_configs(names: &BTreeSet<String>) -> String {
    if let Some(name) = names.first().filter(|_| names.len() == 1) {
        return format!("SGPostgresConfig {name} is not in the input: its parameters were not judged");
    }
    let listed = some_of(names.iter().map(String::as_str), names.len());
    format!("SGPostgresConfigs {listed} are not in the input: their parameters were not judged")
}

fn ambiguous_configs(names: &BTreeSet<String>) -> String {
    let listed = some_of(names.iter().map(String::as_str), names.len());
    format!("SGPostgresConfig {listed} is in the input several times, differently: judged with each")
}

/// What is said of manifests that were left out.
pub fn left_out(left_out: &LeftOut) -> String {
    let first = left_out.first.iter().map(String::as_str);
    let listed = some_of(first, left_out.files + left_out.folders);
    format!("left out {listed} (hidden, ignored or linked; to judge it, name it)")
}

/// The first names of a list, and how many more there are.
fn some_of<'n>(names: impl Iterator<Item = &'n str>, number: usize) -> String {
    let first: Vec<_> = names.take(3).collect();
    let rest = number.saturating_sub(first.len());
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    first.join(", ") + &more
}

/// A number with its noun.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
