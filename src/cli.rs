//! The command line: what can be typed, and which command takes it.

pub mod audit;
pub mod certs;
mod diff;
pub mod doctor;
pub mod example;
pub mod explain;
mod input;
mod logs;
pub mod mutate;
mod names;
mod report;
pub mod rule;
mod save;
pub mod schema;
pub mod serve;
mod terminal;
pub mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use terminal::tell;

const LONG_ABOUT: &str = "\
Judges and completes the replication settings of StackGres Postgres clusters (SGCluster, SGShardedCluster): \
as an admission webhook in front of every write, and the same judgment offline for files and pipelines.";

const EXAMPLES: &str = "\
Examples:
  syncguard example autoscaling            a manifest to try the others on
  syncguard validate cluster.yaml          what is wrong with it, and what to change
  helm template . | syncguard validate     the same for what a chart makes
  syncguard explain cluster.yaml           what survives which failure
  syncguard mutate --write cluster.yaml    fill in the defaults, keep the comments
  syncguard rule                           every rule; with an ID one rule's page
  syncguard serve                          the webhook, on a certificate of its own
  syncguard audit -A                       every cluster that is stored
  syncguard doctor                         why the webhook is not called

Exit codes: 0 nothing found, 1 something was, 2 wrong usage or input, 3 no cluster with --fail-if-none.";

/// Everything that can be typed.
#[derive(Debug, Parser)]
#[command(name = "syncguard", version, about, long_about = LONG_ABOUT, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge manifests: what is wrong, where, and what to change
    Validate(validate::Args),
    /// Fill in the defaults, in place or as a patch
    Mutate(mutate::Args),
    /// Say what a cluster will be, and what survives which failure
    Explain(explain::Args),
    /// Show the rules, or one rule's page
    Rule(rule::Args),
    Serve(Box<serve::Args>),
    Certs(certs::Args),
    Audit(Box<audit::Args>),
    Doctor(doctor::Args),
    /// Print a JSON schema, or the CRDs
    Schema(schema::Args),
    /// Print an example to try things on: a manifest, or what an API server sends
    Example(example::Args),
}

impl Cli {
    /// Runs the command. The code is 0 or 1, or 3 with `--fail-if-none`.
    ///
    /// # Errors
    ///
    /// Wrong settings, or input that cannot be read: exit code 2.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Validate(args) => validate::run(&args),
            Command::Mutate(args) => mutate::run(&args),
            Command::Explain(args) => explain::run(&args),
            Command::Rule(args) => rule::run(&args),
            Command::Serve(args) => serve::run(*args),
            Command::Certs(args) => certs::run(&args),
            Command::Audit(args) => audit::run(&args),
            Command::Doctor(args) => doctor::run(&args),
            Command::Schema(args) => schema::run(&args),
            Command::Example(args) => example::run(&args),
        }
    }
}
