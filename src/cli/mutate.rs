//! `syncguard mutate`: fill in the defaults as the webhook would, with comments and layout kept.

use std::{fs, io, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};
use similar::TextDiff;

use super::{
    input::{InputArgs, Manifests, unreadable},
    report::write,
    terminal::tell,
};
use crate::{
    admission::patch,
    input::{Source, documents},
    manifest,
    offline::{KnownObjects, complete, is_meant, rewrite, subjects},
    policy::Policy,
    render::findings::printable_json,
};

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
    #[arg(long, conflicts_with = "check")]
    write: bool,

    /// Change and print nothing; exit code 1 if something would be filled in
    #[arg(long)]
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
    let Manifests { sources, has_failed, .. } = args.input.manifests()?;
    let known = args.input.known(&sources)?;
    if args.output == Format::JsonPatch && !args.write && !args.check {
        let patches = patches(&sources, &known, &policy)?;
        print(&printable_json(format!("{}\n", serde_json::to_string_pretty(&patches)?)))?;
        return Ok(ExitCode::from(if has_failed { 2 } else { 0 }));
    }
    let (mut changed, mut failed) = (false, has_failed);
    let is_stream = args.output == Format::Yaml && !args.write && !args.check;
    let mut previous: Option<Vec<u8>> = None;
    for source in &sources {
        let before = source.read()?;
        let after = match completed(source, &before, &known, &policy) {
            Ok(after) => after,
            // The other files are completed all the same.
            Err(error) if args.write => {
                tell(format_args!("error: {error:#}"));
                failed = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        changed |= before != after;
        if let Some(previous) = previous.filter(|_| is_stream) {
            print(boundary(&previous, &after))?;
        }
        output(args, source, &before, &after)?;
        previous = Some(after);
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

/// A text with the defaults of its objects filled in.
fn completed(source: &Source, text: &[u8], known: &KnownObjects, policy: &Policy) -> Result<Vec<u8>> {
    readable(source, text)?;
    let after = rewrite(text, |_, _, subject| {
        let (inside, operations) = complete::operations(subject, known, policy);
        complete::edits(&inside, operations)
    });
    after.with_context(|| source.label())
}

fn output(args: &Args, source: &Source, before: &[u8], after: &[u8]) -> Result<()> {
    let name = source.label();
    match (&source.path, args.output) {
        _ if args.check => {
            if before != after {
                print(&format!(
                    "{name}: defaults would be filled in; syncguard mutate -o diff shows them\n"
                ))?;
            }
        }
        (Some(path), _) if args.write => {
            if before != after {
                fs::write(path, after).with_context(|| format!("cannot write {name}"))?;
                tell(format_args!("completed {name}"));
            }
        }
        (None, _) if args.write => bail!("--write changes files; standard input is printed without it"),
        (_, Format::Diff) => print(&unified_diff(&name, before, after))?,
        (_, Format::Yaml | Format::JsonPatch) => print(&String::from_utf8_lossy(after))?,
    }
    Ok(())
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

/// The difference of two texts, as `diff -u` shows it; empty where there is none.
pub(super) fn unified_diff(name: &str, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
    diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

/// The JSON Patch of each object that is not complete.
fn patches(sources: &[Source], known: &KnownObjects, policy: &Policy) -> Result<Vec<Value>> {
    let mut patches = Vec::new();
    for source in sources {
        let text = source.read()?;
        readable(source, &text)?;
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
    Ok(patches)
}
