//! `syncguard schema`: JSON schemas for editors, and CRDs for an API server without the operator.

use std::{io, process::ExitCode};

use anyhow::Result;
use clap::ValueEnum;

use super::report::write;
use crate::settings;
use syncguard_lint::render::{crd::crds, findings};

const EXAMPLES: &str = "\
Examples:
  syncguard schema settings > settings.schema.json     for an editor: # yaml-language-server: $schema=…
  syncguard schema crd | kubectl apply -f -            the CRDs, as far as they are judged, for a test cluster";

/// What `schema` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which one
    #[arg(value_name = "WHICH")]
    which: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The custom resource definitions of what is judged
    Crd,
    /// What validate and audit write with -o json
    Report,
    /// The settings file
    Settings,
}

/// Runs `schema`.
///
/// # Errors
///
/// Standard output is full or gone.
pub fn run(args: &Args) -> Result<ExitCode> {
    let schema = match args.which {
        Which::Crd => crds(),
        Which::Report => findings::schema(),
        Which::Settings => settings::schema(),
    };
    write(&mut io::stdout().lock(), &format!("{schema:#}\n"))?;
    Ok(ExitCode::SUCCESS)
}
