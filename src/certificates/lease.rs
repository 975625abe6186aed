//! One writer among all replicas: a Lease that is taken, kept, and left to others by whoever stops renewing it.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};

/// A replica that would write.
pub(super) struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    /// How long the Lease is believed without being renewed.
    duration: Duration,
    /// What the Lease said, and when it said so first: the clocks of two nodes are not compared.
    seen: Option<(LeaseSpec, Instant)>,
}

impl Candidate {
    /// A candidate for the Lease of this name; `identity` is what others read in it.
    pub(super) fn new(
        client: Client,
        namespace: &str,
        name: &str,
        identity: String,
        duration: Duration,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            duration,
            seen: None,
        }
    }

    /// Takes or renews the Lease, and says whether it is ours.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub(super) async fn holds(&mut self) -> Result<bool, kube::Error> {
        let Some(mut lease) = self.api.get_opt(&self.name).await? else {
            let lease = Lease {
                metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                spec: Some(self.renewed(&LeaseSpec::default())),
            };
            return won(self.api.create(&PostParams::default(), &lease).await);
        };
        let spec = lease.spec.take().unwrap_or_default();
        if !self.is_ours(&spec) && !self.is_abandoned(&spec) {
            return Ok(false);
        }
        lease.spec = Some(self.renewed(&spec));
        // The resourceVersion that was read stands in it: of two that take it at once one fails.
        won(self.api.replace(&self.name, &PostParams::default(), &lease).await)
    }

    fn is_ours(&self, spec: &LeaseSpec) -> bool {
        spec.holder_identity.as_deref() == Some(self.identity.as_str())
    }

    fn is_abandoned(&mut self, spec: &LeaseSpec) -> bool {
        if spec.holder_identity.as_deref().unwrap_or_default().is_empty() {
            return true;
        }
        match &self.seen {
            Some((seen, since)) if seen == spec => since.elapsed() > self.duration,
            _ => {
                self.seen = Some((spec.clone(), Instant::now()));
                false
            }
        }
    }

    fn renewed(&self, spec: &LeaseSpec) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        let is_ours = self.is_ours(spec);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.duration.as_secs().max(1)).ok(),
            acquire_time: if is_ours { spec.acquire_time.clone() } else { Some(now.clone()) },
            lease_transitions: Some(spec.lease_transitions.unwrap_or(0) + i32::from(!is_ours)),
            renew_time: Some(now),
            ..spec.clone()
        }
    }
}

/// Whether a write came through; of a race that was lost nothing is said.
fn won<T>(written: Result<T, kube::Error>) -> Result<bool, kube::Error> {
    match written {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}
