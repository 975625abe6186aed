//! What can be typed after `syncguard serve`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use time::Duration;
use tracing::level_filters::LevelFilter;

use crate::{
    certificates::{AllowedClient, Name},
    cli::logs::LogFormat,
};

const LONG_ABOUT: &str = "\
Run the admission webhook.

It answers POST /validate and POST /mutate over HTTPS, and GET /healthz, /readyz and /metrics over plain \
HTTP on a second port. Without --tls-cert and --tls-key it issues its own certificate from a CA that \
lives as long as the process, and renews it by itself.

The files of --tls-cert, --tls-key and --client-ca are compared with what is in use every 10 seconds, so a \
renewed certificate or a mounted Secret needs no restart. A bad new one is logged, and the old one stays in use.

With --ca-secret all replicas share one CA in a Secret; each issues its own certificate from it, in memory only. They \
see to it that both webhook configurations trust it, replace it in stages before it ends, and put right what \
somebody else writes there. --ca-bundle does the last part for a certificate from files.

With --client-ca only clients with a certificate from that CA are served, and of those only the ones \
that --client-allow names; others get HTTP 403. A client without such a certificate fails the handshake \
(--log-level debug shows why). Health stays open to all.

In a pod, or with --kubeconfig, it watches SGClusters, SGShardedClusters and SGPostgresConfigs. Only then can it \
judge kubectl scale, judge what a change of an SGPostgresConfig does to the clusters that use it, and tell where a \
cluster and its SGPostgresConfig, written at the same moment, are unsound together; without access to an API server \
a scale request is answered with HTTP 503, so that failurePolicy decides.

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
  syncguard serve --listen [::]:8443 --health-listen [::]:8080 --log-format json \\
      --ca-secret syncguard-ca --service syncguard --webhook-configuration syncguard
      in a cluster, IPv6 included";

/// The flags of `syncguard serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(about = "Run the admission webhook", long_about = LONG_ABOUT, after_long_help = EXAMPLES)]
pub struct Args {
    /// Where the webhook listens for HTTPS; `:8443` means all IPv4 addresses.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8443", value_parser = parse_address)]
    pub listen: SocketAddr,

    /// Where /healthz, /readyz and /metrics are told over plain HTTP.
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

    /// The API server to watch, by a kubeconfig; in a pod its service account is enough.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Keep a CA that all replicas share in this Secret, and issue this replica's certificate from it.
    ///
    /// Needs --service and --webhook-configuration. The CA is replaced in stages, long before it ends.
    #[arg(long, value_name = "NAME", requires_all = ["service", "webhook_configuration"], conflicts_with_all = ["tls_cert", "ca_out"])]
    pub ca_secret: Option<String>,

    /// The Service in front of the replicas, which the shared CA's certificates are for.
    #[arg(long, value_name = "NAME", requires = "ca_secret")]
    pub service: Option<String>,

    /// The CA of --tls-cert, in PEM, to be written into the webhook configurations.
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "webhook_configuration"])]
    pub ca_bundle: Option<PathBuf>,

    /// The name of the webhook configurations whose caBundle is looked after.
    ///
    /// It is written with --ca-secret or --ca-bundle, and else only looked at: not ready until it verifies the
    /// certificate.
    #[arg(long, value_name = "NAME")]
    pub webhook_configuration: Option<String>,

    /// The Lease of the one replica that writes.
    #[arg(long, value_name = "NAME", default_value = "syncguard")]
    pub lease: String,

    /// How long a CA of --ca-secret is valid: `365d`, `12h`, `90s`.
    #[arg(long, value_name = "TIME", default_value = "365d", value_parser = parse_lifetime)]
    pub ca_lifetime: Duration,

    /// How long a certificate from it is valid; it is renewed at two thirds of that.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_lifetime)]
    pub leaf_lifetime: Duration,

    /// How long a new CA is known to the API server before it signs.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_lifetime)]
    pub ca_settle: Duration,

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

pub(super) fn parse_address(text: &str) -> Result<SocketAddr> {
    let complete = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    let wrong = || anyhow!("expected ADDRESS:PORT, as in 127.0.0.1:8443, [::]:8443 or :8443");
    complete.to_socket_addrs().map_err(|_| wrong())?.next().ok_or_else(wrong)
}

/// The longest life, in seconds: a century. Beyond it lie typing errors, and dates that no client can read.
const LONGEST_LIFETIME: u64 = 36_500 * 86_400;

/// `365d`, `12h`, `1h30m` or `90s`.
fn parse_lifetime(text: &str) -> Result<Duration> {
    let lifetime = humantime::parse_duration(text).ok();
    let lifetime = lifetime.filter(|lifetime| (1..=LONGEST_LIFETIME).contains(&lifetime.as_secs()));
    let wrong = || anyhow!("expected a time of 1s to 36500d, as in 365d, 12h, 1h30m or 90s");
    Ok(lifetime.ok_or_else(wrong)?.try_into()?)
}

#[cfg(test)]
pub(super) mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    pub fn parse(flags: &str) -> Result<Args, clap::Error> {
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

    #[test]
    fn a_shared_ca_needs_what_it_is_for() {
        for flags in [
            "--ca-secret a",
            "--ca-secret a --service b",
            "--service b --webhook-configuration c",
            "--ca-secret a --service b --webhook-configuration c --tls-cert d --tls-key e",
            "--ca-bundle a --webhook-configuration c",
            "--ca-secret a --service b --webhook-configuration c --ca-lifetime 0d",
            "--ca-secret a --service b --webhook-configuration c --ca-lifetime 7",
            "--ca-secret a --service b --webhook-configuration c --ca-lifetime 7ä",
            "--ca-secret a --service b --webhook-configuration c --ca-lifetime 36501d",
            "--ca-secret a --service b --webhook-configuration c --ca-settle 99999999999999d",
        ] {
            assert!(parse(flags).is_err(), "{flags} was accepted");
        }
        let args = parse("--ca-secret a --service b --webhook-configuration c --leaf-lifetime 90s").unwrap();
        assert_eq!((args.ca_lifetime, args.leaf_lifetime), (Duration::days(365), Duration::seconds(90)));
        assert!(parse("--tls-cert a --tls-key b --ca-bundle c --webhook-configuration d").is_ok());
    }
}
