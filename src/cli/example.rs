//! `syncguard example`: manifests to try everything on, from anywhere.

use std::{io, process::ExitCode};

use anyhow::{Result, anyhow};
use include_dir::{Dir, include_dir};

use super::report::write;
use syncguard_core::spelling::{did_you_mean, nearest};

const EXAMPLES: &str = "\
Examples:
  syncguard example                                        every example, a line each
  syncguard example three-nodes > cluster.yaml             one of them, to begin with
  syncguard example autoscaling | syncguard explain        what becomes of it
  syncguard example review | curl --data-binary @- …       what an API server sends to the webhook";

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/examples");

/// The page that says what each of them is for.
const CONTENTS: &str = include_str!("../../examples/README.md");

/// What `example` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which one; none: a list of them
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs `example`.
///
/// # Errors
///
/// No example has the name; the error names the nearest one.
pub fn run(args: &Args) -> Result<ExitCode> {
    let text = match &args.name {
        None => list(),
        Some(name) => {
            let found = all().find(|example| example.name == *name).map(|example| example.text);
            found.map(str::to_owned).ok_or_else(|| {
                let near = did_you_mean(nearest(name, all().map(|example| example.name)));
                anyhow!("no example is called {name:?} (`syncguard example` lists them){near}")
            })?
        }
    };
    write(&mut io::stdout().lock(), &text)?;
    Ok(ExitCode::SUCCESS)
}

struct Example {
    name: &'static str,
    /// What it shows.
    about: &'static str,
    text: &'static str,
}

/// Every example, in the order of the page about them.
fn all() -> impl Iterator<Item = Example> {
    CONTENTS.lines().filter_map(|line| {
        let (file, rest) = line.strip_prefix("| [")?.split_once(']')?;
        let about = rest.split(" | ").nth(1)?;
        Some(Example { name: name_of(file), about, text: FILES.get_file(file)?.contents_utf8()? })
    })
}

/// What a file is called here: there is one review.
fn name_of(file: &'static str) -> &'static str {
    if file.ends_with(".review.json") { "review" } else { file.trim_end_matches(".yaml") }
}

fn list() -> String {
    let width = all().map(|example| example.name.len()).max().unwrap_or_default();
    let line = |Example { name, about, .. }: Example| format!("{name:width$}  {about}\n");
    all().map(line).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_example_with_a_name_and_a_line_about_it() {
        let named: Vec<_> = all().map(|example| example.name).collect();
        for file in FILES.files() {
            let name = file.path().to_str().unwrap();
            if name != "README.md" {
                assert!(named.contains(&name_of(name)), "{name} is not in examples/README.md");
            }
        }
        for Example { name, about, text } in all() {
            assert!(!about.is_empty() && !text.is_empty(), "{name} has a line and a text");
        }
    }
}
