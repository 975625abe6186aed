//! The program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use syncguard::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        anstream::eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
