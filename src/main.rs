//! The program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use syncguard::{cli::Cli, rule::printable};

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        // The text may hold names of files and pieces of them; it must not command the terminal.
        let shown: String = printable(format!("{error:#}"));
        anstream::eprintln!("error: {shown}");
        ExitCode::from(2)
    })
}
