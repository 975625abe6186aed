//! `syncguard certs`: writes a CA and a serving certificate, and never overwrites a key unless told to.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::builder::RangedI64ValueParser;
use tempfile::Builder;
use time::{Duration, OffsetDateTime};

use super::names;
use crate::certificates::{Authority, Name, Pair, ServingCertificate};

const LONG_ABOUT: &str = "\
Write a CA and a serving certificate for the webhook.

Four files go into the directory: ca.crt and ca.key (the CA), tls.crt and tls.key (the certificate \
that `serve` shows, and its key). A CA that is already there signs the new certificate, so that \
clients which trust it go on doing so. An existing key is never overwritten without --force. Keys can \
be read by their owner only.

`serve` needs none of this to start: it issues its own certificate if it is given none.";

const EXAMPLES: &str = "\
Examples:
  syncguard certs
      for localhost, this host and the service syncguard.syncguard.svc, into certs/
  syncguard certs --dns-name syncguard.example.com --dns-name 10.0.0.7 --days 30
      for other names
  syncguard certs --force
      a new serving certificate from the same CA
  syncguard certs --new-ca --force
      everything anew; clients have to be given the new ca.crt";

/// The name of the webhook's service as the chart installs it.
const SERVICE: &str = "syncguard.syncguard.svc";

/// The flags of `syncguard certs`.
#[derive(Debug, Clone, clap::Args)]
#[command(about = "Write a CA and a serving certificate", long_about = LONG_ABOUT, after_long_help = EXAMPLES)]
pub struct Args {
    /// Where the files are written; made if it is missing.
    #[arg(long, value_name = "DIRECTORY", default_value = "certs")]
    pub dir: PathBuf,

    /// A DNS name or IP address that clients call the webhook by; repeatable.
    ///
    /// By default: localhost, its two loopback addresses, the host name and syncguard.syncguard.svc.
    #[arg(long = "dns-name", value_name = "NAME")]
    pub dns_names: Vec<Name>,

    /// How many days the serving certificate is valid; never longer than its CA.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = days())]
    pub days: u32,

    /// How many days a new CA is valid.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = days())]
    pub ca_days: u32,

    /// Make a new CA even if the directory holds one; needs --force then.
    #[arg(long)]
    pub new_ca: bool,

    /// Overwrite keys that are already there.
    #[arg(long)]
    pub force: bool,
}

/// From a day to a century: beyond it lie typing errors, and dates that no client can read.
fn days() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=36_500)
}

/// Runs `syncguard certs`.
///
/// # Errors
/// When a key would be overwritten without `--force`, the CA in the directory is unusable, or writing fails.
pub fn run(args: &Args) -> Result<ExitCode> {
    let report = write(args, OffsetDateTime::now_utc())?;
    super::report::write(&mut std::io::stdout().lock(), &report)?;
    Ok(ExitCode::SUCCESS)
}

/// The four files of a directory.
struct Files {
    ca_certificate: PathBuf,
    ca_key: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn within(directory: &Path) -> Self {
        let file = |name: &str| directory.join(name);
        Self {
            ca_certificate: file("ca.crt"),
            ca_key: file("ca.key"),
            certificate: file("tls.crt"),
            key: file("tls.key"),
        }
    }
}

/// Issues, writes and tells what was written.
fn write(args: &Args, now: OffsetDateTime) -> Result<String> {
    let files = Files::within(&args.dir);
    // Everything that can be refused is refused before the first file is touched.
    refuse_overwriting(&files.key, args.force)?;
    let (authority, is_new) = authority(args, &files, now)?;
    let names = wanted_names(args);
    let leaf = authority.issue_leaf(&names, Duration::days(args.days.into()), now)?;
    let serving = ServingCertificate::from_pem(&leaf)?;

    fs::create_dir_all(&args.dir).with_context(|| format!("cannot make {}", args.dir.display()))?;
    if is_new {
        let pair = Pair { certificate: authority.certificate().to_owned(), key: authority.key() };
        write_pair(&files.ca_certificate, &files.ca_key, &pair, args.force)?;
    }
    write_pair(&files.certificate, &files.key, &leaf, args.force)?;
    Ok(report(&files, &authority, is_new, &serving))
}

fn wanted_names(args: &Args) -> Vec<Name> {
    if !args.dns_names.is_empty() {
        return args.dns_names.clone();
    }
    let mut names = names::local();
    names.extend(SERVICE.parse::<Name>());
    names
}

/// The CA that signs, and whether it is new.
fn authority(args: &Args, files: &Files, now: OffsetDateTime) -> Result<(Authority, bool)> {
    let stored = (read(&files.ca_certificate)?, read(&files.ca_key)?);
    match stored {
        (Some(certificate), Some(key)) if !args.new_ca => {
            let authority = Authority::from_pem(&Pair { certificate, key }, now).with_context(|| {
                let (certificate, key) = (files.ca_certificate.display(), files.ca_key.display());
                format!(
                    "cannot sign with the CA in {certificate} and {key}; --new-ca --force makes a new one"
                )
            })?;
            warn_of_readable(&files.ca_key);
            return Ok((authority, false));
        }
        (Some(_), None) | (None, Some(_)) if !args.new_ca => bail!(
            "{} and {} belong together and one is missing; put it back, or make a new CA with --new-ca --force",
            files.ca_certificate.display(),
            files.ca_key.display()
        ),
        _ => {}
    }
    refuse_overwriting(&files.ca_key, args.force)?;
    Ok((Authority::issue(Duration::days(args.ca_days.into()), now)?, true))
}

/// Tells whoever keeps a CA's key where others can read it: it makes them whoever the API server trusts.
#[cfg(unix)]
fn warn_of_readable(key: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(key).map(|metadata| metadata.permissions().mode() & 0o077);
    if mode.is_ok_and(|others| others != 0) {
        let key = key.display();
        anstream::eprintln!(
            "warning: {key} can be read by others, who can then issue certificates: chmod 600 {key}, and if somebody \
             may have read it, make a new CA with --new-ca --force"
        );
    }
}

#[cfg(not(unix))]
fn warn_of_readable(_: &Path) {}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn refuse_overwriting(key: &Path, force: bool) -> Result<()> {
    // A dangling symlink is something too: look at the name itself, not at what it points to.
    if !force && key.symlink_metadata().is_ok() {
        bail!("{} exists and is not overwritten; give --force, or another --dir", key.display());
    }
    Ok(())
}

/// Writes a key, readable by its owner only, then its certificate.
fn write_pair(certificate_path: &Path, key_path: &Path, pair: &Pair, force: bool) -> Result<()> {
    write_file(key_path, &pair.key, 0o600, force)?;
    write_file(certificate_path, &pair.certificate, 0o644, true)
}

/// Puts a complete file in place: nobody ever sees half of it, or a key before its mode is set.
fn write_file(path: &Path, text: &str, mode: u32, overwrite: bool) -> Result<()> {
    let written = || -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        restrict(&mut builder, mode);
        let mut file = builder.tempfile_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        if overwrite {
            file.persist(path)?
        } else {
            file.persist_noclobber(path)?
        };
        Ok(())
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(unix)]
fn restrict(builder: &mut Builder<'_, '_>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn restrict(_: &mut Builder<'_, '_>, _: u32) {}

fn report(files: &Files, authority: &Authority, is_new: bool, serving: &ServingCertificate) -> String {
    let (ca, ca_key) = (files.ca_certificate.display(), files.ca_key.display());
    let (certificate, key) = (files.certificate.display(), files.key.display());
    let origin = if is_new { "new CA" } else { "CA kept as it was" };
    format!(
        "{ca}, {ca_key}: {origin}, valid until {}\n\
         {certificate}, {key}: serving certificate, valid until {}, for {}\n\n\
         Next:\n  syncguard serve --tls-cert {certificate} --tls-key {key}\n\
         Clients trust it by {ca} (curl --cacert {ca}; caBundle in a webhook configuration).\n",
        authority.not_after().date(),
        serving.not_after().date(),
        serving.names().join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn args(dir: &Path) -> Args {
        let dir = dir.join("certs");
        Args { dir, dns_names: Vec::new(), days: 90, ca_days: 365, new_ca: false, force: false }
    }

    fn texts(args: &Args) -> [String; 4] {
        ["ca.crt", "ca.key", "tls.crt", "tls.key"]
            .map(|name| fs::read_to_string(args.dir.join(name)).unwrap())
    }

    #[test]
    fn what_is_written_works_together() {
        let dir = tempfile::tempdir().unwrap();
        let args = args(dir.path());
        let report = write(&args, NOW).unwrap();
        let [ca, ca_key, certificate, key] = texts(&args);
        Authority::from_pem(&Pair { certificate: ca, key: ca_key }, NOW).unwrap();
        let serving = ServingCertificate::from_pem(&Pair { certificate, key }).unwrap();
        assert!(serving.names().contains(&SERVICE.to_owned()));
        assert_eq!(serving.not_after(), NOW + Duration::days(90));
        assert!(report.contains("valid until 1971-01-01"), "{report}");
        assert!(report.contains("syncguard serve --tls-cert"), "{report}");
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let args = args(dir.path());
        write(&args, NOW).unwrap();
        write(&Args { force: true, new_ca: true, ..args.clone() }, NOW).unwrap();
        let modes = [("ca.key", 0o600), ("tls.key", 0o600), ("ca.crt", 0o644), ("tls.crt", 0o644)];
        for (name, mode) in modes {
            let permissions = fs::metadata(args.dir.join(name)).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, mode, "{name}");
        }
    }

    /// Writes once plainly and then with these flags; says which of the four files are new, or what was refused.
    fn again(new_ca: bool, force: bool) -> Result<[bool; 4], String> {
        let dir = tempfile::tempdir().unwrap();
        let first = args(dir.path());
        write(&first, NOW).unwrap();
        let before = texts(&first);
        let result = write(&Args { new_ca, force, ..first.clone() }, NOW);
        let after = texts(&first);
        match result {
            Ok(_) => Ok(std::array::from_fn(|index| before[index] != after[index])),
            Err(error) => {
                assert_eq!(before, after, "a refusal must change nothing");
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn a_key_is_overwritten_only_by_force() {
        for new_ca in [false, true] {
            let refusal = again(new_ca, false).unwrap_err();
            assert!(refusal.contains("tls.key exists") && refusal.contains("--force"), "{refusal}");
        }
        assert_eq!(again(false, true), Ok([false, false, true, true]), "the CA is kept");
        assert_eq!(again(true, true), Ok([true; 4]));
    }

    #[test]
    fn a_ca_key_is_not_overwritten_either() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args { new_ca: true, ..args(dir.path()) };
        fs::create_dir_all(&args.dir).unwrap();
        fs::write(args.dir.join("ca.key"), "precious").unwrap();
        let refusal = write(&args, NOW).unwrap_err().to_string();
        assert!(refusal.contains("ca.key exists"), "{refusal}");
        let half = write(&Args { new_ca: false, ..args.clone() }, NOW).unwrap_err().to_string();
        assert!(half.contains("one is missing"), "{half}");
        assert_eq!(fs::read_to_string(args.dir.join("ca.key")).unwrap(), "precious");
    }
}
