//! What the server says of itself when it has started.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use time::OffsetDateTime;
use tracing::{error, info};

use super::args::Args;
use crate::{certificates::utc, cli::logs::LogFormat, http::Server};

/// The review that the example command sends; it lies in the repository.
const EXAMPLE_REVIEW: &str = "examples/strict-sync-all.review.json";

pub(super) fn announce(args: &Args, server: &Server) {
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
        let example = example(args, server.https_address().port(), certificate.names());
        // Where standard error takes nothing, the server serves all the same.
        let _ = writeln!(io::stderr(), "{example}");
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
    use super::*;
    use crate::cli::serve::args::tests::parse;

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
