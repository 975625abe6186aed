//! An object at one moment, with the clusters that it means, and the moment before.

use std::collections::HashMap;

use super::{Request, pairs::Pairs};
use crate::{
    cluster::{Cluster, Part, PostgresConfigs, Sharded},
    facts::Release,
    policy::Policy,
    rule::Change,
    view::{Body, Kind, Leaf},
};

/// An object, and the clusters that it means.
pub(super) struct State<'a> {
    pub object: &'a Body<'a>,
    clusters: Clusters<'a>,
}

enum Clusters<'a> {
    One(Box<Cluster<'a>>),
    Sharded(Sharded<'a>),
    /// An SGPostgresConfig, or an object whose `spec` is no object.
    None,
}

impl<'a> State<'a> {
    pub(super) fn now(request: &Request<'_, 'a>, policy: &Policy) -> Option<Self> {
        let state = match request.scale {
            Some(scale) => Self::scaled(request.object, scale.replicas, request.configs),
            None => Self::of(request.object, request.configs)?,
        };
        Some(state.under(policy.stackgres_version))
    }

    pub(super) fn before(request: &Request<'_, 'a>, policy: &Policy) -> Option<Self> {
        let configs = request.configs_before.unwrap_or(request.configs);
        let state = match request.scale {
            Some(scale) => Self::scaled(request.object, scale.before, configs),
            None => Self::of(request.before?, configs)?,
        };
        Some(state.under(policy.stackgres_version))
    }

    pub(super) fn of(object: &'a Body<'a>, configs: PostgresConfigs<'_, 'a>) -> Option<Self> {
        let clusters = match object.known_kind()? {
            _ if object.spec.other().is_some() => Clusters::None,
            Kind::Cluster => Clusters::One(Box::new(Cluster::of(object, configs))),
            Kind::ShardedCluster => Clusters::Sharded(Sharded::of(object, configs)),
            Kind::PostgresConfig => Clusters::None,
            Kind::Scale => return None,
        };
        Some(Self { object, clusters })
    }

    fn scaled(object: &'a Body<'a>, replicas: &'a Leaf<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        Self { object, clusters: Clusters::One(Box::new(Cluster::scaled(object, replicas, configs))) }
    }

    /// The same below the operator that the settings name.
    fn under(self, configured: Option<Release>) -> Self {
        if configured.is_none() {
            return self;
        }
        let clusters = match self.clusters {
            Clusters::One(cluster) => Clusters::One(Box::new(cluster.under(configured))),
            Clusters::Sharded(sharded) => Clusters::Sharded(sharded.under(configured)),
            Clusters::None => Clusters::None,
        };
        Self { clusters, ..self }
    }

    /// Whether a cluster that is stopped here runs after the change.
    pub(super) fn starts(&self, now: &Self, pairs: &Pairs) -> bool {
        let runs =
            |part| pairs.now(part).and_then(|part| now.part(part)).is_some_and(|now| !now.is_stopped());
        self.parts().iter().any(|cluster| cluster.is_stopped() && runs(cluster.part))
    }

    /// The stored object, each cluster taken at its new number of instances if it is stopped, so that it may start again.
    pub(super) fn at_least_running(self, now: &Self, pairs: &Pairs) -> Self {
        let running = |cluster: Cluster<'a>| match pairs.now(cluster.part).and_then(|part| now.part(part)) {
            Some(now) if cluster.is_stopped() => cluster.at(now.instances.leaf()),
            _ => cluster,
        };
        let clusters = match self.clusters {
            Clusters::One(cluster) => Clusters::One(Box::new(running(*cluster))),
            Clusters::Sharded(sharded) => Clusters::Sharded(sharded.map(running)),
            Clusters::None => Clusters::None,
        };
        Self { clusters, ..self }
    }

    pub(super) fn sharded(&self) -> Option<&Sharded<'a>> {
        match &self.clusters {
            Clusters::Sharded(sharded) => Some(sharded),
            Clusters::One(_) | Clusters::None => None,
        }
    }

    pub(super) fn parts(&self) -> &[Cluster<'a>] {
        match &self.clusters {
            Clusters::One(cluster) => std::slice::from_ref(cluster),
            Clusters::Sharded(sharded) => sharded.parts(),
            Clusters::None => &[],
        }
    }

    pub(super) fn part(&self, part: Part) -> Option<&Cluster<'a>> {
        self.parts().iter().find(|cluster| cluster.part == part)
    }
}

/// A stored object and its parts.
pub(super) struct History<'p, 'a> {
    object: &'a Body<'a>,
    pairs: &'p Pairs,
    parts: HashMap<Part, &'p Cluster<'a>>,
    pub sharded: Option<&'p Sharded<'a>>,
}

impl<'p, 'a> History<'p, 'a> {
    pub(super) fn of(before: &'p State<'a>, pairs: &'p Pairs) -> Self {
        let parts = before.parts().iter().map(|cluster| (cluster.part, cluster)).collect();
        Self { object: before.object, pairs, parts, sharded: before.sharded() }
    }

    /// Each way in which a part came about: those that an override is for can have been of several parts.
    pub(super) fn changes(&self, now: &'p Cluster<'a>) -> impl Iterator<Item = Change<'p, 'a>> {
        let before = self.pairs.before(now.part).iter().filter_map(|part| self.parts.get(part));
        before.map(move |before| Change { before, now, stored: self.object })
    }
}
