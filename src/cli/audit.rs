//! `syncguard audit`: judge every cluster that is stored, through the API server, as if it were new today.

mod parents;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use kube::Client;

use super::input::settings;
use super::report::{Report, ReportArgs};
use super::terminal::tell;
use super::validate::set_severities;
use crate::{
    kubernetes::{self, Listed, Pages, Wish},
    settings::{Action, Settings},
};
use parents::{Parent, Parents};
use syncguard_core::view::Kind;
use syncguard_lint::{Judge, KnownObjects, render::findings::counted, source::Source};

const LONG_ABOUT: &str = "\
Judge every stored SGCluster and SGShardedCluster.

Each is judged as the webhook would judge it if it were new today, with the SGPostgresConfig that it names and by the \
same settings: an annotation syncguard.dev/ignore counts only where they say so. It is what the webhook does not say, \
because it lets pass what was so before. Objects are read page by page.";

const EXAMPLES: &str = "\
Examples:
  syncguard audit                            the namespace of the current context
  syncguard audit -A --statistics            all namespaces, and how often each rule spoke
  syncguard audit -A -l tier=gold -o jsonl   clusters with a label, a JSON object a finding

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or no access,
3 no cluster with --fail-if-none.";

/// What `audit` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(about = "Judge every cluster that is stored", long_about = LONG_ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The namespace to look into
    #[arg(short, long, value_name = "NAME", conflicts_with = "all_namespaces")]
    namespace: Option<String>,

    /// Look into all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Only clusters with these labels, as kubectl takes them
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,

    /// The API server, by a kubeconfig; else $KUBECONFIG, ~/.kube/config or the pod's service account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// Settings, the same file as for serve
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// Give a rule another severity: error, warning or off; repeatable
    #[arg(long, value_name = "ID=SEVERITY")]
    severity: Vec<String>,

    #[command(flatten)]
    report: ReportArgs,
}

/// Runs `audit`.
///
/// # Errors
///
/// Wrong settings, or an API server that is not to be reached or does not let us read.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut settings = settings(args.settings.as_deref(), false)?;
    set_severities(&mut settings.policy, &args.severity)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(audit(args, &settings))
}

async fn audit(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let client = kubernetes::any_client(args.kubeconfig.as_deref()).await?;
    let wish = wish(args, &client);
    let known = configs(&client, &wish).await?;
    let with_excerpts = args.report.shows_lines();
    let judge = Judge { policy: &settings.policy, known: &known, inline_ignores: false, with_excerpts };
    let mut report = Report::begin(&args.report)?;
    let mut refused = 0;
    let mut parents = Parents::default();
    for kind in [Kind::ShardedCluster, Kind::Cluster] {
        let mut pages = Pages::of(&client, kind, &wish).await.with_context(|| cannot_list(kind))?;
        while let Some(page) = pages.next().await.with_context(|| cannot_list(kind))? {
            for listed in page {
                let action = settings.enforcement.in_namespace(&listed.namespace);
                let has_errors = judge_one(&judge, kind, listed, &mut parents, &mut report)?;
                refused += usize::from(has_errors && action == Action::Deny);
            }
        }
    }
    let clusters = counted(report.summary.clusters, "stored cluster");
    if report.says_more() {
        tell(format_args!("{refused} of {clusters} would be refused today"));
    }
    report.end()
}

/// Judges one object, and says whether it has errors.
fn judge_one(
    judge: &Judge<'_>,
    kind: Kind,
    listed: Listed,
    parents: &mut Parents,
    report: &mut Report,
) -> Result<bool> {
    let (namespace, name) = (listed.namespace.clone(), listed.name.clone());
    let parent = (kind == Kind::ShardedCluster).then(|| Parent::of(&listed.json)).flatten();
    let source = source(kind, listed);
    let mut refused = false;
    let mut raised = BTreeSet::new();
    for piece in source.pieces()? {
        let mut judged = judge.piece(&source, &piece.map_err(|error| source.unreadable(error))?);
        if kind == Kind::Cluster {
            parents.leave_out(&namespace, &name, &mut judged);
        }
        raised.extend(judged.diagnostics.iter().map(|diagnostic| diagnostic.rule.id));
        judged.summary.files = 1;
        refused |= judged.summary.errors > 0;
        report.take(judged)?;
    }
    if let Some(parent) = parent {
        parents.add(namespace, parent, raised);
    }
    Ok(refused)
}

/// The settings that clusters name: the objects are few, and every page may need each of them.
async fn configs(client: &Client, wish: &Wish) -> Result<KnownObjects> {
    let kind = Kind::PostgresConfig;
    let wish = Wish { labels: None, ..wish.clone() };
    let mut pages = Pages::of(client, kind, &wish).await.with_context(|| cannot_list(kind))?;
    let mut sources = Vec::new();
    while let Some(page) = pages.next().await.with_context(|| cannot_list(kind))? {
        sources.extend(page.into_iter().map(|listed| source(kind, listed)));
    }
    let mut known = KnownObjects::default();
    known.look_through(&sources);
    Ok(known)
}

/// An object as a text that has the name by which people know it.
fn source(kind: Kind, listed: Listed) -> Source {
    let name = format!("{}/{}/{}", listed.namespace, kind.resource(), listed.name);
    Source::of_text(&name, listed.json)
}

fn wish(args: &Args, client: &Client) -> Wish {
    let named = || args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    Wish { namespace: (!args.all_namespaces).then(named), labels: args.selector.clone() }
}

fn cannot_list(kind: Kind) -> String {
    format!("cannot list {}", kind.resource())
}
