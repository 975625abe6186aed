//! `syncguard explain`: what a cluster will be, and what survives which failure.

use std::{collections::BTreeSet, io, process::ExitCode};

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::{
    input::{InputArgs, Manifests, unreadable},
    report::write,
    terminal::tell,
};
use crate::causes::in_full;
use syncguard_core::{
    policy::Policy,
    prediction::{ManifestError, Prediction, predict},
    review::{self, Request},
    rule::{Finding, Severity},
    view::{Body, Given, admission_review::AdmissionReview},
};
use syncguard_lint::{
    Content, Known, KnownObjects, MOST_VARIANTS, Subject, excuse_fragment, is_chart_template, is_meant,
    is_template,
    pieces::documents,
    render::{
        explain, facts,
        findings::{counted, printable_json},
        mermaid,
    },
    source::Source,
    subjects, with_defaults,
};
use syncguard_manifest as manifest;

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
/// Input of which nothing can be read, or that has no cluster in it.
pub fn run(args: &Args) -> Result<ExitCode> {
    let policy = args.input.policy()?;
    let manifests = args.input.manifests()?;
    manifests.tell_left_out();
    let Manifests { sources, mut has_failed, .. } = manifests;
    let known = args.input.known(&sources)?;
    let mut out = io::stdout().lock();
    let mut explained = 0;
    let mut templates = 0;
    let mut notes = Notes::default();
    for source in &sources {
        let mut each = |prediction| {
            write(&mut out, between(args.output, explained))?;
            explained += 1;
            write(&mut out, &rendered(args.output, &prediction)?)
        };
        let outcome = for_predictions(source, &known, &policy, &mut notes, &mut each)?;
        has_failed |= outcome.has_failed;
        templates += usize::from(outcome.is_template);
    }
    if args.output == Format::Json {
        write(&mut out, if explained == 0 { "[]\n" } else { "\n]\n" })?;
    }
    for name in &notes.missing_configs {
        tell(format_args!("SGPostgresConfig {name} is not in the input: its parameters are not known"));
    }
    for name in &notes.ambiguous_configs {
        tell(format_args!(
            "SGPostgresConfig {name} is in the input several times, differently: the first is explained, the errors are those with each"
        ));
    }
    if templates > 0 {
        tell(format_args!("{} passed over: pipe `helm template`", counted(templates, "Helm template")));
    }
    if explained == 0 && !has_failed {
        bail!("there is no SGCluster or SGShardedCluster in the input, so there is nothing to explain");
    }
    Ok(ExitCode::from(if has_failed { 2 } else { 0 }))
}

/// What stands before a prediction: they are printed as they come, so that any number of them fits into memory.
fn between(format: Format, explained: usize) -> &'static str {
    match (format, explained) {
        (Format::Json, 0) => "[\n",
        (Format::Json, _) => ",\n",
        (_, 0) => "",
        (Format::Text | Format::Mermaid, _) => "\n",
    }
}

fn rendered(format: Format, prediction: &Prediction) -> Result<String> {
    Ok(match format {
        Format::Text => explain::text(prediction),
        Format::Json => printable_json(serde_json::to_string_pretty(&facts::json(prediction)?)?),
        Format::Mermaid => mermaid::text(prediction),
    })
}

/// What became of a text beside its predictions.
#[derive(Default)]
struct Outcome {
    has_failed: bool,
    is_template: bool,
}

/// Predicts every cluster of a source. What was meant and cannot be read is told, and the rest goes on.
fn for_predictions(
    source: &Source,
    known: &KnownObjects,
    policy: &Policy,
    notes: &mut Notes,
    each: &mut dyn FnMut(Prediction) -> Result<()>,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let text = match source.read() {
        Ok(text) => text,
        Err(error) => {
            tell(format_args!("error: {}", in_full(&error)));
            return Ok(Outcome { has_failed: true, is_template: false });
        }
    };
    for (bytes, line) in documents(&text) {
        let shown = String::from_utf8_lossy(bytes);
        if is_chart_template(source, &shown) {
            outcome.is_template = true;
            continue;
        }
        let text = manifest::decode(bytes).map(with_defaults);
        let read = text.as_ref().map(|(text, _)| manifest::parse(text));
        let error = match &read {
            Ok(read) => read.error.as_ref(),
            Err(error) => Some(*error),
        };
        if let Some(error) = error {
            outcome.is_template |= is_template(source, &shown);
            if is_meant(source, &shown) {
                outcome.has_failed = true;
                tell(format_args!("error: {}", unreadable(&source.label(), bytes, line, error)));
            }
        }
        for document in read.iter().flat_map(|read| &read.documents) {
            let predictions = subjects(document).into_iter();
            predictions
                .filter_map(|subject| of_subject(source, &subject, known, policy, notes))
                .try_for_each(&mut *each)?;
        }
    }
    Ok(outcome)
}

/// What is said of the input as a whole.
#[derive(Default)]
struct Notes {
    missing_configs: BTreeSet<String>,
    ambiguous_configs: BTreeSet<String>,
}

fn of_subject(
    source: &Source,
    subject: &Subject<'_, '_>,
    known: &KnownObjects,
    policy: &Policy,
    notes: &mut Notes,
) -> Option<Prediction> {
    let mut object = match subject.content().ok()? {
        Content::Object(object) => object,
        Content::Review(AdmissionReview { request: Given::Is(request), .. }) => request.object,
        Content::Review(_) | Content::Other => return None,
    };
    let Given::Is(body) = &mut object else { return None };
    let before = known.before(body).map(Known::read);
    let before = before.as_ref().and_then(Given::get);
    review::complete(body, before, policy, || false);
    let mut variants = 1;
    for name in body.postgres_configs() {
        let number = known.postgres_configs(body.namespace(), name).len();
        match number {
            0 => drop(notes.missing_configs.insert(name.to_owned())),
            1 => {}
            _ => drop(notes.ambiguous_configs.insert(name.to_owned())),
        }
        variants = variants.max(number);
    }
    let first =
        |name: &str| known.postgres_config(body.namespace(), name, 0).map(|config| &config.parameters);
    let mut prediction = predict(body, &first, policy.stackgres_version)?;
    for variant in 0..variants.min(MOST_VARIANTS) {
        let excuse = |findings: &mut [Finding<'_>]| excuse_fragment(subject, Some(source), findings);
        for error in errors(body, before, (known, variant), policy, &excuse) {
            if !prediction.errors.contains(&error) {
                prediction.errors.push(error);
            }
        }
    }
    Some(prediction)
}

/// What is wrong with the manifest, where this one of several SGPostgresConfigs counts.
fn errors(
    body: &Body<'_>,
    before: Option<&Body<'_>>,
    (known, variant): (&KnownObjects, usize),
    policy: &Policy,
    excuse: &dyn Fn(&mut [Finding<'_>]),
) -> Vec<ManifestError> {
    let configs =
        |name: &str| known.postgres_config(body.namespace(), name, variant).map(|config| &config.parameters);
    let request = Request { before, configs: &configs, ..Request::new(body, review::Origin::File) };
    let mut findings = review::judge(&request, policy);
    excuse(&mut findings);
    findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(ManifestError::from)
        .collect()
}
