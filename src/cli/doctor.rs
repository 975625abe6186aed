//! `syncguard doctor`: find why the webhook is not called, or fails.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::json;

use super::input::settings;
use super::report::write;
use crate::{
    doctor::{self, CheckResult, Outcome},
    kubernetes,
};
use syncguard_core::rule::printable;

const LONG_ABOUT: &str = "\
Find why the webhook is not called, or fails.

It looks at the webhook configurations, the Service and the pods behind it, the certificate and the clocks, and sends \
two clusters through the API server as dry runs: a sound one and an unsound one. Nothing is stored. It also looks for the \
service account that the settings name as the operator's, whose writes are never denied.

Whoever runs it must be allowed to list webhook configurations and to create SGClusters, which syncguard's own pods are \
not; what else may not be read is said to be unknown.";

const EXAMPLES: &str = "\
Examples:
  syncguard doctor                    the installation called syncguard, probed in the current namespace
  syncguard doctor -n payments        whether clusters of that namespace are judged
  syncguard doctor -o json            for programs

Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage or no access.";

/// What `doctor` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(about = "Find why the webhook is not called, or fails", long_about = LONG_ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The namespace that the probes are for
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,

    /// The name of both webhook configurations
    #[arg(long, value_name = "NAME", default_value = "syncguard")]
    webhook_configuration: String,

    /// The API server, by a kubeconfig; else $KUBECONFIG, ~/.kube/config or the pod's service account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// The settings that the webhook uses; else those in the ConfigMap of the chart
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// How the checks are written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line each
    Text,
    /// One JSON object
    Json,
}

/// Runs `doctor`.
///
/// # Errors
///
/// Settings that cannot be used, or an API server that is not to be reached, or does not let us read its webhook configurations.
pub fn run(args: &Args) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let checks = runtime.block_on(examine(args))?;
    let text = match args.output {
        Format::Text => checks.iter().map(line).collect(),
        Format::Json => format!("{:#}\n", json!({ "checks": checks })),
    };
    write(&mut io::stdout().lock(), &text)?;
    let is_wrong = checks.iter().any(|check| check.outcome == Outcome::Wrong);
    Ok(ExitCode::from(u8::from(is_wrong)))
}

async fn examine(args: &Args) -> Result<Vec<CheckResult>> {
    let settings = args.settings.as_deref().map(|file| settings(Some(file), false)).transpose()?;
    let operator_account = settings.as_ref().map(|settings| settings.policy.operator_account.as_str());
    let client = kubernetes::any_client(args.kubeconfig.as_deref()).await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    let seen = doctor::examine(&client, &args.webhook_configuration, &namespace, operator_account).await;
    let seen = seen.context("the API server was to show the installation")?;
    Ok(doctor::diagnose(&seen))
}

fn line(check: &CheckResult) -> String {
    let CheckResult { check: name, outcome, message, help } = check;
    let help = if help.is_empty() { String::new() } else { format!("; {help}") };
    // The API server quotes others, and what they say may be many lines.
    let text: String = printable(format!("{message}{help}"));
    format!("{:<8}{name:<13} {text}\n", outcome.name())
}
