//! What stands beside the object at hand: the cluster of a Scale, the settings that a cluster names, the clusters of an
//! SGPostgresConfig; and what has to be read first where the watches have not seen it.

use std::collections::BTreeSet;

use super::{Outcome, Reply, is_dns_name};
use crate::stored::{Stored, StoredObject};
use syncguard_core::{
    policy::Policy,
    review::{self, Account, Consequences, Origin, ParameterChange, Request, Scale, Writer},
    rule::Finding,
    view::{ABSENT, Body, Given, Kind, Parameters},
};

/// What is known of other objects.
#[derive(Debug, Clone, Copy)]
pub enum KnownState<'s> {
    /// Nothing: there is no access to an API server.
    None,
    /// What the watches have seen; what they lack can be asked for.
    Watched(&'s Stored),
    /// The same, and what was asked for has been read, as far as it exists.
    Read(&'s Stored),
}

/// What has to be read from the API server before an answer can be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
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
    /// The SGDbOps for which an account writes.
    Upgrade {
        /// Where.
        namespace: String,
        /// Which.
        name: String,
    },
}

impl Lookup {
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

impl<'s> KnownState<'s> {
    /// What is known in one namespace.
    pub(super) fn of<'n>(self, namespace: &'n str, account: Account<'n>) -> RelatedObjects<'s, 'n> {
        RelatedObjects { knowledge: self, namespace, account }
    }

    fn stored(self) -> Option<&'s Stored> {
        match self {
            Self::None => None,
            Self::Watched(stored) | Self::Read(stored) => Some(stored),
        }
    }
}

/// The most objects that are read for one review.
const MOST_WANTED: usize = 16;

/// The most that is judged for one SGPostgresConfig: the size of the clusters that use it, in bytes. Some thousands.
pub const MOST_JUDGED: usize = 8 << 20;
const TOO_MANY: &str = "more clusters use this SGPostgresConfig than can be judged in time";

/// What is known in one namespace.
#[derive(Clone, Copy)]
pub(super) struct RelatedObjects<'s, 'n> {
    knowledge: KnownState<'s>,
    namespace: &'n str,
    account: Account<'n>,
}

impl<'s> RelatedObjects<'s, '_> {
    /// What stands in the way of a judgment: something to be read, or nothing to judge by.
    pub(super) fn stops(&self, kind: Kind, object: &Body<'_>, before: Option<&Body<'_>>) -> Option<Outcome> {
        match self.knowledge {
            KnownState::None => (kind == Kind::Scale).then(|| Outcome::Reply(Reply::unavailable(NO_ACCESS))),
            KnownState::Read(_) => None,
            KnownState::Watched(stored) => {
                let mut wanted = self.wanted(stored, kind, object, before);
                wanted.extend(self.wanted_upgrade(kind));
                (!wanted.is_empty()).then_some(Outcome::Lookup(wanted))
            }
        }
    }

    fn wanted(
        &self,
        stored: &Stored,
        kind: Kind,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
    ) -> Vec<Lookup> {
        let namespace = || self.namespace.to_owned();
        match kind {
            Kind::Scale => {
                let is_current = |known: &StoredObject| known.is_whole() && is_version_of(known, before);
                let is_current = self.scaled(object).is_some_and(is_current);
                let name = object.name().unwrap_or_default().to_owned();
                let cluster = Lookup::Object { kind: Kind::Cluster, namespace: namespace(), name };
                if is_current { Vec::new() } else { vec![cluster] }
            }
            Kind::PostgresConfig => {
                let kinds = [Kind::Cluster, Kind::ShardedCluster].into_iter();
                let unseen = kinds.filter(|kind| !stored.is_live(*kind));
                let unseen = unseen.map(|kind| Lookup::All { kind, namespace: namespace() });
                // What is too large to be kept is read where it is needed; of very many, which are nobody's clusters, some.
                let large = stored.clusters(self.namespace).filter(|known| !known.is_whole());
                let large = large.take(MOST_WANTED).map(|known| Lookup::Object {
                    kind: known.kind,
                    namespace: namespace(),
                    name: known.name.clone(),
                });
                unseen.chain(large).collect()
            }
            Kind::Cluster | Kind::ShardedCluster => {
                // A watch that is told what happens is believed where it knows of none.
                let believed = stored.is_live(Kind::PostgresConfig);
                // Nothing has a name that is none, and it would be asked for by the path of something else.
                let is_unknown = |name: &&str| {
                    let known = stored.config(self.namespace, name).map(StoredObject::is_whole);
                    is_dns_name(name) && !known.unwrap_or(believed)
                };
                let wanted = |name: &str| Lookup::Object {
                    kind: Kind::PostgresConfig,
                    namespace: namespace(),
                    name: name.to_owned(),
                };
                let unknown: BTreeSet<_> = object.postgres_configs().filter(is_unknown).collect();
                unknown.into_iter().take(MOST_WANTED).map(wanted).collect()
            }
        }
    }

    /// Upgrades are rare, so nobody watches them.
    fn wanted_upgrade(&self, kind: Kind) -> Option<Lookup> {
        let Account::Upgrade(name) = self.account else { return None };
        let is_upgraded = matches!(kind, Kind::Cluster | Kind::Scale) && is_dns_name(name);
        is_upgraded.then(|| Lookup::Upgrade { namespace: self.namespace.to_owned(), name: name.to_owned() })
    }

    /// Who writes a cluster of this name.
    fn writer(&self, cluster: Option<&str>) -> Writer {
        match self.account {
            Account::Operator => Writer::Operator,
            Account::Upgrade(name) => {
                let upgraded =
                    self.knowledge.stored().and_then(|stored| stored.upgraded(self.namespace, name));
                if upgraded.is_some() && upgraded == cluster { Writer::Upgrade } else { Writer::Anybody }
            }
            Account::Other => Writer::Anybody,
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
                let writer = self.writer(object.name());
                answer(review::judge(
                    &Request { before, configs: &configs, writer, ..Request::new(object, Origin::Admission) },
                    policy,
                ))
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
        let writer = self.writer(cluster.name());
        let request = Request {
            scale: Some(scale),
            configs: &configs,
            writer,
            ..Request::new(cluster, Origin::Admission)
        };
        answer(review::judge(&request, policy))
    }

    fn judge_config(
        &self,
        object: &Body<'_>,
        before: Option<&Body<'_>>,
        policy: &Policy,
        answer: impl FnOnce(Vec<Finding<'_>>) -> Reply,
    ) -> Reply {
        let change = ParameterChange {
            name: object.name().unwrap_or_default(),
            now: parameters(object),
            before: before.and_then(parameters),
        };
        let configs = |name: &str| self.parameters(name);
        let writer = self.writer(None);
        let mut findings = review::judge(
            &Request { before, configs: &configs, writer, ..Request::new(object, Origin::Admission) },
            policy,
        );
        let (mut consequences, mut size) = (Consequences::of(change, writer), 0);
        if self.has_unread_clusters() {
            return Reply::unavailable(TOO_MANY);
        }
        let stored = self.knowledge.stored().into_iter();
        for known in stored.flat_map(|stored| stored.naming(self.namespace, change.name)) {
            size += known.json.len();
            if size > MOST_JUDGED {
                return Reply::unavailable(TOO_MANY);
            }
            // One after the other: what is read of them takes much more room than their texts.
            if let Given::Is(cluster) = known.read() {
                consequences.judge(&cluster, &|name| self.parameters(name), policy);
            }
        }
        findings.extend(consequences.told());
        answer(findings)
    }

    /// Whether there are clusters that are too large to be kept, and more of them than are read for one review: what they would
    /// make of the change is not known.
    fn has_unread_clusters(&self) -> bool {
        let stored = self.knowledge.stored().into_iter();
        stored.flat_map(|stored| stored.clusters(self.namespace)).any(|known| !known.is_whole())
    }

    fn parameters(&self, name: &str) -> Option<&'s Parameters<'s>> {
        self.knowledge.stored()?.parameters(self.namespace, name)
    }
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
