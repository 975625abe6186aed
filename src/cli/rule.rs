//! `syncguard rule`: the catalog, or one rule's page.

use std::{io, process::ExitCode};

use anyhow::Result;
use clap::ValueEnum;

use super::report::write;
use syncguard_core::{policy::find_rule, rules};
use syncguard_lint::render::catalog;

const EXAMPLES: &str = "\
Examples:
  syncguard rule                           every rule, a line each
  syncguard rule strict-with-one-standby   what it sees, why it matters, what to do
  syncguard rule -o markdown               the page of all rules";

/// What `rule` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The rule, as findings name it; none: all of them
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// What is printed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For documents
    Markdown,
}

/// Runs `rule`.
///
/// # Errors
///
/// No rule has the id; the error names the nearest one.
pub fn run(args: &Args) -> Result<ExitCode> {
    let rule = args.id.as_deref().map(find_rule).transpose()?;
    let text = match (rule, args.output) {
        (Some(rule), Format::Text) => catalog::text(rule),
        (Some(rule), Format::Json) => format!("{:#}\n", catalog::json(rule)),
        (Some(rule), Format::Markdown) => catalog::markdown(rule),
        (None, Format::Text) => catalog::list(),
        (None, Format::Json) => {
            let all: Vec<_> = rules::ALL.iter().map(|rule| catalog::json(rule)).collect();
            format!("{}\n", serde_json::to_string_pretty(&all)?)
        }
        (None, Format::Markdown) => catalog::page(),
    };
    write(&mut io::stdout().lock(), &text)?;
    Ok(ExitCode::SUCCESS)
}
