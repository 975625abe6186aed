//! The view: the fields that syncguard judges, read as they are written; everything else is skipped.
//!
//! One set of types serves JSON bytes and parsed YAML. Reading never fails on a value of a wrong type,
//! and keeps no positions: those are looked up by path, for what is found. The types are never written
//! back to a document; `review::complete` alone fills defaults into them.

pub mod admission_review;
mod amount;
pub(crate) mod fields;
mod keys;
mod kind;
mod leaf;
mod node;
mod settings;
mod shape;
mod typed;

pub(crate) use amount::keeps_another;
pub use amount::{LONGEST_LIST, LONGEST_MAP};
pub use keys::{Key, Keys, Nested};
pub use kind::Kind;
pub use leaf::{ABSENT, Leaf};
pub use node::{Fill, Given, Inner, List, Slot};
pub use settings::{DynamicConfig, Map, Parameters, Setting};
pub use shape::Shape;
pub use typed::{Flag, Integer, Mistyped, Opaque, Text, Trail, Typed, elements};

use std::iter;

use fields::objects;

/// Any object of Kubernetes, as far as it is read here.
pub type Object<'a> = Given<'a, Body<'a>>;

objects! {
    /// The top level of an object.
    Body => {
        "apiVersion" api_version: Text<'a>,
        "kind" kind: Text<'a>,
        "metadata" metadata: Given<'a, Metadata<'a>>,
        /// What is wanted.
        "spec" spec: Given<'a, Spec<'a>>,
        /// What the operator saw last.
        "status" status: Given<'a, Status<'a>>,
        .. /// Keys that an object of Kubernetes does not have.
        unknown
    }

    /// `metadata`, whose types are the API server's business.
    Metadata (lenient) => {
        "name" name: Leaf<'a>,
        "namespace" namespace: Leaf<'a>,
        "resourceVersion" resource_version: Leaf<'a>,
        "annotations" annotations: Given<'a, Annotations<'a>>,
        "ownerReferences" owner_references: List<'a, OwnerReference<'a>>,
    }

    /// The annotations that mean something to syncguard.
    Annotations (lenient) => {
        "syncguard.dev/ignore" ignore: Leaf<'a>,
        /// The release of StackGres that the cluster's pods are made by.
        "stackgres.io/operatorVersion" operator_version: Leaf<'a>,
    }

    /// Who made the object, and deletes it with itself.
    OwnerReference (lenient) => {
        "apiVersion" api_version: Leaf<'a>,
        "kind" kind: Leaf<'a>,
        "controller" controller: Leaf<'a>,
    }

    /// `spec` of every kind that is read: no two of them use one name for different things. Where it, the coordinator or
    /// the workers are no objects, nobody knows what the object is; a rule of its own tells so.
    Spec (lenient) => {
        /// SGCluster: the number of pods.
        "instances" instances (lenient): Integer<'a>,
        "profile" profile: Text<'a>,
        "postgres" postgres: Given<'a, Postgres<'a>>,
        "pods" pods: Given<'a, Pods<'a>>,
        "postgresServices" postgres_services: Given<'a, PostgresServices<'a>>,
        "replication" replication: Given<'a, Replication<'a>>,
        "autoscaling" autoscaling: Given<'a, Autoscaling<'a>>,
        "replicateFrom" replicate_from: Given<'a, Box<ReplicateFrom<'a>>>,
        "initialData" initial_data: Given<'a, InitialData<'a>>,
        "managedSql" managed_sql: Given<'a, ManagedSql<'a>>,
        "nonProductionOptions" non_production_options: Given<'a, NonProductionOptions<'a>>,
        "configurations" configurations: Given<'a, Configurations<'a>>,
        /// Removed in StackGres 1.17.
        "prometheusAutobind" prometheus_autobind: Leaf<'a>,
        /// SGShardedCluster: the cluster that clients talk to.
        "coordinator" coordinator: Given<'a, Box<Coordinator<'a>>>,
        /// SGShardedCluster: how it shards, `citus`, `ddp` or `shardingsphere`.
        "type" sharding: Text<'a>,
        /// SGShardedCluster since StackGres 1.19: the clusters that hold the data.
        "workers" workers: Given<'a, Box<Workers<'a>>>,
        /// SGShardedCluster until StackGres 1.18: the same.
        "shards" shards: Given<'a, Box<Workers<'a>>>,
        /// SGPostgresConfig: the settings.
        "postgresql.conf" postgresql_conf: Given<'a, Parameters<'a>>,
        /// Scale: the number of pods asked for.
        "replicas" replicas: Leaf<'a>,
        .. /// The keys that nobody here reads; `Kind::unread_in_spec` tells which of them the kind has.
        unread
    }

    /// Which Postgres runs.
    Postgres => {
        "version" version: Text<'a>,
        "flavor" flavor: Text<'a>,
        .. /// The keys that nobody here reads.
        unread (open)
    }

    /// How pods run.
    Pods (lenient) => {
        "scheduling" scheduling: Given<'a, Scheduling<'a>>,
        .. /// The keys that nobody here reads.
        unread (open)
    }

    /// The services through which clients reach the pods.
    PostgresServices => {
        "replicas" replicas: Given<'a, PostgresService<'a>>,
        /// SGShardedCluster: those of the coordinator.
        "coordinator" coordinator: Given<'a, CoordinatorServices<'a>>,
    }

    /// The services of a coordinator.
    CoordinatorServices => {
        /// The service for reads from any of its pods.
        "any" any: Given<'a, PostgresService<'a>>,
    }

    /// One such service.
    PostgresService => {
        "enabled" enabled: Flag<'a>,
    }

    /// How data is replicated inside one cluster.
    Replication => {
        "mode" mode (lenient): Text<'a>,
        "role" role (lenient): Text<'a>,
        "syncInstances" sync_instances (lenient): Integer<'a>,
        "groups" groups: List<'a, Group<'a>>,
        "initialization" initialization: Opaque<'a>,
        .. /// Keys that a replication object does not have.
        unknown
    }

    /// Pods beside the main ones, with a role of their own; judged by rules of their own.
    Group (lenient) => {
        "name" name (lenient): Text<'a>,
        "role" role (lenient): Text<'a>,
        "instances" instances (lenient): Integer<'a>,
        "minInstances" min_instances (lenient): Integer<'a>,
        .. /// Keys that a group does not have.
        unknown
    }

    /// Who may change the number and size of pods, and how far; its leaves have a rule of their own.
    Autoscaling => {
        "mode" mode (lenient): Text<'a>,
        "minInstances" min_instances (lenient): Integer<'a>,
        "maxInstances" max_instances (lenient): Integer<'a>,
        "minAllowed" min_allowed: Nested<'a>,
        "maxAllowed" max_allowed: Nested<'a>,
        /// Where the bounds of the number of pods do not stand.
        "horizontal" horizontal: Nested<'a>,
        /// Where the bounds of the size of pods do not stand.
        "vertical" vertical: Nested<'a>,
        .. /// Keys that no StackGres has here.
        unknown
    }

    /// What a cluster starts with.
    InitialData (lenient) => {
        "restore" restore: Leaf<'a>,
    }

    /// Scripts that the operator runs.
    ManagedSql (lenient) => {
        "scripts" scripts: List<'a, ManagedScript<'a>>,
    }

    /// One of them.
    ManagedScript (lenient) => {
        "sgScript" sg_script: Leaf<'a>,
    }

    /// On which nodes the pods may stand.
    Scheduling (lenient) => {
        "podAntiAffinity" pod_anti_affinity: Leaf<'a>,
        "topologySpreadConstraints" topology_spread_constraints: Leaf<'a>,
    }

    /// The cluster that this one follows.
    ReplicateFrom => {
        "instance" instance: Given<'a, ReplicatedInstance<'a>>,
        "storage" storage: Given<'a, ReplicatedStorage<'a>>,
    }

    /// A running cluster that is followed.
    ReplicatedInstance => {
        "sgCluster" sg_cluster: Text<'a>,
        "external" external: Given<'a, ReplicatedHost<'a>>,
    }

    /// A cluster outside of this namespace that is followed.
    ReplicatedHost => {
        "host" host: Text<'a>,
    }

    /// The archive of a cluster that is followed.
    ReplicatedStorage => {
        "path" path: Text<'a>,
    }

    /// Options that trade safety for convenience.
    NonProductionOptions => {
        "disableClusterPodAntiAffinity" disable_cluster_pod_anti_affinity: Flag<'a>,
        "enabledFeatureGates" enabled_feature_gates: Given<'a, Vec<Leaf<'a>>>,
    }

    /// Settings of the programs in the pods.
    Configurations => {
        "sgPostgresConfig" sg_postgres_config: Text<'a>,
        "postgres" postgres: Given<'a, InlinePostgres<'a>>,
        "patroni" patroni: Given<'a, Patroni<'a>>,
        "backups" backups: Leaf<'a>,
        .. /// The keys that nobody here reads.
        unread (open)
    }

    /// Settings of Postgres that stand in the cluster itself.
    InlinePostgres => {
        "postgresql.conf" postgresql_conf: Given<'a, Parameters<'a>>,
    }

    /// Settings of Patroni.
    Patroni => {
        "dynamicConfig" dynamic_config: Given<'a, DynamicConfig<'a>>,
        "initialConfig" initial_config: Given<'a, Keys<'a>>,
    }

    /// The cluster that clients of an SGShardedCluster talk to.
    Coordinator (lenient) => {
        "instances" instances (lenient): Integer<'a>,
        "replication" replication: Given<'a, Replication<'a>>,
        "autoscaling" autoscaling: Given<'a, Autoscaling<'a>>,
        "configurations" configurations: Given<'a, Configurations<'a>>,
        /// Since StackGres 1.19: its name.
        "clusterName" cluster_name: Text<'a>,
        /// Since StackGres 1.19: how many clusters of one coordinator's instance each answer queries beside it.
        "queryRouterClusters" query_router_clusters (lenient): Integer<'a>,
        /// Since StackGres 1.19: their names, without the number at the end.
        "queryRouterClusterNameTemplate" query_router_cluster_name_template: Text<'a>,
        /// Since StackGres 1.19: where their Citus groups begin; also the most workers there can be.
        "queryRouterIndexOffset" query_router_index_offset (lenient): Integer<'a>,
        .. /// Keys that no StackGres has here.
        unknown except ["pods", "sgInstanceProfile", "managedSql", "metadata", "postgresServices"]
    }

    /// The clusters of an SGShardedCluster that hold the data: `workers`, or `shards` until StackGres 1.18.
    Workers (lenient) => {
        "clusters" clusters (lenient): Integer<'a>,
        /// Since StackGres 1.19: their names, without the number at the end.
        "clusterNameTemplate" cluster_name_template: Text<'a>,
        "instancesPerCluster" instances_per_cluster (lenient): Integer<'a>,
        "replication" replication: Given<'a, Replication<'a>>,
        "autoscaling" autoscaling: Given<'a, Autoscaling<'a>>,
        "configurations" configurations: Given<'a, Configurations<'a>>,
        "overrides" overrides: List<'a, Override<'a>>,
        .. /// Keys that no StackGres has here.
        unknown except ["pods", "sgInstanceProfile", "managedSql", "metadata"]
    }

    /// What is different in some of the workers, or query routers.
    Override => {
        "index" index (lenient): Integer<'a>,
        /// Since StackGres 1.19: several at once.
        "indexes" indexes: Given<'a, Vec<Leaf<'a>>>,
        /// Since StackGres 1.19: whether it is about workers or query routers.
        "type" kind (lenient): Text<'a>,
        "instancesPerCluster" instances_per_cluster (lenient): Integer<'a>,
        "replication" replication: Given<'a, Replication<'a>>,
        "autoscaling" autoscaling: Given<'a, Autoscaling<'a>>,
        "configurations" configurations: Given<'a, Configurations<'a>>,
        .. /// Keys that no StackGres has here.
        unknown except ["pods", "sgInstanceProfile", "managedSql", "metadata"]
    }

    /// `status`, which the operator writes and nobody judges.
    Status (lenient) => {
        /// The version of Postgres that runs, also where `spec` names a major version or `latest`.
        "postgresVersion" postgres_version: Leaf<'a>,
        "podStatuses" pod_statuses: List<'a, PodStatus<'a>>,
    }

    /// What the operator saw of one pod.
    PodStatus (lenient) => {
        "name" name: Leaf<'a>,
        "primary" primary: Leaf<'a>,
    }
}

impl<'a> Body<'a> {
    /// What kind of object it says it is; none for a kind that is not judged.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::of(self.api_version.text()?, self.kind.text()?)
    }

    /// `metadata.name`, or nothing.
    pub fn name(&self) -> Option<&str> {
        self.metadata.get()?.name.text()
    }

    /// `metadata.namespace`, where it is written.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata.get()?.namespace.text()
    }

    /// The number of pods that a Scale asks for. An API server leaves a zero out: `replicas` of autoscaling/v1 is
    /// `omitempty`.
    pub fn replicas(&self) -> &Leaf<'a> {
        static NONE: Leaf<'static> = Leaf::Integer(0);
        match &self.spec {
            Given::Is(spec) if !spec.replicas.is_absent() => &spec.replicas,
            Given::Is(_) | Given::Absent => &NONE,
            Given::Other(_) => &ABSENT,
        }
    }

    /// The version of Postgres that the operator says runs; absent where it says nothing.
    pub fn running_postgres(&self) -> &Leaf<'a> {
        self.status.get().map_or(&ABSENT, |status| &status.postgres_version)
    }

    /// The release of StackGres that the cluster's pods are made by, where the operator has noted it.
    pub fn operator_version(&self) -> Option<&str> {
        self.metadata.get()?.annotations.get()?.operator_version.text()
    }

    /// The names of the SGPostgresConfigs that an SGCluster, or any part of an SGShardedCluster, names.
    pub fn postgres_configs(&self) -> impl Iterator<Item = &str> {
        let spec = self.spec.get();
        let root = spec.map(|spec| &spec.configurations);
        let coordinator = spec.and_then(|spec| Some(&spec.coordinator.get()?.configurations));
        let workers = spec.into_iter().flat_map(|spec| [spec.workers.get(), spec.shards.get()]).flatten();
        let workers = workers.flat_map(|workers| {
            let overrides = elements(&workers.overrides).map(|(_, view)| &view.configurations);
            iter::once(&workers.configurations).chain(overrides)
        });
        let all = [root, coordinator].into_iter().flatten().chain(workers);
        all.filter_map(|configurations| configurations.get()?.sg_postgres_config.text())
    }

    /// The fields of its `spec` that no StackGres has there; none where it has no `spec`.
    pub fn unknown_in_spec<'v>(&'v self, kind: Kind) -> impl Iterator<Item = &'v str> {
        let spec = self.spec.get();
        let read = spec.into_iter().flat_map(Spec::written).map(|key| -> &'v str { key });
        let unread = spec.into_iter().flat_map(|spec| spec.unread.iter());
        let unread = unread.map(|key| -> &'v str { key });
        // A directive of kustomize ($patch) is no field.
        read.chain(unread).filter(move |key| !kind.has_in_spec(key) && !key.starts_with('$'))
    }

    /// Whether the object has its newest known shape's `apiVersion`, or an older one that some StackGres serves.
    pub fn is_served(&self, kind: Kind) -> bool {
        let written = self.api_version.text().and_then(|version| version.split_once('/'));
        written.is_some_and(|(_, version)| kind.versions().contains(&version))
    }

    /// Whether a StackGres object wrote this one: the operator's own output, judged at its owner.
    pub fn has_stackgres_controller(&self) -> bool {
        let controls = |owner: &OwnerReference<'a>| {
            owner.controller.flag() == Some(true)
                && owner.api_version.text().is_some_and(|version| version.starts_with("stackgres.io/"))
        };
        let owners = self.metadata.get().map(|metadata| &metadata.owner_references);
        owners.is_some_and(|owners| elements(owners).any(|(_, owner)| controls(owner)))
    }

    /// The values of a type that the CRD refuses, but for those that a rule of their own judges.
    pub fn mistyped(&self) -> Vec<Mistyped<'_>> {
        let mut found = Vec::new();
        self.spec.mistyped(&Trail::from("spec"), &mut found);
        found
    }
}
