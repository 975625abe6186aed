//! `syncguard serve`: the webhook, from flags to an orderly end.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use rustls::crypto::aws_lc_rs::default_provider;
use time::OffsetDateTime;
use tracing::level_filters::LevelFilter;
use tracing::{error, info};

use super::{
    logs::{self, LogFormat},
    names,
};
use crate::admission::{self, Reply, Webhook};
use crate::certificate::{AllowedClient, Authority, CA_LIFETIME, LEAF_LIFETIME, Name, utc};
use crate::server::{
    CertificateFiles, ClientAuth, Handler, Limits, Options, SelfIssued, Server, Source, run_until_signalled,
};
use crate::settings::{FollowedSettings, Look};

const LONG_ABOUT: &str = "\
Run the admission webhook.

It answers POST /validate and POST /mutate over HTTPS, and GET /healthz and GET /readyz over plain \
HTTP on a second port. Without --tls-cert and --tls-key it issues its own certificate from a CA that \
lives as long as the process, and renews it by itself.

The files of --tls-cert, --tls-key and --client-ca are compared with what is in use every 10 seconds, so a \
renewed certificate or a mounted Secret needs no restart. A bad new one is logged, and the old one stays in use.

With --client-ca only clients with a certificate from that CA are served, and of those only the ones \
that --client-allow names; others get HTTP 403. A client without such a certificate fails the handshake \
(--log-level debug shows why). Health stays open to all.

SIGTERM ends it in order: /readyz turns 503, requests are still answered for the drain delay, then \
what is in flight is finished. Ctrl-C on a terminal skips the delay; a second signal ends at once.";

const EXAMPLES: &str = "\
Examples:
  syncguard serve --listen 127.0.0.1:8443 --ca-out ca.crt
      on this machine only; `curl --cacert ca.crt https://localhost:8443/validate` trusts it
  syncguard serve --tls-cert certs/tls.crt --tls-key certs/tls.key
      with the certificate that `syncguard certs` wrote
  syncguard serve --tls-cert /tls/tls.crt --tls-key /tls/tls.key \\
      --client-ca /clients/ca.crt --client-allow kube-apiserver
      with a mounted Secret, for the API server alone
  syncguard serve --listen [::]:8443 --health-listen [::]:8080 --log-format json
      in a cluster, IPv6 included";

/// The review that the example command sends; it lies in the repository.
const EXAMPLE_REVIEW: &str = "examples/strict-sync-all.review.json";

/// The flags of `syncguard serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(about = "Run the admission webhook", long_about = LONG_ABOUT, after_long_help = EXAMPLES)]
pub struct Args {
    /// Where the webhook listens for HTTPS; `:8443` means all IPv4 addresses.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8443", value_parser = parse_address)]
    pub listen: SocketAddr,

    /// Where /healthz and /readyz are told over plain HTTP.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8080", value_parser = parse_address)]
    pub health_listen: SocketAddr,

    /// The serving certificate with its chain, in PEM; goes with --tls-key.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// The CA, in PEM, whose client certificates are required; goes with --client-allow.
    #[arg(long, value_name = "FILE", requires = "client_allow")]
    pub client_ca: Option<PathBuf>,

    /// A client that may call: the common name, a DNS name or a URI in its certificate; repeatable.
    ///
    /// `*` alone allows every client of --client-ca.
    #[arg(long, value_name = "NAME", requires = "client_ca")]
    pub client_allow: Vec<AllowedClient>,

    /// The oldest version of TLS to speak.
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = TlsVersion::V13)]
    pub tls_min_version: TlsVersion,

    /// A name or IP address for the self-issued certificate; repeatable.
    ///
    /// By default: localhost, its two loopback addresses and the host name.
    #[arg(long = "dns-name", value_name = "NAME", conflicts_with = "tls_cert")]
    pub dns_names: Vec<Name>,

    /// Write the CA of the self-issued certificate here, for `curl --cacert` or a caBundle.
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    pub ca_out: Option<PathBuf>,

    /// Severities of rules, enforcement and more, followed without a restart; the same file as for validate
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,

    /// How long requests are still accepted after SIGTERM, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub drain_delay: u32,

    /// How log lines are written on stderr.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// The least severe log lines to write: off, error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value_t = LevelFilter::INFO)]
    pub log_level: LevelFilter,
}

/// The oldest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[value(name = "1.2")]
    V12,
    /// TLS 1.3.
    #[value(name = "1.3")]
    V13,
}

/// Runs `syncguard serve` until it is told to stop.
///
/// # Errors
/// When the certificate is unusable, a port cannot be had, or a second signal cuts the end short.
pub fn run(args: Args) -> Result<ExitCode> {
    logs::init(args.log_format, args.log_level);
    // Fails only if there is one already, which is then the one that everybody uses.
    let _ = default_provider().install_default();
    log_panics_without_their_message();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(args));
    // An answer that never ends must not keep the process from ending.
    runtime.shutdown_background();
    result.map(|()| ExitCode::SUCCESS)
}

async fn serve(args: Args) -> Result<()> {
    let settings = Arc::new(FollowedSettings::read(args.settings.as_deref())?);
    let options = Options {
        listen: args.listen,
        health_listen: args.health_listen,
        source: source(&args, OffsetDateTime::now_utc())?,
        clients: clients(&args),
        tls12: args.tls_min_version == TlsVersion::V12,
        drain_delay: Duration::from_secs(args.drain_delay.into()),
        limits: Limits::default(),
    };
    let server = Server::bind(options, Arc::new(Judge { settings: Arc::clone(&settings) })).await?;
    tokio::spawn(follow(settings));
    announce(&args, &server);
    run_until_signalled(server).await?;
    Ok(())
}

/// How often the settings file is looked at, as often as the certificates'.
const SETTINGS_CHECK: Duration = Duration::from_secs(10);

/// Takes changes of the settings file for as long as the process runs.
async fn follow(settings: Arc<FollowedSettings>) {
    let mut ticks = tokio::time::interval(SETTINGS_CHECK);
    loop {
        ticks.tick().await;
        match settings.look() {
            Look::Unchanged => {}
            Look::Taken => info!("the settings have changed, and the new ones are in use"),
            Look::Refused(error) => error!(%error, "the settings have changed; the old ones stay in use"),
        }
    }
}

/// Connects the server to admission.
struct Judge {
    settings: Arc<FollowedSettings>,
}

impl Handler for Judge {
    fn answer(&self, webhook: Webhook, body: &[u8]) -> Reply {
        admission::reply(webhook, body, &self.settings.current())
    }

    fn panicked(&self, _: Webhook, body: &[u8]) -> Reply {
        admission::reply_to_panic(body)
    }
}

fn source(args: &Args, now: OffsetDateTime) -> Result<Source> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return Ok(Source::Files(CertificateFiles::new(certificate.clone(), key.clone())));
    }
    let authority = Authority::issue(CA_LIFETIME, now)?;
    if let Some(path) = &args.ca_out {
        fs::write(path, authority.certificate())
            .with_context(|| format!("cannot write the CA to --ca-out {}", path.display()))?;
    }
    let names = if args.dns_names.is_empty() { names::local() } else { args.dns_names.clone() };
    Ok(Source::SelfIssued(Box::new(SelfIssued { authority, names, lifetime: LEAF_LIFETIME })))
}

fn clients(args: &Args) -> Option<ClientAuth> {
    args.client_ca.as_ref().map(|ca| ClientAuth::new(ca.clone(), args.client_allow.clone()))
}

fn parse_address(text: &str) -> Result<SocketAddr> {
    let complete = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    let wrong = || anyhow!("expected ADDRESS:PORT, as in 127.0.0.1:8443, [::]:8443 or :8443");
    complete.to_socket_addrs().map_err(|_| wrong())?.next().ok_or_else(wrong)
}

/// A panic's message may quote what it stumbled over, which can be somebody's manifest.
fn log_panics_without_their_message() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "internal error (panic): please report it with this place");
    }));
}

fn announce(args: &Args, server: &Server) {
    let certificate = server.certificates().current();
    info!(https = %server.https_address(), health = %server.health_address(), "listening");
    info!(
        sha256 = %certificate.fingerprint(),
        valid_until = %utc(certificate.not_after()),
        names = %certificate.names().join(","),
        "certificate"
    );
    if !certificate.is_valid_at(OffsetDateTime::now_utc()) {
        error!("the certificate is not valid now: clients will refuse it, and /readyz answers 503");
    }
    if args.log_format == LogFormat::Text {
        anstream::eprintln!("{}", example(args, server.https_address().port(), certificate.names()));
    }
}

/// A command that sends the documentation's example.
fn example(args: &Args, port: u16, names: &[String]) -> String {
    let mut command = "Try it:\n  curl".to_owned();
    let is_local = names.is_empty() || names.iter().any(|name| name == "localhost");
    let host = if is_local { "localhost" } else { names[0].as_str() };
    // Writing to a String cannot fail.
    let _ = match (&args.ca_out, &args.tls_cert) {
        (Some(ca), _) => write!(command, " --cacert {}", ca.display()),
        (None, Some(certificate)) => {
            write!(command, " --cacert {}", certificate.with_file_name("ca.crt").display())
        }
        // Nobody has the CA of this certificate; --ca-out would write it.
        (None, None) => write!(command, " --insecure"),
    };
    if args.client_ca.is_some() {
        let _ = write!(command, " --cert CLIENT.crt --key CLIENT.key");
    }
    if !is_local {
        let _ = write!(command, " --connect-to {host}:{port}:127.0.0.1:{port}");
    }
    let _ = write!(command, " -H 'Content-Type: application/json' \\\n    ");
    let _ = write!(command, "--data-binary @{EXAMPLE_REVIEW} https://{host}:{port}/validate");
    command
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn parse(flags: &str) -> Result<Args, clap::Error> {
        Command::try_parse_from(["serve"].into_iter().chain(flags.split_whitespace()))
            .map(|command| command.args)
    }

    #[test]
    fn addresses_may_leave_the_host_out() {
        for (text, expected) in
            [(":8443", "0.0.0.0:8443"), ("127.0.0.1:0", "127.0.0.1:0"), ("[::]:8443", "[::]:8443")]
        {
            assert_eq!(parse(&format!("--listen {text}")).unwrap().listen.to_string(), expected);
        }
        for text in ["8443", "", "127.0.0.1", "127.0.0.1:70000"] {
            let error = parse_address(text).unwrap_err().to_string();
            assert!(error.contains("ADDRESS:PORT"), "{text}: {error}");
        }
    }

    #[test]
    fn a_certificate_comes_with_its_key_or_not_at_all() {
        for flags in ["--tls-cert a", "--tls-key a", "--tls-cert a --tls-key b --ca-out c"] {
            assert!(parse(flags).is_err(), "{flags} was accepted");
        }
        assert!(parse("--tls-cert a --tls-key b").is_ok());
    }

    #[test]
    fn clients_are_known_by_a_ca_and_a_name() {
        for flags in ["--client-ca a", "--client-allow b", "--client-ca a --client-allow system:*"] {
            assert!(parse(flags).is_err(), "{flags} was accepted");
        }
        assert!(parse("--client-ca a --client-allow b --client-allow *").is_ok());
    }

    /// The example command for these flags and certificate names holds these words.
    fn check_example(flags: &str, names: &[&str], words: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let text = example(&parse(flags).unwrap(), 8443, &names);
        for word in words {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn the_example_command_fits_the_certificate() {
        check_example("", &["localhost"], &["--insecure", "https://localhost:8443/validate"]);
        check_example("--ca-out /tmp/ca.crt", &["localhost"], &["--cacert /tmp/ca.crt"]);
        let clients = "--client-ca ca.crt --client-allow *";
        check_example(clients, &["localhost"], &["--cert CLIENT.crt --key CLIENT.key"]);
        let given = "--tls-cert certs/tls.crt --tls-key certs/tls.key";
        let words =
            ["--cacert certs/ca.crt", "--connect-to a.svc:8443:127.0.0.1:8443", "https://a.svc:8443/"];
        check_example(given, &["a.svc"], &words);
    }
}
