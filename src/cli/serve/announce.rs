//! What the server says of itself when it has started.

use std::{
    env,
    fmt::Write as _,
    io::{self, Write as _},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use time::OffsetDateTime;
use tracing::{debug, error, info};

use super::args::Args;
use crate::{certificates::utc, cli::logs::LogFormat, http::Server};

pub(super) fn announce(args: &Args, server: &Server) {
    let certificate = server.certificates().current();
    info!(https = %server.https_address(), health = %server.health_address(), "listening");
    info!(
        valid_until = %utc(certificate.not_after()),
        names = %certificate.names().join(","),
        "certificate in use"
    );
    debug!(sha256 = %certificate.fingerprint(), "certificate in use");
    if !certificate.is_valid_at(OffsetDateTime::now_utc()) {
        error!("the certificate is not valid now: clients will refuse it, and /readyz answers 503");
    }
    if args.log_format == LogFormat::Text {
        let try_it = try_it(args, &program(), server.https_address(), certificate.names());
        // Where standard error takes nothing, the server serves all the same.
        let _ = writeln!(io::stderr(), "{try_it}");
    }
}

/// How this program is called where the next command is typed: by its name if it was found by that, else by its path.
fn program() -> String {
    let typed = env::args_os().next().map(PathBuf::from);
    let by_name = typed.as_ref().filter(|typed| typed.components().count() == 1);
    let path = by_name.cloned().or_else(|| env::current_exe().ok()).or(typed);
    path.map_or_else(|| "syncguard".to_owned(), |path| path.display().to_string())
}

/// A command that sends the documentation's example here, from whatever directory.
fn try_it(args: &Args, program: &str, listening: SocketAddr, names: &[String]) -> String {
    let mut command = format!("Try it:\n  {program} example review | curl");
    let port = listening.port();
    let (address, host) = called(listening.ip(), names);
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
    if host != address {
        let _ = write!(command, " --connect-to {host}:{port}:{address}:{port}");
    }
    let _ = write!(command, " -H 'Content-Type: application/json' \\\n    ");
    let _ = write!(command, "--data-binary @- https://{host}:{port}/validate");
    command
}

/// Where to connect to, and a name for it that the certificate has, where it has one.
fn called(listening: IpAddr, names: &[String]) -> (String, String) {
    // Nobody can connect to the address that means all of them.
    let address = match listening {
        any if any.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(address) => format!("[{address}]"),
        IpAddr::V4(address) => address.to_string(),
    };
    let is_named = names.iter().any(|name| name == address.trim_matches(['[', ']']));
    let host = if is_named { None } else { names.first() };
    (address.clone(), host.cloned().unwrap_or(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::serve::args::tests::parse;

    /// The command for these flags, this address and these certificate names holds these words.
    fn check(flags: &str, listening: &str, names: &[&str], words: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let text = try_it(&parse(flags).unwrap(), "syncguard", listening.parse().unwrap(), &names);
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
    }

    #[test]
    fn the_command_to_try_fits_the_address_and_the_certificate() {
        let local = &["localhost", "127.0.0.1", "::1"];
        let own = ["syncguard example review | curl --insecure", "@- https://localhost:8443/validate"];
        check("", "0.0.0.0:8443", local, &own);
        check("", "[::]:8443", local, &["https://localhost:8443/"]);
        check("", "127.0.0.1:9443", local, &["https://127.0.0.1:9443/"]);
        check("", "[::1]:8443", local, &["https://[::1]:8443/"]);
        let elsewhere = ["--connect-to localhost:8443:10.0.0.7:8443", "https://localhost:8443/"];
        check("", "10.0.0.7:8443", local, &elsewhere);
        check("--ca-out /tmp/ca.crt", "0.0.0.0:8443", local, &["--cacert /tmp/ca.crt"]);
        let clients = "--client-ca ca.crt --client-allow *";
        check(clients, "0.0.0.0:8443", local, &["--cert CLIENT.crt --key CLIENT.key"]);
        let given = "--tls-cert certs/tls.crt --tls-key certs/tls.key";
        let words =
            ["--cacert certs/ca.crt", "--connect-to a.svc:8443:localhost:8443", "https://a.svc:8443/"];
        check(given, "0.0.0.0:8443", &["a.svc"], &words);
    }
}
