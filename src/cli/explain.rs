//! `syncguard explain`: what a cluster will be, and what survives which failure.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::input::{InputArgs, unreadable};
use crate::{
    input::{Source, documents},
    manifest,
    offline::{Content, KnownObjects, Subject, subjects},
    policy::Policy,
    prediction::{Prediction, Refusal, predict},
    render::{explain, findings::printable_json, mermaid},
    review::{self, Request},
    rule::Severity,
    view::{Body, Given},
};

const EXAMPLES: &str = "\
Examples:
  syncguard explain db.yaml                pods, Patroni's settings, patronictl list, failures
  syncguard explain -o json db.yaml        the same facts for programs
  syncguard explain -o mermaid db.yaml     a diagram of who waits for whom";

/// What `explain` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// What is printed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: a list of predictions
    Json,
    /// A diagram
    Mermaid,
}

/// Runs `explain`.
///
/// # Errors
///
/// Input that cannot be read, or that has no cluster in it.
pub fn run(args: &Args) -> Result<ExitCode> {
    let policy = args.input.policy()?;
    let (sources, _) = args.input.sources()?;
    let known = args.input.known(&sources)?;
    let mut predictions = Vec::new();
    for source in &sources {
        predictions.extend(of_source(source, &known, &policy)?);
    }
    if predictions.is_empty() {
        bail!("there is no SGCluster or SGShardedCluster in the input, so there is nothing to explain");
    }
    let text = match args.output {
        Format::Text => predictions.iter().map(explain::text).collect::<Vec<_>>().join("\n"),
        Format::Json => printable_json(format!("{}\n", serde_json::to_string_pretty(&predictions)?)),
        Format::Mermaid => predictions.iter().map(mermaid::text).collect::<Vec<_>>().join("\n"),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the result")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn of_source(source: &Source, known: &KnownObjects, policy: &Policy) -> Result<Vec<Prediction>> {
    let text = source.read()?;
    let mut predictions = Vec::new();
    for (bytes, line) in documents(&text) {
        let name = source.name.as_deref().unwrap_or("<stdin>");
        let read =
            manifest::parse(manifest::decode(bytes).map_err(|error| unreadable(name, bytes, line, &error))?);
        if let Some(error) = read.error.filter(|_| source.is_named) {
            return Err(unreadable(name, bytes, line, &error));
        }
        for document in &read.documents {
            for subject in subjects(document) {
                predictions.extend(of_subject(&subject, known, policy));
            }
        }
    }
    Ok(predictions)
}

fn of_subject(subject: &Subject<'_, '_>, known: &KnownObjects, policy: &Policy) -> Option<Prediction> {
    let mut object = match subject.content().ok()? {
        Content::Object(object) => object,
        Content::Review(review) => review.open().ok()?.1.object,
        Content::Other => return None,
    };
    let Given::Is(body) = &mut object else { return None };
    review::complete(body, None, policy, || false);
    of_body(body, known, policy)
}

/// The prediction, and why the manifest would be refused in the first place.
fn of_body(body: &Body<'_>, known: &KnownObjects, policy: &Policy) -> Option<Prediction> {
    let configs = |name: &str| known.postgres_config(body.namespace(), name).map(|config| &config.parameters);
    let mut prediction = predict(body, &configs)?;
    let request =
        Request { object: body, before: None, scale: None, configs: &configs, source: review::Source::File };
    let errors =
        review::judge(&request, policy).into_iter().filter(|finding| finding.severity == Severity::Error);
    prediction.refusals = errors.map(Refusal::from).collect();
    Some(prediction)
}
