//! The program: parse, run, exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use syncguard::{
    causes::in_full,
    cli::{Cli, tell},
};

fn main() -> ExitCode {
    let outcome = Cli::try_parse().map_or_else(|said| shown(&said), Cli::run);
    outcome.unwrap_or_else(|error| {
        tell(format_args!("error: {}", in_full(error.as_ref())));
        ExitCode::from(2)
    })
}

/// Prints help, the version, or what is wrong with the arguments.
fn shown(said: &clap::Error) -> anyhow::Result<ExitCode> {
    let written = said.print().and_then(|()| io::stdout().flush());
    match written {
        // Where standard error takes nothing, the exit code says it all.
        Err(error) if !said.use_stderr() && error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write the result"))
        }
        _ => Ok(ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2))),
    }
}
