//! What reaches which of the clusters that an SGShardedCluster becomes: whole objects replace each other, fields are not
//! merged (StackGres 1.19, `StackGresShardedClusterForUtil`; its own verdicts on children are tested against).

use super::{Overriding, Part, Sharded};
use crate::{
    cluster::{
        Cluster, Configured, Field, FieldPath, PostgresConfigs, Sources, field::Base, indexes::Child,
        instances_are_known,
    },
    view::{ABSENT, Given, Kind, Leaf, Replication},
};

/// What a part without a replication of its own has.
static NO_REPLICATION: Given<'static, Replication<'static>> = Given::Absent;

/// The instances of a query router.
static ONE: Leaf<'static> = Leaf::Integer(1);

/// A replication object and where it stands.
type Placed<'a> = (&'a Given<'a, Replication<'a>>, Base);

impl<'a> Sharded<'a> {
    pub(super) fn make_parts(&self, configs: PostgresConfigs<'_, 'a>) -> Vec<Cluster<'a>> {
        let mut parts = Vec::new();
        // Of what is no object, or under another name, that much is told, and not what it lacks.
        if self.spec.coordinator.other().is_none() {
            parts.push(self.make(self.coordinator_sources(), configs));
        }
        if self.workers.is_some() {
            parts.push(self.make(self.plain_workers(), configs));
        }
        if self.count(Child::QueryRouter) != Some(0) {
            parts.push(self.make(self.plain_routers(), configs));
        }
        parts.extend(self.overrides.iter().filter_map(|it| Some(self.make(self.overridden(it)?, configs))));
        let first_worker = parts.iter().find(|part| part.exists && part.part.is_of(Child::Worker));
        let first_worker = first_worker.map(|part| part.part);
        for part in &mut parts {
            part.answers_for_settings = part.part == Part::Coordinator || Some(part.part) == first_worker;
        }
        parts
    }

    fn make(&self, sources: Sources<'a>, configs: PostgresConfigs<'_, 'a>) -> Cluster<'a> {
        Cluster::from_sources(self.spec, sources, configs)
    }

    fn coordinator_sources(&self) -> Sources<'a> {
        let view = self.spec.coordinator.get();
        Sources {
            part: Part::Coordinator,
            exists: true,
            instances: self.of_coordinator(|view| &view.instances, &["instances"]),
            holds_unknown_fields: self.coordinator_may_be_renamed(),
            replication: view.map_or(&NO_REPLICATION, |view| &view.replication),
            replication_base: Base::Coordinator,
            autoscaling: view.and_then(|view| view.autoscaling.get()),
            autoscaling_base: Base::Coordinator,
            settings: self.of_the_coordinator(),
            postgres_config: self.of_the_coordinator(),
        }
    }

    fn plain_workers(&self) -> Sources<'a> {
        let (replication, replication_base) = self.workers_replication();
        Sources {
            part: Part::Plain(Child::Worker),
            exists: self.first_plain(Child::Worker).is_some(),
            instances: self.worker_instances(),
            holds_unknown_fields: self.workers_hold_unknown_fields(),
            replication,
            replication_base,
            autoscaling: self.workers.and_then(|view| view.autoscaling.get()),
            autoscaling_base: Base::Workers(self.field),
            settings: self.of_the_workers(),
            postgres_config: self.of_the_workers(),
        }
    }

    /// Query routers are made from the coordinator, with one instance and asynchronous whatever it and the root say.
    fn plain_routers(&self) -> Sources<'a> {
        Sources {
            part: Part::Plain(Child::QueryRouter),
            exists: self.first_plain(Child::QueryRouter).is_some(),
            instances: self.router_instances(),
            holds_unknown_fields: false,
            replication: &NO_REPLICATION,
            replication_base: Base::Coordinator,
            // The coordinator's is judged there.
            autoscaling: None,
            autoscaling_base: Base::Coordinator,
            settings: self.of_the_coordinator(),
            postgres_config: self.of_the_workers(),
        }
    }

    fn overridden(&self, overriding: &Overriding<'a>) -> Option<Sources<'a>> {
        let (child, view, base) = (overriding.child?, overriding.view, overriding.base);
        let own = overriding.instances_per_cluster();
        let plain = match child {
            Child::Worker => self.plain_workers(),
            Child::QueryRouter => self.plain_routers(),
        };
        let (replication, replication_base) = if view.replication.is_absent() {
            (plain.replication, plain.replication_base)
        } else {
            (&view.replication, base)
        };
        let names_a_config = view.configurations.get().is_some_and(|all| !all.sg_postgres_config.is_absent());
        Some(Sources {
            part: Part::Override(child, overriding.position),
            exists: overriding.is_for_one_of(self.count(child)),
            instances: if own.is_absent() { plain.instances } else { own },
            replication,
            replication_base,
            // The operator checks it, and does not use it.
            autoscaling: view.autoscaling.get(),
            autoscaling_base: base,
            // Under Citus each cluster gets a copy of the workers' SGPostgresConfig, never of an override's.
            postgres_config: if names_a_config && !self.is_citus() {
                Configured { configurations: view.configurations.get(), base }
            } else {
                plain.postgres_config
            },
            ..plain
        })
    }

    /// Whether the coordinator is absent beside fields that no known StackGres has, or holds such fields itself.
    fn coordinator_may_be_renamed(&self) -> bool {
        match &self.spec.coordinator {
            Given::Is(coordinator) => !coordinator.unknown.is_empty(),
            Given::Absent => !instances_are_known(self.object, Kind::ShardedCluster),
            Given::Other(_) => false,
        }
    }

    fn of_the_coordinator(&self) -> Configured<'a> {
        let configurations = self.spec.coordinator.get().and_then(|view| view.configurations.get());
        Configured { configurations, base: Base::Coordinator }
    }

    fn of_the_workers(&self) -> Configured<'a> {
        let configurations = self.workers.and_then(|view| view.configurations.get());
        Configured { configurations, base: Base::Workers(self.field) }
    }

    /// The replication of a worker that says nothing of its own.
    fn workers_replication(&self) -> Placed<'a> {
        match self.workers.map(|workers| &workers.replication) {
            Some(replication) if !replication.is_absent() => (replication, Base::Workers(self.field)),
            _ => (&self.spec.replication, Base::Spec),
        }
    }

    fn worker_instances(&self) -> Field<'a> {
        let leaf = self.workers.map_or(&ABSENT, |workers| &workers.instances_per_cluster.0);
        Field::new(leaf, FieldPath::new(Base::Workers(self.field), &["instancesPerCluster"]))
    }

    fn router_instances(&self) -> Field<'a> {
        self.count_field(Child::QueryRouter).holding(&ONE)
    }
}
