//! The kinds of objects that syncguard knows, and under which names API servers serve them.

/// A kind of object that is judged, or that a judgment needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A Postgres cluster.
    Cluster,
    /// A Postgres cluster made of clusters.
    ShardedCluster,
    /// Settings of Postgres that clusters name.
    PostgresConfig,
    /// The number of pods that somebody asks for.
    Scale,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cluster, Self::ShardedCluster, Self::PostgresConfig, Self::Scale];

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "SGCluster",
            Self::ShardedCluster => "SGShardedCluster",
            Self::PostgresConfig => "SGPostgresConfig",
            Self::Scale => "Scale",
        }
    }

    /// The API group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Cluster | Self::ShardedCluster | Self::PostgresConfig => "stackgres.io",
            Self::Scale => "autoscaling",
        }
    }

    /// The versions that any StackGres since 1.0 serves, the newest first (its CRDs, read in November 2026). An
    /// SGShardedCluster is served as `v1alpha1` from 1.4, as `v1beta1` too from 1.19; an API server converts between them
    /// by rewriting the version alone, so either can hold the fields of either.
    pub fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Cluster | Self::PostgresConfig | Self::Scale => &["v1"],
            Self::ShardedCluster => &["v1beta1", "v1alpha1"],
        }
    }

    /// Each group and version, as manifests have them, the newest first.
    pub fn api_versions(self) -> impl Iterator<Item = String> {
        self.versions().iter().map(move |version| format!("{}/{version}", self.group()))
    }

    /// The group and the newest version.
    pub fn api_version(self) -> String {
        self.api_versions().next().unwrap_or_default()
    }

    /// The name in paths of the API and in a webhook's registration.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Cluster => "sgclusters",
            Self::ShardedCluster => "sgshardedclusters",
            Self::PostgresConfig => "sgpgconfigs",
            // Of an SGCluster, the only kind that has one.
            Self::Scale => "sgclusters/scale",
        }
    }

    /// The kind of this name in this API group, whatever the version.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|known| known.name() == kind)?;
        let version = api_version.strip_prefix(known.group())?;
        (version.is_empty() || version.starts_with('/')).then_some(known)
    }

    /// The fields of its `spec` that are read.
    pub fn read_in_spec(self) -> &'static [&'static str] {
        match self {
            Self::Cluster => &[
                "instances",
                "profile",
                "postgres",
                "postgresServices",
                "pods",
                "replication",
                "autoscaling",
                "initialData",
                "managedSql",
                "replicateFrom",
                "nonProductionOptions",
                "configurations",
            ],
            Self::ShardedCluster => &[
                "profile",
                "type",
                "postgres",
                "postgresServices",
                "replication",
                "initialData",
                "managedSql",
                "replicateFrom",
                "nonProductionOptions",
                "coordinator",
                "workers",
            ],
            Self::PostgresConfig => &["postgresql.conf"],
            Self::Scale => &["replicas"],
        }
    }

    /// The fields of its `spec` that StackGres has, or had, and nobody here reads.
    pub fn unread_in_spec(self) -> &'static [&'static str] {
        match self {
            Self::Cluster => {
                &["sgInstanceProfile", "metadata", "distributedLogs", "toInstallPostgresExtensions"]
            }
            Self::ShardedCluster => &["database", "metadata", "configurations", "distributedLogs"],
            Self::PostgresConfig => &["postgresVersion"],
            Self::Scale => &[],
        }
    }

    /// Whether any StackGres has, or had, a field of this name in its `spec`.
    pub fn has_in_spec(self, key: &str) -> bool {
        let removed: &[&str] = match self {
            Self::Cluster => &["prometheusAutobind"],
            Self::ShardedCluster => &["prometheusAutobind", "shards"],
            Self::PostgresConfig | Self::Scale => &[],
        };
        [self.read_in_spec(), self.unread_in_spec(), removed].iter().any(|keys| keys.contains(&key))
    }
}
