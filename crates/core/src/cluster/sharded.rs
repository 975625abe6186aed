//! An SGShardedCluster as the clusters that the operator makes of it: the coordinator, the workers (shards until StackGres
//! 1.18) and the query routers.
//!
//! Nothing here loops over how many there are: they differ only by their overrides.

mod names;
mod overriding;
mod parts;
mod written;

pub use names::number_of;
pub use overriding::Overriding;
pub use written::Written;

use super::{
    Cluster, Field, FieldPath, MOST_INSTANCES, PostgresConfigs,
    field::{Base, WorkersField},
    indexes::{Child, Owners, ranges},
    spec_of,
};
use crate::{
    facts::Release,
    replication::Mode,
    view::{ABSENT, Body, Leaf, Spec, Workers, elements},
};

/// Which part of an object a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it: an SGCluster.
    Whole,
    /// The coordinator of an SGShardedCluster.
    Coordinator,
    /// Every worker, or query router, without an override.
    Plain(Child),
    /// Those that an override is for.
    Override(Child, usize),
}

impl Part {
    /// The mode where none is written. The operator makes a coordinator `sync-all`, whatever the root says.
    pub fn default_mode(self) -> Mode {
        match self {
            Self::Coordinator => Mode::SyncAll,
            Self::Whole | Self::Plain(_) | Self::Override(..) => Mode::Async,
        }
    }

    /// Whether it has children of this kind in it.
    pub fn is_of(self, child: Child) -> bool {
        matches!(self, Self::Plain(of) | Self::Override(of, _) if of == child)
    }
}

/// An SGShardedCluster and the clusters it becomes.
pub struct Sharded<'a> {
    spec: &'a Spec<'a>,
    object: &'a Body<'a>,
    workers: Option<&'a Workers<'a>>,
    field: WorkersField,
    overrides: Vec<Overriding<'a>>,
    parts: Vec<Cluster<'a>>,
    /// The release of StackGres that the settings name.
    configured: Option<Release>,
}

impl<'a> Sharded<'a> {
    /// The clusters that the operator makes of an SGShardedCluster.
    pub fn of(object: &'a Body<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let spec = spec_of(object);
        // Where somebody wrote both, the operator takes the newer one.
        let field = if spec.workers.is_absent() && !spec.shards.is_absent() {
            WorkersField::Shards
        } else {
            WorkersField::Workers
        };
        let view = match field {
            WorkersField::Workers => &spec.workers,
            WorkersField::Shards => &spec.shards,
        };
        let workers = view.get().map(Box::as_ref);
        let mut sharded =
            Self { spec, object, workers, field, overrides: Vec::new(), parts: Vec::new(), configured: None };
        sharded.overrides = sharded.read_overrides();
        sharded.parts = sharded.make_parts(configs);
        sharded.map(|part| part.seen_in(object))
    }

    /// The same below the operator that the settings name.
    #[must_use]
    pub fn under(self, configured: Option<Release>) -> Self {
        Self { configured, ..self }.map(|part| part.under(configured))
    }

    fn read_overrides(&self) -> Vec<Overriding<'a>> {
        let routers = self.count(Child::QueryRouter).unwrap_or(0);
        let overrides = self.workers.into_iter().flat_map(|workers| elements(&workers.overrides));
        overrides
            .map(|(position, view)| {
                let ranges: Vec<_> = ranges(view, routers).collect();
                let child = match view.kind.text() {
                    None if view.kind.is_absent() => Some(Child::Worker),
                    written => Child::ALL.into_iter().find(|child| written == Some(child.name())),
                };
                Overriding { position, child, ranges, view, base: Base::Override(self.field, position) }
            })
            .collect()
    }

    /// The same with other clusters made of its own.
    #[must_use]
    pub fn map(self, change: impl FnMut(Cluster<'a>) -> Cluster<'a>) -> Self {
        Self { parts: self.parts.into_iter().map(change).collect(), ..self }
    }

    /// The coordinator, the workers and the query routers without an override, and those of each override, as far as
    /// they can be read.
    pub fn parts(&self) -> &[Cluster<'a>] {
        &self.parts
    }

    /// The release of the operator that looks after the object, as far as it, its apiVersion or the settings tell.
    pub fn known_operator(&self) -> Option<Release> {
        let annotated = self.object.operator_version().and_then(Release::read);
        let served_since = self.object.api_version.text().filter(|version| version.ends_with("/v1beta1"));
        annotated.max(self.configured).max(served_since.map(|_| Release::WORKERS))
    }

    /// The release that the operator has noted at the object.
    pub fn noted_release(&self) -> Option<Release> {
        self.object.operator_version().and_then(Release::read)
    }

    /// The coordinator.
    pub fn coordinator(&self) -> Option<&Cluster<'a>> {
        self.parts.iter().find(|cluster| cluster.part == Part::Coordinator)
    }

    /// The overrides, of whatever type.
    pub fn overrides(&self) -> &[Overriding<'a>] {
        &self.overrides
    }

    /// The field that describes the workers.
    pub fn workers_field(&self) -> WorkersField {
        self.field
    }

    /// Where the workers are described, or would be.
    pub fn workers_place(&self) -> FieldPath<'a> {
        FieldPath::new(Base::Spec, &[]).key(self.field.name())
    }

    /// `shards`, where it stands beside `workers` or where it is all there is; the operator moves or refuses it.
    pub fn shards(&self) -> Option<FieldPath<'a>> {
        let place = FieldPath::new(Base::Spec, &[]).key(WorkersField::Shards.name());
        (!self.spec.shards.is_absent()).then_some(place)
    }

    /// Whether `workers` are written.
    pub fn has_workers(&self) -> bool {
        !self.spec.workers.is_absent()
    }

    /// Whether workers are described, under a name and in a way that some StackGres knows.
    pub fn knows_workers(&self) -> bool {
        self.workers.is_some()
    }

    /// Whether the workers hold fields that no known StackGres has: where one is missing, it may have another name.
    pub fn workers_hold_unknown_fields(&self) -> bool {
        self.workers.is_some_and(|workers| !workers.unknown.is_empty())
    }

    /// The number of workers, or of query routers.
    pub fn count_field(&self, child: Child) -> Field<'a> {
        match child {
            Child::Worker => {
                let leaf = self.workers.map_or(&ABSENT, |workers| &workers.clusters.0);
                Field::new(leaf, FieldPath::new(Base::Workers(self.field), &["clusters"]))
            }
            Child::QueryRouter => {
                self.of_coordinator(|view| &view.query_router_clusters, &["queryRouterClusters"])
            }
        }
    }

    /// How many workers, or query routers, there are; none where that is no number of them.
    pub fn count(&self, child: Child) -> Option<i64> {
        let field = self.count_field(child);
        if child == Child::QueryRouter && field.is_absent() {
            return Some(0);
        }
        field.integer().filter(|count| (0..=MOST_INSTANCES).contains(count))
    }

    /// `coordinator.queryRouterIndexOffset`: the most workers that there can be.
    pub fn query_router_index_offset(&self) -> Field<'a> {
        self.of_coordinator(|view| &view.query_router_index_offset, &["queryRouterIndexOffset"])
    }

    /// `type`: how it shards.
    pub fn sharding(&self) -> Field<'a> {
        Field::new(&self.spec.sharding, FieldPath::new(Base::Spec, &["type"]))
    }

    /// Whether it shards with Citus, where all members share one scope in Patroni.
    pub fn is_citus(&self) -> bool {
        self.spec.sharding.text() == Some("citus")
    }

    fn of_coordinator(
        &self,
        read: fn(&'a crate::view::Coordinator<'a>) -> &'a Leaf<'a>,
        key: &'static [&'static str],
    ) -> Field<'a> {
        let leaf = self.spec.coordinator.get().map_or(&ABSENT, |view| read(view));
        Field::new(leaf, FieldPath::new(Base::Coordinator, key))
    }

    /// Which override is for which worker, or query router.
    pub fn owners(&self, child: Child) -> Owners {
        let of_child = self.overrides.iter().filter(|it| it.child == Some(child));
        Owners::of(of_child.flat_map(|it| it.ranges.iter().map(|(_, range)| (it.position, *range))))
    }

    /// The first worker, or query router, without an override; none where each has one, or there are none.
    pub fn first_plain(&self, child: Child) -> Option<i64> {
        let free = self.owners(child).first_free();
        self.count(child).is_none_or(|count| free < count).then_some(free)
    }

    /// The first one that an override is for, of those that there are.
    pub fn first_of(&self, child: Child, position: usize) -> Option<i64> {
        let overriding = self.overrides.iter().find(|it| it.position == position)?;
        let first = overriding.ranges.iter().map(|(_, range)| range.first).min()?;
        self.count(child).is_none_or(|count| first < count).then_some(first)
    }
}
