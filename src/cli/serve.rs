//! `syncguard serve`: the webhook, from flags to an orderly end.

mod announce;
mod args;
mod handler;

use std::fs;
use std::num::NonZero;
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kube::Client;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tracing::{error, info};

use super::{
    logs::{self, LogFormat},
    names,
};
use crate::{
    causes::in_full,
    certificates::{
        AllowedClient, Authority, CA_LIFETIME, CaSource, CertificateConfig, CertificateFiles,
        CertificateSource, Checks, LEAF_LIFETIME, Lifetimes, Name, SelfIssued, ServingCertificate, Trust,
        maintain_certificates,
    },
    files::ticks,
    http::{ClientAuth, Limits, Options, Server, run_until_signalled},
    kubernetes::{self, Watches},
    metrics::Metrics,
    settings::{FollowedSettings, Look},
};
pub use args::{Args, TlsVersion};
use handler::{MOST_ASKING, WebhookHandler};

/// Runs `syncguard serve` until it is told to stop.
///
/// # Errors
/// When the certificate is unusable, a port cannot be had, or a second signal cuts the end short.
pub fn run(args: Args) -> Result<ExitCode> {
    let log_format = args.log_format;
    logs::init(log_format, args.log_level);
    log_panics_without_their_message();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()?;
    let result = runtime.block_on(serve(args));
    // An answer that never ends must not keep the process from ending.
    runtime.shutdown_background();
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Where lines are read by a program, the last one is too.
        Err(reason) if log_format == LogFormat::Json => {
            error!(error = %in_full(reason.as_ref()), "cannot serve");
            Ok(ExitCode::from(2))
        }
        Err(reason) => Err(reason),
    }
}

/// The most threads that judge, on a machine of any size: each may be busy with a review of the largest kind, and has memory
/// of its own that the allocator keeps for it.
const MOST_WORKERS: usize = 4;

/// Threads for what waits for a disk or a name server.
const BLOCKING_THREADS: usize = 4;

fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS)
}

async fn serve(args: Args) -> Result<()> {
    let settings = Arc::new(FollowedSettings::read(args.settings.as_deref())?);
    let metrics = Arc::<Metrics>::default();
    let client = kubernetes::client(args.kubeconfig.as_deref()).await?;
    let certificate_config = certificate_config(&args, client.as_ref())?;
    let trust = certificate_config.is_some().then(Arc::<Trust>::default);
    let options = Options {
        listen: args.listen,
        health_listen: args.health_listen,
        source: source(&args, OffsetDateTime::now_utc())?,
        clients: clients(&args)?,
        tls12: args.tls_min_version == TlsVersion::V12,
        drain_delay: Duration::from_secs(args.drain_delay.into()),
        limits: Limits::default().of_this_system(),
        checks: Checks::default(),
        metrics: Arc::clone(&metrics),
    };
    let watches = watches(client.clone(), &metrics);
    let followed = watches.clone();
    let judge = WebhookHandler {
        settings: Arc::clone(&settings),
        watches,
        asking: Semaphore::new(MOST_ASKING),
        trust: trust.clone(),
    };
    let mut server = Server::bind(options, Arc::new(judge)).await?;
    if let Some(watches) = followed {
        let telling = kubernetes::tell_of_unsound(Arc::clone(&watches), Arc::clone(&settings), identity());
        server.keep_running(telling);
        server.keep_running(kubernetes::follow(watches));
    }
    server.keep_running(follow(settings));
    if let (Some(client), Some(certificate_config), Some(trust)) = (client, certificate_config, trust) {
        let certificates = server.certificates();
        server.keep_running(maintain_certificates(client, certificate_config, certificates, trust, metrics));
    }
    announce::announce(&args, &server);
    run_until_signalled(server).await?;
    Ok(())
}

/// Takes changes of the settings file for as long as the process runs.
async fn follow(settings: Arc<FollowedSettings>) {
    // As often as the certificates' files.
    let mut ticks = ticks(Checks::default().files);
    loop {
        ticks.tick().await;
        match settings.look().await {
            Look::Unchanged => {}
            Look::Taken => info!("settings reloaded"),
            Look::Refused(error) => {
                error!(error = %in_full(&error), "settings reload failed; keeping the current settings");
            }
        }
    }
}

/// What is stored in the cluster; none without access to an API server.
fn watches(client: Option<Client>, metrics: &Arc<Metrics>) -> Option<Arc<Watches>> {
    let Some(client) = client else {
        info!(
            "no access to an API server: requests to /scale are answered with 503, and SGPostgresConfigs are not \
             seen; --kubeconfig FILE gives access"
        );
        return None;
    };
    Some(Arc::new(Watches::new(client, Arc::clone(metrics))))
}

/// What is looked after in the cluster; none where the flags ask for nothing.
fn certificate_config(args: &Args, client: Option<&Client>) -> Result<Option<CertificateConfig>> {
    let Some(configuration) = args.webhook_configuration.clone() else { return Ok(None) };
    let ca_source = match (&args.ca_secret, &args.ca_bundle) {
        (Some(name), _) => CaSource::Secret(name.clone()),
        (None, Some(file)) => CaSource::Bundle(file.clone()),
        (None, None) => CaSource::Nothing,
    };
    let Some(client) = client else {
        bail!("--webhook-configuration needs access to an API server: run in a pod, or give --kubeconfig");
    };
    let namespace = client.default_namespace().to_owned();
    Ok(Some(CertificateConfig {
        names: service_names(args, &namespace)?,
        namespace,
        ca_source,
        configuration,
        lease: args.lease.clone(),
        identity: identity(),
        lifetimes: Lifetimes {
            authority: args.ca_lifetime,
            leaf: args.leaf_lifetime,
            settle: args.ca_settle,
        },
    }))
}

/// What the API server calls a webhook behind a Service, and what else was asked for.
fn service_names(args: &Args, namespace: &str) -> Result<Vec<Name>> {
    let Some(service) = &args.service else { return Ok(Vec::new()) };
    let name = format!("{service}.{namespace}.svc");
    let of_service = [name.clone(), format!("{name}.cluster.local")];
    let parsed: Result<Vec<Name>, _> = of_service.iter().map(|name| name.parse()).collect();
    let mut names = parsed.with_context(|| format!("--service {service}"))?;
    names.extend(args.dns_names.iter().cloned());
    Ok(names)
}

/// What this replica is called: the pod's name, which a pod's host name is too.
fn identity() -> String {
    std::env::var("POD_NAME").ok().or_else(names::host_name).unwrap_or_else(|| "syncguard".to_owned())
}

fn source(args: &Args, now: OffsetDateTime) -> Result<CertificateSource> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return Ok(CertificateSource::Files(CertificateFiles::new(certificate.clone(), key.clone())));
    }
    let authority = Authority::issue(CA_LIFETIME, now)?;
    let names = if args.dns_names.is_empty() { names::local() } else { args.dns_names.clone() };
    if args.ca_secret.is_some() {
        // Shown until the shared CA is there, and trusted by nobody: /readyz says so.
        let pair = authority.issue_leaf(&names, LEAF_LIFETIME, now)?;
        return Ok(CertificateSource::Given(ServingCertificate::from_pem(&pair)?));
    }
    if let Some(path) = &args.ca_out {
        fs::write(path, authority.certificate())
            .with_context(|| format!("cannot write the CA to --ca-out {}", path.display()))?;
    }
    Ok(CertificateSource::SelfIssued(Box::new(SelfIssued { authority, names, lifetime: LEAF_LIFETIME })))
}

fn clients(args: &Args) -> Result<Option<ClientAuth>> {
    if args.client_allow.contains(&AllowedClient::Any) && args.client_allow.len() > 1 {
        bail!(
            "--client-allow '*' lets every client of --client-ca in, whatever names stand beside it: leave one of them out"
        );
    }
    Ok(args.client_ca.as_ref().map(|ca| ClientAuth::new(ca.clone(), args.client_allow.clone())))
}

/// A panic's message may quote what it stumbled over, which can be somebody's manifest.
fn log_panics_without_their_message() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "internal error (panic): please report it with this place");
    }));
}
