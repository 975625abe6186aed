//! `syncguard mutate`: fill in the defaults as the webhook would, with comments and layout kept.

use std::{io, process::ExitCode};

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::{
    diff,
    input::{InputArgs, Manifests, unreadable},
    report::write,
    save::save,
    terminal::tell,
};
use crate::{causes::in_full, webhook::patch};
use syncguard_core::policy::Policy;
use syncguard_lint::{
    KnownObjects, Rewritten, complete, is_meant, pieces::documents, render::findings::printable_json,
    rewrite, source::Source, subjects,
};
use syncguard_manifest as manifest;

const EXAMPLES: &str = "\
Examples:
  syncguard mutate db.yaml                 the completed manifest
  syncguard mutate -o diff .               what would be filled in
  syncguard mutate --write db.yaml         in place, comments and layout kept
  syncguard mutate --check .               exit code 1 if something is missing";

/// What `mutate` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// What is printed
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: Format,

    /// Change the files instead of printing
    #[arg(long, conflicts_with_all = ["check", "output"])]
    write: bool,

    /// Change and print nothing; exit code 1 if something would be filled in
    #[arg(long, conflicts_with = "output")]
    check: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The whole text, completed
    Yaml,
    /// A unified diff
    Diff,
    /// The JSON Patch of each object
    JsonPatch,
}

/// Runs `mutate`.
///
/// # Errors
///
/// Wrong settings, input that cannot be read, or a layout that cannot be edited in place.
pub fn run(args: &Args) -> Result<ExitCode> {
    let policy = args.input.policy()?;
    let manifests = args.input.manifests()?;
    manifests.tell_left_out();
    let Manifests { sources, has_failed, .. } = manifests;
    let known = args.input.known(&sources)?;
    if args.output == Format::JsonPatch && !args.write && !args.check {
        let (patches, all) = patches(&sources, &known, &policy);
        print(&printable_json(format!("{}\n", serde_json::to_string_pretty(&patches)?)))?;
        return Ok(ExitCode::from(if has_failed || !all { 2 } else { 0 }));
    }
    if args.write && sources.iter().any(|source| source.path.is_none()) {
        bail!("--write changes files; standard input is printed without it");
    }
    let (mut changed, mut failed) = (false, has_failed);
    let mut previous: Option<Vec<u8>> = None;
    for source in &sources {
        let (before, rewritten) = match completed(source, &known, &policy) {
            Ok(completed) => completed,
            // The others are completed all the same.
            Err(error) => {
                tell(format_args!("error: {}", in_full(error.as_ref())));
                failed = true;
                continue;
            }
        };
        for failure in &rewritten.failures {
            tell(format_args!("error: {}: {}", source.label(), in_full(failure)));
            failed = true;
        }
        changed |= !rewritten.splices.is_empty();
        failed |= !output(args, source, &before, &rewritten, &mut previous)?;
    }
    Ok(ExitCode::from(if failed { 2 } else { u8::from(args.check && changed) }))
}

/// Refuses a text that is meant and cannot be read: nobody can say what is missing in it.
fn readable(source: &Source, text: &[u8]) -> Result<()> {
    for (bytes, line) in documents(text) {
        let fault = manifest::decode(bytes).map(|text| manifest::parse(text).error);
        let is_meant = |_: &_| is_meant(source, &String::from_utf8_lossy(bytes));
        if let Some(error) = fault.unwrap_or_else(Some).filter(is_meant) {
            return Err(unreadable(&source.label(), bytes, line, &error));
        }
    }
    Ok(())
}

/// A text, and the defaults that are filled into its objects.
fn completed(source: &Source, known: &KnownObjects, policy: &Policy) -> Result<(Vec<u8>, Rewritten)> {
    let text = source.read()?;
    readable(source, &text)?;
    let rewritten = rewrite(&text, |_, _, subjects| {
        let edits = |subject| {
            let (inside, operations) = complete::operations(subject, known, policy);
            complete::in_document(&inside, operations)
        };
        subjects.iter().flat_map(edits).collect()
    });
    Ok((text, rewritten))
}

/// Does with a text what the arguments say. A file that cannot be written is told, and is no success.
fn output(
    args: &Args,
    source: &Source,
    before: &[u8],
    rewritten: &Rewritten,
    previous: &mut Option<Vec<u8>>,
) -> Result<bool> {
    let name = source.label();
    let is_complete = rewritten.splices.is_empty();
    if args.check {
        if !is_complete {
            print(&format!("{name}: defaults would be filled in; syncguard mutate -o diff shows them\n"))?;
        }
    } else if let (true, Some(path)) = (args.write, &source.path) {
        if !is_complete {
            if let Err(error) = save(path, before, &rewritten.apply(before)) {
                tell(format_args!("error: cannot write {name}: {error}"));
                return Ok(false);
            }
            tell(format_args!("completed {name}"));
        }
    } else if args.output == Format::Diff {
        print(&diff::unified(&name, before, rewritten))?;
    } else {
        let after = rewritten.apply(before);
        if let Some(previous) = previous {
            print(boundary(previous, &after))?;
        }
        print(&String::from_utf8_lossy(&after))?;
        *previous = Some(after);
    }
    Ok(true)
}

/// What must stand between two texts, so that they are documents of one stream.
fn boundary(before: &[u8], after: &[u8]) -> &'static str {
    match (before.is_empty() || before.ends_with(b"\n"), after.starts_with(b"---")) {
        (true, true) => "",
        (true, false) => "---\n",
        (false, true) => "\n",
        (false, false) => "\n---\n",
    }
}

fn print(text: &str) -> Result<()> {
    write(&mut io::stdout().lock(), text)
}

/// The JSON Patch of each object that is not complete, and whether all could be read.
fn patches(sources: &[Source], known: &KnownObjects, policy: &Policy) -> (Vec<Value>, bool) {
    let (mut patches, mut all) = (Vec::new(), true);
    for source in sources {
        let text =
            match source.read().map_err(Into::into).and_then(|text| readable(source, &text).map(|()| text)) {
                Ok(text) => text,
                Err(error) => {
                    tell(format_args!("error: {}", in_full(error.as_ref())));
                    all = false;
                    continue;
                }
            };
        for (bytes, _) in documents(&text) {
            let Ok(text) = manifest::decode(bytes) else { continue };
            for document in &manifest::parse(text).documents {
                for subject in subjects(document) {
                    let (inside, operations) = complete::operations(&subject, known, policy);
                    if !operations.is_empty() {
                        let patch = patch::patch(&operations);
                        let mut object = json!({ "object": inside.name(), "patch": patch });
                        if let Some(name) = &source.name {
                            object["file"] = json!(**name);
                        }
                        patches.push(object);
                    }
                }
            }
        }
    }
    (patches, all)
}
