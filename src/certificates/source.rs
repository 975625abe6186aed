//! Where the serving certificate comes from, and how it stays fresh while the server runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tracing::{error, info};

use super::files::{PemFiles, SourceError};
use super::{Authority, CertificateError, CertificateStore, Name, Pair, ServingCertificate, utc};
use crate::{files::ticks, metrics::Metrics};

/// Where the serving certificate comes from.
#[derive(Debug)]
pub enum CertificateSource {
    /// Given by the operator, and used as it stands.
    Given(ServingCertificate),
    /// Read from files, and read again when their contents change.
    Files(CertificateFiles),
    /// Issued by the program's own CA, and renewed in place.
    SelfIssued(Box<SelfIssued>),
}

/// A certificate and its key in files.
#[derive(Debug)]
pub struct CertificateFiles(PemFiles);

/// How often certificates are compared with what is due.
#[derive(Debug, Clone, Copy)]
pub struct Checks {
    /// The age of our own with the wall clock.
    pub age: Duration,
    /// The contents of files with what is in use.
    pub files: Duration,
}

impl Default for Checks {
    fn default() -> Self {
        Self { age: Duration::from_mins(1), files: Duration::from_secs(10) }
    }
}

/// What the program needs to issue its own leaves.
#[derive(Debug)]
pub struct SelfIssued {
    /// Signs the leaves.
    pub authority: Authority,
    /// What clients call the webhook.
    pub names: Vec<Name>,
    /// How long a leaf is valid.
    pub lifetime: time::Duration,
}

impl CertificateSource {
    /// The certificate to start with.
    pub(crate) fn first(&mut self, now: OffsetDateTime) -> Result<ServingCertificate, SourceError> {
        match self {
            Self::Given(certificate) => Ok(certificate.clone()),
            Self::Files(files) => files.first(),
            Self::SelfIssued(own) => Ok(own.issue(now)?),
        }
    }

    /// Replaces the certificate in the store whenever there is a better one; never returns.
    ///
    /// Asks the wall clock again and again rather than sleeping until a moment: timers stand still while a
    /// machine sleeps.
    pub(crate) async fn keep_fresh(
        mut self,
        certificates: Arc<CertificateStore>,
        metrics: Arc<Metrics>,
        checks: Checks,
    ) {
        let mut ticks = ticks(self.period(checks));
        loop {
            metrics.certificate("serving", certificates.current().not_after());
            ticks.tick().await;
            match self.better_than(&certificates.current()).await {
                Ok(None) => {}
                Ok(Some(next)) => {
                    let valid_until = utc(next.not_after());
                    info!(sha256 = %next.fingerprint(), %valid_until, "certificate renewed");
                    certificates.replace(next);
                }
                Err(error) => error!(%error, "certificate renewal failed; keeping the current certificate"),
            }
        }
    }

    fn period(&self, checks: Checks) -> Duration {
        match self {
            Self::Files(_) => checks.files,
            Self::Given(_) | Self::SelfIssued(_) => checks.age,
        }
    }

    async fn better_than(
        &mut self,
        current: &ServingCertificate,
    ) -> Result<Option<ServingCertificate>, SourceError> {
        match self {
            Self::Given(_) => Ok(None),
            Self::Files(files) => files.changed().await,
            Self::SelfIssued(own) => Ok(own.renewed(current, OffsetDateTime::now_utc())?),
        }
    }
}

impl CertificateFiles {
    /// The certificate with its chain and the private key, both in PEM.
    pub fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self(PemFiles::new([("--tls-cert", certificate), ("--tls-key", key)]))
    }

    /// The pair to start with, expired or not: there is no better one, readiness tells of it, and it is replaced
    /// as soon as the files are.
    fn first(&mut self) -> Result<ServingCertificate, SourceError> {
        self.0.first(read_pair)
    }

    async fn changed(&mut self) -> Result<Option<ServingCertificate>, SourceError> {
        self.0.changed(|contents| read_pair(contents)?.valid_at(OffsetDateTime::now_utc())).await
    }
}

fn read_pair(contents: &[String]) -> Result<ServingCertificate, CertificateError> {
    let text = |index: usize| contents.get(index).cloned().unwrap_or_default();
    ServingCertificate::from_pem(&Pair { certificate: text(0), key: text(1) })
}

impl SelfIssued {
    fn issue(&self, now: OffsetDateTime) -> Result<ServingCertificate, CertificateError> {
        ServingCertificate::from_pem(&self.authority.issue_leaf(&self.names, self.lifetime, now)?)
    }

    /// A new leaf if the current one is due and a new one would live longer.
    fn renewed(
        &self,
        current: &ServingCertificate,
        now: OffsetDateTime,
    ) -> Result<Option<ServingCertificate>, CertificateError> {
        let due = now >= current.renew_at();
        let ends_with_its_authority = current.not_after() >= self.authority.not_after();
        // Near the CA's end a new leaf gains nothing; after it, issuing fails and says why.
        if !due || (ends_with_its_authority && current.is_valid_at(now)) {
            return Ok(None);
        }
        self.issue(now).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    /// Asks for a renewal after `days`, of a leaf for 7 days from a CA for `ca_days`.
    fn check(ca_days: i64, days: i64, renewed: bool) {
        let own = SelfIssued {
            authority: Authority::issue(Duration::days(ca_days), START).unwrap(),
            names: vec!["localhost".parse().unwrap()],
            lifetime: Duration::days(7),
        };
        let current = own.issue(START).unwrap();
        let next = own.renewed(&current, START + Duration::days(days)).unwrap();
        assert_eq!(next.is_some(), renewed, "CA for {ca_days} days, asked after {days}");
        if let Some(next) = next {
            assert!(next.not_after() > current.not_after());
        }
    }

    #[test]
    fn a_leaf_is_renewed_at_two_thirds_of_its_life() {
        check(365, 0, false);
        check(365, 3, false);
        check(365, 5, true);
        check(365, 30, true);
    }

    #[test]
    fn a_leaf_that_ends_with_its_ca_is_not_issued_again_and_again() {
        check(7, 6, false);
        check(8, 7, true);
    }

    #[test]
    fn after_the_end_of_the_ca_the_failure_is_reported() {
        let authority = Authority::issue(Duration::days(7), START).unwrap();
        let own =
            SelfIssued { authority, names: vec!["localhost".parse().unwrap()], lifetime: Duration::days(7) };
        let current = own.issue(START).unwrap();
        let error = own.renewed(&current, START + Duration::days(8)).unwrap_err();
        assert!(matches!(error, CertificateError::OutsideValidity { .. }), "{error}");
    }
}
