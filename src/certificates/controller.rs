//! Certificates that look after themselves: a CA that all replicas share in a Secret, a leaf of each replica's own in
//! memory, and the API server's trust in them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, PostParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::bundle::{Configuration, Configurations};
use super::lease::Candidate;
use super::secret::{read, written};
use super::{
    Authority, CertificateError, CertificateStore, Lifetimes, Name, Next, ServingCertificate,
    SharedAuthority, certificates_only, utc,
};
use crate::{fault::LastingFault, kubernetes::CallError, metrics::Metrics};

/// What is looked after, by its names in the cluster.
#[derive(Debug, Clone)]
pub struct CertificateConfig {
    /// The namespace of Secret and Lease.
    pub namespace: String,
    /// Who issues, and who writes `caBundle`.
    pub ca_source: CaSource,
    /// The name of both webhook configurations.
    pub configuration: String,
    /// The Lease of the one writer.
    pub lease: String,
    /// What this replica is called in it.
    pub identity: String,
    /// What the leaf is for.
    pub names: Vec<Name>,
    /// How long everything lasts.
    pub lifetimes: Lifetimes,
}

/// What there is to do about a CA and the `caBundle`s that name it.
#[derive(Debug, Clone)]
pub enum CaSource {
    /// The CA is ours, in the Secret of this name, and so is `caBundle`.
    Secret(String),
    /// Somebody else issues, and `caBundle` is ours: the contents of this file, in PEM.
    Bundle(PathBuf),
    /// Somebody else does all of it, such as cert-manager: `caBundle` is only looked at.
    Nothing,
}

/// Whether the API server has been seen to trust the serving certificate.
#[derive(Debug, Default)]
pub struct Trust(AtomicBool);

impl Trust {
    /// Whether it has, once. What happens to it later is mended, and no reason to stop serving.
    pub fn was_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why a round was of no use.
#[derive(Debug, Error)]
enum RoundError {
    #[error("the API server: {0}")]
    Api(#[source] CallError),
    #[error("the API server did not answer in time")]
    Late,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("there is no webhook configuration called {0}: nothing calls syncguard yet")]
    NoConfiguration(String),
    #[error("{configuration} does not accept the certificate in use: {reason}")]
    Untrusted {
        configuration: String,
        #[source]
        reason: CertificateError,
    },
    #[error(
        "{configuration} would not accept the certificate in use with the caBundle that is due, so it keeps its own: {reason}"
    )]
    Unfit {
        configuration: String,
        #[source]
        reason: CertificateError,
    },
    #[error("cannot read --ca-bundle {file}: {reason}", file = file.display())]
    Bundle {
        file: PathBuf,
        #[source]
        reason: std::io::Error,
    },
}

impl From<kube::Error> for RoundError {
    fn from(error: kube::Error) -> Self {
        Self::Api(error.into())
    }
}

/// How long one round of questions may take.
const ROUND: Duration = Duration::from_secs(10);

/// Looks after everything; never returns.
pub async fn maintain_certificates(
    client: Client,
    config: CertificateConfig,
    store: Arc<CertificateStore>,
    trust: Arc<Trust>,
    metrics: Arc<Metrics>,
) {
    let every = pace(&config.lifetimes);
    let mut controller = CertificateController::new(&client, config, store, trust, metrics, every);
    let mut fault = LastingFault::default();
    loop {
        match timeout(ROUND, controller.round()).await.unwrap_or(Err(RoundError::Late)) {
            Ok(()) if fault.is_over() => info!("certificate maintenance works again"),
            Err(error) if fault.is_news(error.to_string()) => {
                error!(%error, "certificate maintenance failed; keeping the current certificates");
            }
            Ok(()) | Err(_) => {}
        }
        tokio::time::sleep(every).await;
    }
}

/// How often to look: often enough for the shortest life, and never more than ten times a second.
fn pace(lifetimes: &Lifetimes) -> Duration {
    let shortest: time::Duration = Ord::min(lifetimes.leaf / 20, lifetimes.settle / 4);
    Duration::try_from(shortest)
        .unwrap_or_default()
        .clamp(Duration::from_millis(100), Duration::from_secs(10))
}

struct CertificateController {
    config: CertificateConfig,
    secrets: Api<Secret>,
    configurations: Configurations,
    candidate: Candidate,
    store: Arc<CertificateStore>,
    trust: Arc<Trust>,
    metrics: Arc<Metrics>,
    events: Recorder,
    /// The CA that signed the leaf in use, as PEM text.
    signer: String,
    /// The caBundle that every configuration has been seen to have, or was given.
    settled: String,
}

impl CertificateController {
    fn new(
        client: &Client,
        config: CertificateConfig,
        store: Arc<CertificateStore>,
        trust: Arc<Trust>,
        metrics: Arc<Metrics>,
        every: Duration,
    ) -> Self {
        let identity = config.identity.clone();
        // A writer that misses one round is not replaced; one that misses several is.
        let candidate =
            Candidate::new(client.clone(), &config.namespace, &config.lease, identity, every * 3 + ROUND);
        let secrets = Api::namespaced(client.clone(), &config.namespace);
        let configurations = Configurations::new(client, &config.configuration);
        let reporter =
            Reporter { controller: "syncguard".to_owned(), instance: Some(config.identity.clone()) };
        let events = Recorder::new(client.clone(), reporter);
        let (signer, settled) = (String::new(), String::new());
        Self { config, secrets, configurations, candidate, store, trust, metrics, events, signer, settled }
    }

    async fn round(&mut self) -> Result<(), RoundError> {
        let now = OffsetDateTime::now_utc();
        match self.config.ca_source.clone() {
            CaSource::Secret(name) => self.keep_authority(&name, now).await,
            CaSource::Bundle(file) => {
                let bundle =
                    fs::read_to_string(&file).map_err(|reason| RoundError::Bundle { file, reason })?;
                let writes = self.candidate.holds().await?;
                self.keep_bundle(&bundle, writes, now).await.map(drop)
            }
            CaSource::Nothing => self.look(now).await?.1,
        }
    }

    async fn keep_authority(&mut self, name: &str, now: OffsetDateTime) -> Result<(), RoundError> {
        let (stored, shared) = self.shared(name, now).await?;
        self.keep_leaf(&shared, now)?;
        // Asked in every round, so that there is always one who may write.
        let writes = self.candidate.holds().await?;
        let known = self.keep_bundle(&shared.bundle(), writes, now).await;
        if writes {
            // A damaged CA is replaced whatever became of the bundle.
            if let Some(due) = shared.due(known.as_ref().ok().copied(), &self.config.lifetimes, now)? {
                self.replace(name, stored, &due).await?;
            }
        }
        known.map(drop)
    }

    /// The CA in the Secret; the first replica makes it, and whoever comes second takes that one.
    async fn shared(&self, name: &str, now: OffsetDateTime) -> Result<(Secret, SharedAuthority), RoundError> {
        if let Some(secret) = self.secrets.get_opt(name).await? {
            let shared = read(&secret);
            return Ok((secret, shared));
        }
        let new = SharedAuthority::issue(&self.config.lifetimes, now)?;
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        let secret = written(Secret { metadata, ..Secret::default() }, &new);
        match self.secrets.create(&PostParams::default(), &secret).await {
            Ok(secret) => {
                info!(secret = name, "new CA created for all replicas");
                Ok((secret, new))
            }
            Err(kube::Error::Api(status)) if status.is_already_exists() => {
                let secret = self.secrets.get(name).await?;
                let shared = read(&secret);
                Ok((secret, shared))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what a CA has become, unless somebody else has written in between.
    async fn replace(&self, name: &str, stored: Secret, shared: &SharedAuthority) -> Result<(), RoundError> {
        match self.secrets.replace(name, &PostParams::default(), &written(stored, shared)).await {
            Ok(_) => {
                let stage = match (&shared.next, &shared.old) {
                    (Some(Next { known_since: None, .. }), _) => "the next CA is being announced",
                    (Some(_), _) => "the next CA is known, and will be used soon",
                    (None, Some(_)) => "the next CA is in use, and the old one still trusted",
                    (None, None) => "one CA is in use and trusted",
                };
                info!(secret = name, stage, "CA");
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_conflict() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Issues this replica's leaf where there is none of this CA, or it is due.
    fn keep_leaf(&mut self, shared: &SharedAuthority, now: OffsetDateTime) -> Result<(), RoundError> {
        let Ok(authority) = shared.authority(now) else {
            warn!("the CA in the Secret is damaged or expired; keeping the current certificate");
            return Ok(());
        };
        let current = self.store.current();
        if self.signer == authority.certificate() && now < current.renew_at() {
            return Ok(());
        }
        let leaf = self.issue(&authority, now)?;
        info!(sha256 = %leaf.fingerprint(), valid_until = %utc(leaf.not_after()), "certificate renewed");
        self.metrics.certificate("ca", authority.not_after());
        self.metrics.certificate("serving", leaf.not_after());
        self.store.replace(leaf);
        authority.certificate().clone_into(&mut self.signer);
        Ok(())
    }

    fn issue(
        &self,
        authority: &Authority,
        now: OffsetDateTime,
    ) -> Result<ServingCertificate, CertificateError> {
        let leaf = authority.issue_leaf(&self.config.names, self.config.lifetimes.leaf, now)?;
        ServingCertificate::from_pem(&leaf)
    }

    /// What the API server trusts now, and whether that is the certificate in use: a metric, and once a reason to be
    /// ready.
    async fn look(
        &self,
        now: OffsetDateTime,
    ) -> Result<(Vec<Configuration>, Result<(), RoundError>), RoundError> {
        let copies = self.configurations.read().await?;
        if copies.is_empty() {
            return Err(RoundError::NoConfiguration(self.config.configuration.clone()));
        }
        let serving = self.store.current().chain();
        let mut trusted = Ok(());
        for copy in &copies {
            let trusts = copy.trusts(&serving, now);
            self.metrics.ca_bundle(&copy.label, trusts.is_ok());
            let configuration = copy.label.clone();
            trusted = trusted.and(trusts.map_err(|reason| RoundError::Untrusted { configuration, reason }));
        }
        if trusted.is_ok() && !self.trust.0.swap(true, Ordering::Relaxed) {
            info!("the API server trusts the serving certificate");
        }
        Ok((copies, trusted))
    }

    /// Sees to it that the API server trusts `bundle`; whether every copy is that already.
    async fn keep_bundle(
        &mut self,
        bundle: &str,
        writes: bool,
        now: OffsetDateTime,
    ) -> Result<bool, RoundError> {
        let bundle = certificates_only(bundle)?;
        let bundle = bundle.as_str();
        let (copies, _) = self.look(now).await?;
        let serving = self.store.current().chain();
        let stale: Vec<&Configuration> = copies.iter().filter(|copy| !copy.is(bundle)).collect();
        let mut unfit = None;
        for copy in stale.iter().filter(|_| writes) {
            // What is in the Secret or the file may be damaged, and what is trusted now may be right.
            if let Err(reason) = copy.would_trust(&serving, bundle, now) {
                let configuration = copy.label.clone();
                unfit.get_or_insert(RoundError::Unfit { configuration, reason });
                continue;
            }
            self.configurations.write(copy, bundle).await?;
            info!(configuration = copy.label, "caBundle written");
            if self.settled == bundle {
                self.tell_of_drift(copy).await;
            }
        }
        if let Some(unfit) = unfit {
            return Err(unfit);
        }
        if writes || stale.is_empty() {
            bundle.clone_into(&mut self.settled);
        }
        Ok(stale.is_empty())
    }

    /// Somebody has changed what had been right; who looks at the object shall see that it was put right.
    async fn tell_of_drift(&self, copy: &Configuration) {
        warn!(configuration = copy.label, "caBundle was changed by somebody else; restored");
        let event = Event {
            type_: EventType::Warning,
            reason: "CABundleChanged".to_owned(),
            note: Some("somebody else changed the caBundle; syncguard restored it".to_owned()),
            action: "PutRight".to_owned(),
            secondary: None,
        };
        if let Err(error) = self.events.publish(&event, &self.configurations.reference(copy)).await {
            warn!(%error, "cannot write an event");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_life_sets_the_pace() {
        let lifetimes = |leaf: i64, settle: i64| Lifetimes {
            leaf: time::Duration::seconds(leaf),
            settle: time::Duration::seconds(settle),
            ..Lifetimes::default()
        };
        for (leaf, settle, milliseconds) in
            [(7 * 86_400, 60, 10_000), (20, 60, 1000), (20, 1, 250), (1, 0, 100)]
        {
            let every = pace(&lifetimes(leaf, settle));
            assert_eq!(every, Duration::from_millis(milliseconds), "leaves of {leaf} s, settling {settle} s");
        }
    }
}
