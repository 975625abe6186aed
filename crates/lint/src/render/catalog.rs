//! Rules as pages: one rule for a person who was just told its id, or all of them as the catalog.

use std::fmt::Write;

use serde_json::{Value, json};

use syncguard_core::{
    defaults,
    rule::{Example, Observation, Rule, Severity, all_of},
    rules,
};

/// One rule's page for a terminal.
pub fn text(rule: &Rule) -> String {
    let mut out = format!("{} ({})\n{}\n", rule.id, rule.severity.name(), rule.summary);
    let mut section = |title: &str, text: &str| {
        if !text.is_empty() {
            let _ = write!(out, "\n{title}\n{}\n", indented(&squeezed(text)));
        }
    };
    section("Why", rule.rationale);
    section("What to do", rule.fix);
    section("Severity", rule.severity_note.unwrap_or_default());
    section("Limitations", rule.limitations.unwrap_or_default());
    section("Source", rule.reference);
    if !rule.observed.is_empty() {
        out.push_str("\nObserved\n");
        for observation in rule.observed {
            let _ = writeln!(out, "{}", indented(&observed(observation)));
        }
    }
    let _ = write!(out, "\nLinks\n{}", indented_lines(&rule.links.join("\n")));
    let _ = write!(out, "\nBad example{}\n{}", places(&rule.bad), indented_lines(&example(&rule.bad)));
    if !rule.good.is_empty() {
        let _ = write!(out, "\nGood example\n{}", indented_lines(rule.good));
    }
    out
}

/// One rule's page in Markdown, below a heading of the second level.
pub fn markdown(rule: &Rule) -> String {
    let mut out = format!("## {}\n\n**{}**: {}.\n", rule.id, rule.severity.name(), rule.summary);
    for text in [rule.rationale, rule.fix] {
        let _ = write!(out, "\n{}\n", squeezed(text));
    }
    for (title, text) in [("Severity", rule.severity_note), ("Limitations", rule.limitations)] {
        if let Some(text) = text {
            let _ = write!(out, "\n*{title}:* {}\n", squeezed(text));
        }
    }
    let _ = write!(out, "\nBad example{}:\n\n```yaml\n{}```\n", places(&rule.bad), example(&rule.bad));
    if !rule.good.is_empty() {
        let _ = write!(out, "\nGood example:\n\n```yaml\n{}```\n", rule.good);
    }
    let _ = write!(out, "\n*Source:* {}\n", squeezed(rule.reference));
    for observation in rule.observed {
        let _ = write!(out, "\n*Observed on* {}\n", observed(observation));
    }
    let links: Vec<_> = rule.links.iter().map(|link| format!("<{link}>")).collect();
    let _ = write!(out, "\n*Links:* {}\n", links.join(", "));
    out
}

/// A rule's facts for programs.
pub fn json(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "severity": rule.severity.name(),
        "severity_note": rule.severity_note,
        "denied_by_the_operator_too": rule.operator_denies,
        "summary": rule.summary,
        "rationale": squeezed(rule.rationale),
        "fix": squeezed(rule.fix),
        "limitations": rule.limitations.map(squeezed),
        "reference": squeezed(rule.reference),
        "links": rule.links,
        "observed": rule.observed.iter().map(observation_json).collect::<Vec<_>>(),
        "bad_example": { "kind": rule.bad.kind.name(), "manifest": rule.bad.manifest, "before": rule.bad.before, "at": rule.bad.at },
        "good_example": rule.good,
    })
}

fn observation_json(observation: &Observation) -> Value {
    json!({
        "software": observation.software.name(),
        "versions": observation.versions,
        "what": observation.what,
    })
}

/// The list of all rules, a line each.
pub fn list() -> String {
    let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules::ALL {
        let _ = writeln!(out, "{:<width$}  {:<7}  {}", rule.id, rule.severity.name(), rule.summary);
    }
    out
}

/// The page of everything: the defaults, an index, and every rule.
pub fn page() -> String {
    let mut out = String::from(
        "# Rules and defaults\n\n<!-- Generated from the catalog in crates/core/src/rules and crates/core/src/defaults; a test keeps it current. -->\n\n\
         An `error` is denied by the webhook and makes `validate` exit with 1. `*`: the operator's own webhook denies it too.\n\n\
         | rule | default | what is wrong |\n|---|---|---|\n",
    );
    for rule in rules::ALL {
        let star = if rule.operator_denies { " *" } else { "" };
        let _ = writeln!(
            out,
            "| [{0}](#{0}){star} | {1} | {2} |",
            rule.id,
            severity(rule),
            rule.summary.replace('|', "\\|")
        );
    }
    out.push_str("\n## Defaults\n\nFilled in where a manifest of an SGCluster says nothing, in this order.\n\n| path | value | when |\n|---|---|---|\n");
    for default in defaults::ALL {
        let _ = writeln!(out, "| `{}` | {} | {} |", default.path, default.value, squeezed(default.when));
    }
    for rule in rules::ALL {
        let _ = write!(out, "\n{}", markdown(rule));
    }
    out
}

/// The default severity, and whether there are exceptions; its page says which.
fn severity(rule: &Rule) -> &'static str {
    match (rule.severity, rule.severity_note) {
        (severity, None) => severity.name(),
        (Severity::Error, Some(_)) => "error, in some cases warning",
        (Severity::Warning, Some(_)) => "warning, in some cases error",
    }
}

/// What was seen, and on what.
fn observed(observation: &Observation) -> String {
    let Observation { software, versions, what } = observation;
    format!("{} {}: {what}", software.name(), all_of(versions))
}

fn places(example: &Example) -> String {
    let places: Vec<_> = example.at.iter().copied().filter(|path| !path.is_empty()).collect();
    if places.is_empty() { String::new() } else { format!(", at {}", places.join(" and ")) }
}

/// The manifest with what it was before, if it is about a change.
fn example(example: &Example) -> String {
    match example.before {
        Some(before) => format!("# before\n{before}# after\n{}", example.manifest),
        None => example.manifest.to_owned(),
    }
}

/// A text that was broken over the lines of the source, as one.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn indented_lines(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| all + "    " + line + "\n")
}

/// Prose, indented and broken where a terminal would.
fn indented(text: &str) -> String {
    const WIDTH: usize = 96;
    let mut lines = vec![String::from("   ")];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("    {word}")),
        }
    }
    lines.join("\n")
}
