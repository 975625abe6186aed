//! What stands beside the object at hand: the cluster of a Scale, the settings that a cluster names, the clusters of an
//! SGPostgresConfig; and what has to be read first where the watches have not seen it.

use std::collections::BTreeSet;

use super::{Outcome, Reply, is_dns_name};
use crate::{
    cluster::PostgresConfigs,
    policy::Policy,
    review::{self, Origin, ParameterChange, Request, Scale},
    rule::Finding,
    stored::{Stored, StoredObject},
    view::{ABSENT, Body, Given, Kind, Object, Parameters},
};

/// What is known of other objects.
#[derive(Debug, Clone, Copy)]
pub enum Knowledge<'s> {
    /// Nothing: there is no access to an API server.
    None,
    /// What the watches have seen; what they lack can be asked for.
    Watched(&'s Stored),
    /// The same, and what was asked for has been read, as far as it exists.
    Read(&'s Stored),
}

/// What has to be read from the API server before an answer can be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One object.
    Object {
        /// An SGCluster or an SGPostgresConfig.
        kind: Kind,
        /// Where.
        namespace: String,
        /// Which.
        name: String,
    },
    /// All objects of a kind in a namespace.
    All {
        /// An SGCluster or an SGShardedCluster.
        kind: Kind,
        /// Where.
        namespace: String,
    },
}

impl Wanted {
    /// Whether nothing can be said without it. A cluster can be judged without the settings that it names: they may not
    /// exist, and no write shall wait for them.
    pub fn is_vital(&self) -> bool {
        !matches!(self, Self::Object { kind: Kind::PostgresConfig, .. })
    }
}

/// Nobody knows what a Scale would change: failurePolicy decides.
pub(super) const NO_ACCESS: &str =
    "this request scales a cluster that syncguard does not know: it has no access to the stored clusters";
const NO_CLUSTER: &str = "this request scales a cluster that syncguard does not find among the stored ones";

impl<'s> Knowledge<'s> {
    /// What is known in one namespace.
    pub(super) fn of<'n>(self, namespace: &'n str) -> Beside<'s, 'n> {
        Beside { knowledge: self, namespace }
    }

    fn stored(self) -> Option<&'s Stored> {
        match self {
            Self::None => None,
            Self::Watched(stored) | Self::Read(stored) => Some(stored),
        }
    }
}

/// What is known in one namespace.
#[derive(Clone, Copy)]
pub(super) struct Beside<'s, 'n> {
    knowledge: Knowledge<'s>,
    namespace: &'n str,
}

impl<'s> Beside<'s, '_> {
    /// What stands in the way of a judgement: something to be read, or nothing to judge by.
    pub(super) fn stops(&self, kind: Kind, object: &Body<'_>, before: Option<&Body<'_>>) -> Option<Outcome> {
        match self.knowledge {
            Knowledge::None => (kind == Kind::Scale).then(|| Outcome::Reply(Reply::unavailable(NO_ACCESS))),
            Knowledge::Read(_) => None,
            Knowledge::Watched(stored) => {
                let wanted = self.wanted(stored, kind, object, before);
                (!wanted.is_empty()).then_some(Outcome::Wanted(wanted))
            }
        }
    }

    fn wanted(
        &self,
        stored: &Stored,
        kind: Kind,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
    ) -> Vec<Wanted> {
        let namespace = || self.namespace.to_owned();
        match kind {
            Kind::Scale => {
                let is_current = self.scaled(object).is_some_and(|known| is_version_of(known, before));
                let name = object.name().unwrap_or_default().to_owned();
                let cluster = Wanted::Object { kind: Kind::Cluster, namespace: namespace(), name };
                if is_current { Vec::new() } else { vec![cluster] }
            }
            Kind::PostgresConfig => {
                let kinds = [Kind::Cluster, Kind::ShardedCluster].into_iter();
                let unseen = kinds.filter(|kind| !stored.is_live(*kind));
                unseen.map(|kind| Wanted::All { kind, namespace: namespace() }).collect()
            }
            Kind::Cluster | Kind::ShardedCluster => {
                // Nothing has a name that is none, and it would be asked for by the path of something else.
                let is_unknown =
                    |name: &&str| is_dns_name(name) && stored.parameters(self.namespace, name).is_none();
                let wanted = |name: &str| Wanted::Object {
                    kind: Kind::PostgresConfig,
                    namespace: namespace(),
                    name: name.to_owned(),
                };
                let unknown: BTreeSet<_> = object.postgres_configs().filter(is_unknown).collect();
                unknown.into_iter().map(wanted).collect()
            }
        }
    }

    fn scaled(&self, scale: &Body<'_>) -> Option<&'s StoredObject> {
        self.knowledge.stored()?.cluster(self.namespace, scale.name()?)
    }

    /// Judges an object by all that is known, and gives the findings on.
    pub(super) fn judge(
        &self,
        kind: Kind,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
        policy: &Policy,
        answer: impl FnOnce(Vec<Finding<'_>>) -> Reply,
    ) -> Reply {
        match kind {
            Kind::Scale => self.judge_scale(object, before, policy, answer),
            Kind::PostgresConfig => self.judge_config(object, before, policy, answer),
            Kind::Cluster | Kind::ShardedCluster => {
                let configs = |name: &str| self.parameters(name);
                answer(review::judge(&request(object, before, &configs), policy))
            }
        }
    }

    fn judge_scale(
        &self,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
        policy: &Policy,
        answer: impl FnOnce(Vec<Finding<'_>>) -> Reply,
    ) -> Reply {
        let cluster = self.scaled(object).map_or(Given::Absent, StoredObject::read);
        let Some(cluster) = cluster.get() else { return Reply::unavailable(NO_CLUSTER) };
        let scale = Scale { replicas: object.replicas(), before: before.map_or(&ABSENT, Body::replicas) };
        let configs = |name: &str| self.parameters(name);
        let request = Request { scale: Some(scale), ..request(cluster, None, &configs) };
        answer(review::judge(&request, policy))
    }

    fn judge_config(
        &self,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
        policy: &Policy,
        answer: impl FnOnce(Vec<Finding<'_>>) -> Reply,
    ) -> Reply {
        let stored = self.knowledge.stored();
        let clusters = stored.into_iter().flat_map(|stored| stored.clusters(self.namespace));
        let clusters: Vec<Object<'_>> = clusters.map(StoredObject::read).collect();
        let change = ParameterChange {
            name: object.name().unwrap_or_default(),
            now: parameters(object),
            before: before.and_then(parameters),
        };
        let configs = |name: &str| self.parameters(name);
        let mut findings = review::judge(&request(object, before, &configs), policy);
        let bodies = clusters.iter().filter_map(Given::get);
        findings.extend(review::judge_parameters(change, bodies, &configs, policy));
        answer(findings)
    }

    fn parameters(&self, name: &str) -> Option<&'s Parameters<'s>> {
        self.knowledge.stored()?.parameters(self.namespace, name)
    }
}

fn request<'r, 'a>(
    object: &'a Body<'a>,
    before: Option<&'a Body<'a>>,
    configs: PostgresConfigs<'r, 'a>,
) -> Request<'r, 'a> {
    Request { object, before, scale: None, configs, configs_before: None, origin: Origin::Admission }
}

/// The settings in an SGPostgresConfig.
fn parameters<'a>(config: &'a Body<'a>) -> Option<&'a Parameters<'a>> {
    config.spec.get()?.postgresql_conf.get()
}

/// Whether a stored object is the one that a request was made for.
fn is_version_of(known: &StoredObject, before: Option<&Body<'_>>) -> bool {
    let version = before.and_then(|before| before.metadata.get()?.resource_version.text());
    version == Some(known.resource_version.as_str())
}
