//! An SGShardedCluster as the clusters that the operator makes of it: the coordinator and the kinds of shards.
//!
//! Nothing here loops over `clusters`: shards differ only by their overrides.

use super::{Cluster, Field, Place, PostgresConfigs, Sources, field::Base, spec_of};
use crate::{
    facts::Release,
    replication::Mode,
    view::{ABSENT, Body, Given, Leaf, Override, Replication, Shards, Spec, elements},
};

/// Which part of an object a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it: an SGCluster.
    Whole,
    /// The coordinator of an SGShardedCluster.
    Coordinator,
    /// Every shard without an override.
    Shards,
    /// The shard with this override.
    Override {
        /// The override's position in the list.
        position: usize,
        /// The shard that it is for, where that is a number.
        shard: Option<i64>,
    },
}

impl Part {
    /// The mode where none is written. The operator makes a coordinator `sync-all`, whatever the root says.
    pub fn default_mode(self) -> Mode {
        match self {
            Self::Coordinator => Mode::SyncAll,
            Self::Whole | Self::Shards | Self::Override { .. } => Mode::Async,
        }
    }
}

/// A replication object as it is written somewhere in an SGShardedCluster.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// In which object it stands.
    pub base: Base,
    /// Its contents.
    pub replication: &'a Replication<'a>,
}

impl<'a> Written<'a> {
    /// `mode` here.
    pub fn mode(&self) -> Field<'a> {
        Field::new(&self.replication.mode, Place::new(self.base, &["replication", "mode"]))
    }

    /// `syncInstances` here.
    pub fn sync_instances(&self) -> Field<'a> {
        Field::new(&self.replication.sync_instances, Place::new(self.base, &["replication", "syncInstances"]))
    }
}

/// An SGShardedCluster and the clusters it becomes.
pub struct Sharded<'a> {
    spec: &'a Spec<'a>,
    parts: Vec<Cluster<'a>>,
}

impl<'a> Sharded<'a> {
    /// The clusters that the operator makes of an SGShardedCluster.
    pub fn of(object: &'a Body<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let spec = spec_of(object);
        let mut parts = Vec::new();
        // Of what is no object, that much is told, and not what it lacks.
        if spec.coordinator.other().is_none() {
            parts.push(coordinator(spec, configs));
        }
        if spec.shards.other().is_none() {
            parts.push(shards(spec, configs));
        }
        if let Some(shards) = spec.shards.get() {
            let overrides = elements(&shards.overrides);
            parts.extend(overrides.map(|(position, view)| overridden(spec, shards, position, view, configs)));
        }
        Self { spec, parts }.map(|part| part.seen_in(object))
    }

    /// The same below the operator that the settings name.
    #[must_use]
    pub fn under(self, configured: Option<Release>) -> Self {
        self.map(|part| part.under(configured))
    }

    /// The same with other clusters made of its own.
    #[must_use]
    pub fn map(self, change: impl FnMut(Cluster<'a>) -> Cluster<'a>) -> Self {
        Self { parts: self.parts.into_iter().map(change).collect(), ..self }
    }

    /// The coordinator, the shards, and each shard with an override, as far as they can be read.
    pub fn parts(&self) -> &[Cluster<'a>] {
        &self.parts
    }

    /// The coordinator.
    pub fn coordinator(&self) -> Option<&Cluster<'a>> {
        self.parts.iter().find(|cluster| cluster.part == Part::Coordinator)
    }

    /// The root's replication object, which shards without one of their own take.
    pub fn root(&self) -> Option<Written<'a>> {
        self.written().into_iter().find(|written| written.base == Base::Spec)
    }

    /// Every replication object that is written, effective or not, the root's first.
    pub fn written(&self) -> Vec<Written<'a>> {
        let at = |base, replication: &'a Given<'a, Replication<'a>>| {
            replication.get().map(|replication| Written { base, replication })
        };
        let root = at(Base::Spec, &self.spec.replication);
        let coordinator = self.spec.coordinator.get().and_then(|it| at(Base::Coordinator, &it.replication));
        let shards = self.spec.shards.get();
        let all_shards = shards.and_then(|it| at(Base::Shards, &it.replication));
        let overrides = shards.into_iter().flat_map(|it| elements(&it.overrides));
        let overrides = overrides.filter_map(|(position, it)| at(Base::Override(position), &it.replication));
        [root, coordinator, all_shards].into_iter().flatten().chain(overrides).collect()
    }

    /// `shards.clusters`, the number of shards.
    pub fn clusters(&self) -> Field<'a> {
        let leaf = self.spec.shards.get().map_or(&ABSENT, |shards| &shards.clusters.0);
        Field::new(leaf, Place::new(Base::Shards, &["clusters"]))
    }

    /// The `index` of each override, with the override's position.
    pub fn override_indexes(&self) -> impl Iterator<Item = (usize, Field<'a>)> {
        let overrides = self.spec.shards.get().map(|shards| &shards.overrides);
        overrides.into_iter().flat_map(elements).map(|(position, it)| {
            (position, Field::new(&it.index.0, Place::new(Base::Override(position), &["index"])))
        })
    }
}

fn coordinator<'a>(spec: &'a Spec<'a>, configs: PostgresConfigs<'_, 'a>) -> Cluster<'a> {
    let view = spec.coordinator.get();
    let instances = view.map_or(&ABSENT, |view| &view.instances);
    let sources = Sources {
        part: Part::Coordinator,
        instances: Field::new(instances, Place::new(Base::Coordinator, &["instances"])),
        replication: view.map_or(&NO_REPLICATION, |view| &view.replication),
        replication_base: Base::Coordinator,
        autoscaling: view.and_then(|view| view.autoscaling.get()),
        autoscaling_base: Base::Coordinator,
        configurations: view.and_then(|view| view.configurations.get()),
        configurations_base: Base::Coordinator,
    };
    Cluster::from_sources(spec, sources, configs)
}

fn shards<'a>(spec: &'a Spec<'a>, configs: PostgresConfigs<'_, 'a>) -> Cluster<'a> {
    let view = spec.shards.get();
    let (replication, replication_base) = inherited(spec);
    let sources = Sources {
        part: Part::Shards,
        instances: shard_instances(spec),
        replication,
        replication_base,
        autoscaling: view.and_then(|view| view.autoscaling.get()),
        autoscaling_base: Base::Shards,
        configurations: view.and_then(|view| view.configurations.get()),
        configurations_base: Base::Shards,
    };
    Cluster::from_sources(spec, sources, configs)
}

fn overridden<'a>(
    spec: &'a Spec<'a>,
    shards: &'a Shards<'a>,
    position: usize,
    view: &'a Override<'a>,
    configs: PostgresConfigs<'_, 'a>,
) -> Cluster<'a> {
    let base = Base::Override(position);
    let (replication, replication_base) =
        if view.replication.is_absent() { inherited(spec) } else { (&view.replication, base) };
    let (configurations, configurations_base) =
        either(view.configurations.get(), base, shards.configurations.get());
    let (autoscaling, autoscaling_base) = either(view.autoscaling.get(), base, shards.autoscaling.get());
    let sources = Sources {
        part: Part::Override { position, shard: view.index.integer() },
        instances: own_instances(&view.instances_per_cluster, base).unwrap_or_else(|| shard_instances(spec)),
        replication,
        replication_base,
        autoscaling,
        autoscaling_base,
        configurations,
        configurations_base,
    };
    Cluster::from_sources(spec, sources, configs)
}

/// An override's own object, whole, or else the one of all shards: fields are not merged.
fn either<'a, T>(own: Option<&'a T>, base: Base, shards: Option<&'a T>) -> (Option<&'a T>, Base) {
    if own.is_some() { (own, base) } else { (shards, Base::Shards) }
}

/// What a part without a replication of its own has.
static NO_REPLICATION: Given<'static, Replication<'static>> = Given::Absent;

/// The replication of a shard that says nothing of its own.
fn inherited<'a>(spec: &'a Spec<'a>) -> (&'a Given<'a, Replication<'a>>, Base) {
    match spec.shards.get().map(|shards| &shards.replication) {
        Some(replication) if !replication.is_absent() => (replication, Base::Shards),
        _ => (&spec.replication, Base::Spec),
    }
}

fn own_instances<'a>(leaf: &'a Leaf<'a>, base: Base) -> Option<Field<'a>> {
    (!leaf.is_absent()).then(|| Field::new(leaf, Place::new(base, &["instancesPerCluster"])))
}

fn shard_instances<'a>(spec: &'a Spec<'a>) -> Field<'a> {
    let leaf = spec.shards.get().map_or(&ABSENT, |shards| &shards.instances_per_cluster);
    Field::new(leaf, Place::new(Base::Shards, &["instancesPerCluster"]))
}
