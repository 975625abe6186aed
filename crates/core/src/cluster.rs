//! One Postgres cluster as it will be: each value that counts, what it means, and where it is written.
//!
//! An SGCluster is one; an SGShardedCluster makes several (`sharded`). Rules read clusters, so one rule
//! judges both, and every path comes with the field that was read.

mod autoscaling;
mod field;
mod group;
mod indexes;
mod parameter;
mod patroni;
mod settings;
mod sharded;
mod surroundings;

pub use autoscaling::Autoscaling;
pub use field::{Base, Field, FieldPath, WorkersField};
pub use group::{Group, default_group_name};
pub use indexes::{Child, Element, Owners, Range};
pub use parameter::{Parameter, SetIn};
pub use sharded::{Overriding, Part, Sharded, Written, number_of};
pub use surroundings::Followed;

use settings::Configured;

use crate::{
    facts::Release,
    patroni::Deployed,
    replication::{Mode, Role},
    topology::{Synchronous, Topology},
    view::{self, ABSENT, Body, Given, Kind, Leaf, Parameters, Spec},
};

/// How the SGPostgresConfig of a name is found, in the namespace of the cluster at hand.
pub type PostgresConfigs<'f, 'a> = &'f dyn Fn(&str) -> Option<&'a Parameters<'a>>;

/// A cluster whose SGPostgresConfig nobody knows.
pub fn no_postgres_configs<'a>(_: &str) -> Option<&'a Parameters<'a>> {
    None
}

/// One Postgres cluster with the values in effect.
#[expect(clippy::struct_excessive_bools, reason = "each says something else of the same cluster")]
pub struct Cluster<'a> {
    /// Which part of the object it is.
    pub part: Part,
    /// Whether the operator makes it: an override can be for none of the workers that there are, or for each of them.
    pub exists: bool,
    /// n, the number of pods.
    pub instances: Field<'a>,
    /// Whether the object in which n belongs holds fields that no known StackGres has: where n is absent, one of them may
    /// be its new name.
    pub instances_may_be_renamed: bool,
    /// M, what a commit waits for.
    pub mode: Field<'a>,
    /// The role of the main pods.
    pub role: Field<'a>,
    /// k, for how many standbys a commit waits in the counted modes.
    pub sync_instances: Field<'a>,
    /// Who may change n.
    pub autoscaling: Option<Autoscaling<'a>>,
    /// The version of Postgres.
    pub postgres_version: Field<'a>,
    /// The flavor of Postgres: `vanilla`, `babelfish`.
    pub postgres_flavor: Field<'a>,
    /// The cluster that this one follows.
    pub replicate_from: Field<'a>,
    /// The name of the object, where the cluster is all of it.
    name: Option<&'a str>,
    spec: &'a Spec<'a>,
    /// Whether something else than an object stands at `replication`, so that nothing is known of it.
    replication_is_unreadable: bool,
    groups: Vec<Group<'a>>,
    /// Whether what is wrong with its settings is told of it: workers share theirs, and query routers the coordinator's, and
    /// there can be thousands of overrides.
    answers_for_settings: bool,
    /// Settings of Postgres and Patroni that stand in the object itself.
    settings: Configured<'a>,
    /// What names the SGPostgresConfig.
    naming: Configured<'a>,
    /// The settings of Postgres and of Patroni that stand in the object itself, found once: nearly every rule asks for one.
    parameters: Option<&'a Parameters<'a>>,
    dynamic_config: Option<&'a view::DynamicConfig<'a>>,
    postgres_config: Option<&'a Parameters<'a>>,
    topology: Option<Topology>,
    /// The version of Postgres that runs already, as the operator saw it.
    running_postgres: &'a Leaf<'a>,
    /// The release of StackGres that the object names, and the one that the settings name.
    release: (Option<Release>, Option<Release>),
    /// The Patroni that follows from the two, which many rules ask for.
    patroni: Deployed,
}

/// Where the values of a cluster are taken from.
#[derive(Clone, Copy)]
struct Sources<'a> {
    part: Part,
    exists: bool,
    instances: Field<'a>,
    holds_unknown_fields: bool,
    replication: &'a Given<'a, view::Replication<'a>>,
    replication_base: Base,
    autoscaling: Option<&'a view::Autoscaling<'a>>,
    autoscaling_base: Base,
    settings: Configured<'a>,
    postgres_config: Configured<'a>,
}

impl<'a> Cluster<'a> {
    /// The cluster that an SGCluster is, at the instances that it names.
    ///
    /// An object whose `spec` is not an object is a cluster of which nothing is known.
    pub fn of(object: &'a Body<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let instances = &spec_of(object).instances;
        Self::with_instances(
            object,
            Field::new(instances, FieldPath::new(Base::Spec, &["instances"])),
            configs,
        )
    }

    /// The same cluster scaled to the replicas that somebody asks for through `/scale`.
    pub fn scaled(object: &'a Body<'a>, replicas: &'a Leaf<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let replicas = Field::new(replicas, FieldPath::new(Base::Spec, &["replicas"]));
        Self::with_instances(object, replicas, configs)
    }

    fn with_instances(object: &'a Body<'a>, instances: Field<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let spec = spec_of(object);
        let configured = Configured { configurations: spec.configurations.get(), base: Base::Spec };
        let sources = Sources {
            part: Part::Whole,
            exists: true,
            holds_unknown_fields: !instances_are_known(object, Kind::Cluster),
            instances,
            replication: &spec.replication,
            replication_base: Base::Spec,
            autoscaling: spec.autoscaling.get(),
            autoscaling_base: Base::Spec,
            settings: configured,
            postgres_config: configured,
        };
        Self::from_sources(spec, sources, configs).seen_in(object)
    }

    /// The cluster with what the operator has noted at the object that it is, or is a part of.
    fn seen_in(self, object: &'a Body<'a>) -> Self {
        let annotated = object.operator_version().and_then(Release::read);
        let name = object.name().filter(|_| self.part == Part::Whole);
        let release = (annotated, self.release.1);
        Self { name, running_postgres: object.running_postgres(), release, ..self }.with_patroni()
    }

    /// The cluster below the operator that the settings name.
    #[must_use]
    pub fn under(mut self, configured: Option<Release>) -> Self {
        if configured == self.release.1 {
            return self;
        }
        self.release.1 = configured;
        self.with_patroni()
    }

    fn with_patroni(mut self) -> Self {
        self.patroni = self.deployed_patroni();
        self
    }

    fn from_sources(spec: &'a Spec<'a>, sources: Sources<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        let replication = sources.replication.get();
        let whole = sources.part == Part::Whole;
        let at = |key| FieldPath::new(sources.replication_base, key);
        let leaf = |read: fn(&'a view::Replication<'a>) -> &'a Leaf<'a>| replication.map_or(&ABSENT, read);
        let postgres =
            |read: fn(&'a view::Postgres<'a>) -> &'a Leaf<'a>| spec.postgres.get().map_or(&ABSENT, read);
        let named = sources.postgres_config.configurations.and_then(|all| all.sg_postgres_config.text());
        let autoscaling =
            sources.autoscaling.map(|view| Autoscaling::new(view, sources.autoscaling_base, whole));
        let cluster = Self {
            part: sources.part,
            exists: sources.exists,
            instances_may_be_renamed: sources.instances.is_absent() && sources.holds_unknown_fields,
            instances: sources.instances,
            mode: Field::new(leaf(|view| &view.mode), at(&["replication", "mode"])),
            // Only an SGCluster has roles and groups; elsewhere they are unknown fields without effect.
            role: Field::new(
                if whole { leaf(|view| &view.role) } else { &ABSENT },
                at(&["replication", "role"]),
            ),
            sync_instances: Field::new(
                leaf(|view| &view.sync_instances),
                at(&["replication", "syncInstances"]),
            ),
            autoscaling,
            postgres_version: Field::new(
                postgres(|view| &view.version),
                FieldPath::new(Base::Spec, &["postgres", "version"]),
            ),
            postgres_flavor: Field::new(
                postgres(|view| &view.flavor),
                FieldPath::new(Base::Spec, &["postgres", "flavor"]),
            ),
            replicate_from: Field::new(
                written(&spec.replicate_from),
                FieldPath::new(Base::Spec, &["replicateFrom"]),
            ),
            name: None,
            spec,
            replication_is_unreadable: sources.replication.other().is_some(),
            groups: Vec::new(),
            answers_for_settings: true,
            settings: sources.settings,
            naming: sources.postgres_config,
            parameters: sources.settings.parameters(),
            dynamic_config: sources.settings.dynamic_config(),
            postgres_config: named.and_then(configs),
            topology: None,
            running_postgres: &ABSENT,
            release: (None, None),
            patroni: Deployed::Unknown,
        };
        cluster.arranged()
    }

    /// The same cluster with another number of instances, the value of another object perhaps.
    #[must_use]
    pub fn at(self, instances: &'a Leaf<'a>) -> Self {
        Self { instances: self.instances.holding(instances), ..self }.arranged()
    }

    /// The cluster with what follows from its number of instances.
    fn arranged(mut self) -> Self {
        let groups = self.spec.replication.get().map(|view| &view.groups);
        if let Some(Given::Is(groups)) = groups.filter(|_| self.part == Part::Whole) {
            self.groups =
                groups.iter().enumerate().map(|(index, view)| Group::new(index, view, &self)).collect();
        }
        self.topology = self.lay_out();
        self
    }

    fn lay_out(&self) -> Option<Topology> {
        if !self.groups_are_a_list() {
            return None;
        }
        let sizes: Option<Vec<_>> = self
            .groups
            .iter()
            .map(|group| Some((group.role()?, group.size().filter(|size| *size >= 1)?)))
            .collect();
        Topology::new(self.instances()?, self.role()?, &sizes?)
    }

    /// n, where it is a number that a cluster can have; 0 is a cluster stopped on purpose.
    pub fn instances(&self) -> Option<i64> {
        self.instances.integer().filter(|instances| (0..=MOST_INSTANCES).contains(instances))
    }

    /// Whether the cluster is stopped on purpose.
    pub fn is_stopped(&self) -> bool {
        self.instances() == Some(0)
    }

    /// Whether any pod of it runs, or would.
    pub fn runs(&self) -> bool {
        self.exists && !self.is_stopped()
    }

    /// M; the operator's default where none is written, none where it is unknown.
    pub fn mode(&self) -> Option<Mode> {
        if self.replication_is_unreadable {
            return None;
        }
        if self.mode.is_absent() {
            return Some(self.part.default_mode());
        }
        self.mode.text().and_then(Mode::named)
    }

    /// The role of the main pods; none where it is unknown or not one for them.
    pub fn role(&self) -> Option<Role> {
        if self.role.is_absent() {
            return Some(Role::HaRead);
        }
        Role::OF_MAIN.into_iter().find(|role| self.role.text() == Some(role.name()))
    }

    /// k as it is written, where it is a number that the field takes.
    pub fn written_sync_instances(&self) -> Option<i64> {
        self.sync_instances.integer().filter(|count| (1..=MOST_INSTANCES).contains(count))
    }

    /// k as it counts: 1 where none is written; none where it is invalid.
    pub fn sync_instances(&self) -> Option<i64> {
        if self.sync_instances.is_absent() { Some(1) } else { self.written_sync_instances() }
    }

    /// Patroni's synchronous settings; none where the manifest does not determine them.
    pub fn synchronous(&self) -> Option<Synchronous> {
        let mode = self.mode()?;
        let count = if mode.is_counted() { self.sync_instances()? } else { 1 };
        Some(Synchronous::of(mode, self.instances()?, count))
    }

    /// The pods; none where the manifest does not determine them, or the cluster is stopped.
    pub fn topology(&self) -> Option<&Topology> {
        self.topology.as_ref()
    }

    /// The groups beside the main pods, as many as the manifest lists.
    pub fn groups(&self) -> &[Group<'a>] {
        &self.groups
    }

    /// What stands in place of the list of groups.
    pub fn groups_other(&self) -> Option<&'a Leaf<'a>> {
        if self.part == Part::Whole { self.spec.replication.get()?.groups.other() } else { None }
    }

    /// The place of the list of groups.
    pub fn groups_place(&self) -> FieldPath<'a> {
        FieldPath::new(Base::Spec, &["replication", "groups"])
    }

    fn groups_are_a_list(&self) -> bool {
        self.groups_other().is_none()
    }

    /// S, the sum of the sizes of the groups; none where one of them is unknown.
    pub fn grouped_instances(&self) -> Option<i64> {
        self.groups.iter().try_fold(0_i64, |sum, group| sum.checked_add(group.size()?))
    }

    /// Whether pods of the cluster may share a node, and the field that says so.
    pub fn pods_may_share_a_node(&self) -> Option<Field<'a>> {
        let options = self.spec.non_production_options.get();
        let disabled = options.map_or(&ABSENT, |options| &options.disable_cluster_pod_anti_affinity.0);
        let place = FieldPath::new(Base::Spec, &["nonProductionOptions", "disableClusterPodAntiAffinity"]);
        match (disabled.flag(), self.spec.profile.text()) {
            (Some(true), _) => Some(Field::new(disabled, place)),
            (None, Some("testing" | "development")) if disabled.is_absent() => {
                Some(Field::new(&self.spec.profile, FieldPath::new(Base::Spec, &["profile"])))
            }
            _ => None,
        }
    }

    /// Whether there is no service NAME-replicas: somebody switched it off, or the operator does, as it does for workers and
    /// query routers.
    pub fn replicas_service_is_off(&self) -> bool {
        let services = self.spec.postgres_services.get();
        let service = match self.part {
            Part::Whole => services.and_then(|services| services.replicas.get()),
            Part::Coordinator => services.and_then(|services| services.coordinator.get()?.any.get()),
            Part::Plain(_) | Part::Override(..) => return true,
        };
        service.and_then(|service| service.enabled.flag()) == Some(false)
    }

    /// Whether the autoscaler may change n.
    pub fn horizontal_autoscaling(&self) -> Option<&Autoscaling<'a>> {
        self.autoscaling.as_ref().filter(|autoscaling| autoscaling.is_horizontal())
    }
}

/// The operator reads numbers of instances as 32 bits, and fails on a larger one.
const MOST_INSTANCES: i64 = i32::MAX as i64;

/// Whether every field around an object's anchors is one that some StackGres has.
fn instances_are_known(object: &Body<'_>, kind: Kind) -> bool {
    object.unknown_in_spec(kind).next().is_none() && (!object.spec.is_absent() || object.unknown.is_empty())
}

fn spec_of<'a>(object: &'a Body<'a>) -> &'a Spec<'a> {
    static NO_SPEC: std::sync::LazyLock<Spec<'static>> = std::sync::LazyLock::new(Spec::default);
    object.spec.get().unwrap_or(&NO_SPEC)
}

/// What stands in the place of an object, of which only that it is there is told.
fn written<'a, T>(given: &'a Given<'a, T>) -> &'a Leaf<'a> {
    static OBJECT: Leaf<'static> = Leaf::Object(1);
    match given {
        Given::Absent => &ABSENT,
        Given::Is(_) => &OBJECT,
        Given::Other(leaf) => leaf,
    }
}
