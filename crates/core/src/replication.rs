//! The words of replication: the modes and roles that a manifest can name.

/// `spec.replication.mode`: what a commit waits for. Case matters, as it does to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Commits wait for nobody.
    Async,
    /// Commits wait for `syncInstances` standbys, as long as there are any.
    Sync,
    /// Commits wait for `syncInstances` standbys, and hang without any.
    StrictSync,
    /// Commits wait for every standby that is there, as long as there are any.
    SyncAll,
    /// Commits wait for every standby that is there, and hang without any.
    StrictSyncAll,
}

impl Mode {
    /// Every mode, weakest promise first.
    pub const ALL: [Self; 5] =
        [Self::Async, Self::Sync, Self::StrictSync, Self::SyncAll, Self::StrictSyncAll];

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Sync => "sync",
            Self::StrictSync => "strict-sync",
            Self::SyncAll => "sync-all",
            Self::StrictSyncAll => "strict-sync-all",
        }
    }

    /// The mode of exactly this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Whether a commit can wait for a standby at all.
    pub fn is_synchronous(self) -> bool {
        self != Self::Async
    }

    /// Whether commits rather hang than go on without a second copy.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::StrictSync | Self::StrictSyncAll)
    }

    /// Whether every standby counts, and `syncInstances` does not.
    pub fn is_all(self) -> bool {
        matches!(self, Self::SyncAll | Self::StrictSyncAll)
    }

    /// Whether `syncInstances` says how many standbys count.
    pub fn is_counted(self) -> bool {
        matches!(self, Self::Sync | Self::StrictSync)
    }
}

/// The role of a group of pods; Patroni knows it as tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Can be promoted, and serves reads.
    HaRead,
    /// Can be promoted, serves no reads.
    Ha,
    /// Serves reads, is never promoted.
    Readonly,
    /// Neither.
    None,
}

impl Role {
    /// The roles of a group.
    pub const OF_GROUPS: [Self; 4] = [Self::HaRead, Self::Ha, Self::Readonly, Self::None];
    /// The roles of the main pods, one of which starts as the primary.
    pub const OF_MAIN: [Self; 2] = [Self::HaRead, Self::Ha];

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::HaRead => "ha-read",
            Self::Ha => "ha",
            Self::Readonly => "readonly",
            Self::None => "none",
        }
    }

    /// Whether Patroni may promote such a pod.
    pub fn is_promotable(self) -> bool {
        matches!(self, Self::HaRead | Self::Ha)
    }

    /// Whether the service for reads selects such a pod.
    pub fn serves_reads(self) -> bool {
        matches!(self, Self::HaRead | Self::Readonly)
    }

    /// The tags that the operator gives such a pod, in the order in which Patroni prints them.
    pub fn tags(self) -> &'static [&'static str] {
        match self {
            Self::HaRead => &[],
            Self::Ha => &["noloadbalance"],
            Self::Readonly => &["nofailover"],
            Self::None => &["nofailover", "noloadbalance"],
        }
    }
}
