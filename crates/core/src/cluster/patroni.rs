//! The Patroni of a cluster: which one, what it is told, and what it makes of that.

use std::borrow::Cow;

use super::{Cluster, Field, FieldPath, Parameter};
use crate::{
    facts::{Release, patroni::PASSES_STANDBY_NAMES_ON},
    patroni::{Deployed, Timing, WrittenTiming, written},
    postgres::SynchronousCommit,
    view::{self, ABSENT, Leaf},
};

impl<'a> Cluster<'a> {
    /// The `synchronous_standby_names` that somebody set; none where it is empty.
    pub fn standby_names_set_by_hand(&self) -> Option<Parameter<'a>> {
        let setting = self.parameter("synchronous_standby_names")?;
        setting.text().is_some_and(|names| !names.is_empty()).then_some(setting)
    }

    /// What a commit waits for at a standby; Postgres's default where nobody sets it.
    pub fn synchronous_commit(&self) -> SynchronousCommit {
        let setting = self.parameter("synchronous_commit");
        setting.and_then(|setting| SynchronousCommit::read(setting.text()?)).unwrap_or(SynchronousCommit::On)
    }

    /// Whether Postgres gets such a list: in synchronous mode Patroni writes its own, outside of it some Patronis pass on
    /// what is set.
    pub fn passes_standby_names_on(&self) -> bool {
        self.synchronous().is_some_and(|settings| !settings.mode)
            && PASSES_STANDBY_NAMES_ON.may_be_in(self.patroni().version())
    }

    /// The version of Postgres that runs, or will: what the operator says runs beats what is wanted, which can be a major
    /// version or `latest`.
    pub fn running_postgres(&self) -> Option<&'a str> {
        self.running_postgres.text().or_else(|| self.postgres_version.leaf().text())
    }

    /// The Patroni that the operator deploys beside this Postgres.
    pub fn patroni(&self) -> Deployed {
        self.patroni
    }

    pub(super) fn deployed_patroni(&self) -> Deployed {
        match (self.running_postgres(), self.postgres_flavor.text()) {
            (Some(version), None | Some("vanilla")) => Deployed::with_postgres(version, self.made_by()),
            _ => Deployed::Unknown,
        }
    }

    /// The release of StackGres that the cluster's images are of: the one that the object names, else the one of the
    /// settings, else the newest known.
    pub fn made_by(&self) -> Release {
        self.release.0.or(self.release.1).unwrap_or(Release::NEWEST)
    }

    /// The release of the operator that looks after the cluster. It may be newer than the images: an object keeps its
    /// annotation until its pods are restarted.
    pub fn operator(&self) -> Release {
        self.release.0.max(self.release.1).unwrap_or(Release::NEWEST)
    }

    /// `recovery_min_apply_delay`, in milliseconds; none where a standby replays at once.
    pub fn replay_delay_ms(&self) -> Option<u64> {
        let delay = self.parameter("recovery_min_apply_delay")?.milliseconds()?;
        u64::try_from(delay).ok().filter(|delay| *delay > 0)
    }

    /// `max_standby_streaming_delay`, in milliseconds: how long a query may hold up replay; none where it may for ever.
    pub fn streaming_delay_ms(&self) -> Option<u64> {
        let setting = self.parameter("max_standby_streaming_delay");
        let delay = setting.and_then(|setting| setting.milliseconds()).unwrap_or(30_000);
        u64::try_from(delay).ok()
    }

    /// The times and limits that Patroni uses.
    pub fn timing(&self) -> Timing {
        let number = |name| self.dynamic_integer(name).map(i64::from);
        let sender_timeout = self.parameter("wal_sender_timeout");
        let written = WrittenTiming {
            ttl: number("ttl"),
            loop_wait: number("loop_wait"),
            retry_timeout: number("retry_timeout"),
            primary_start_timeout: number("primary_start_timeout"),
            master_start_timeout: number("master_start_timeout"),
            maximum_lag_on_failover: number("maximum_lag_on_failover"),
            maximum_lag_on_syncnode: number("maximum_lag_on_syncnode"),
            wal_sender_timeout_ms: sender_timeout.and_then(|setting| setting.milliseconds()),
        };
        Timing::effective(&written, self.operator().default_ttl(), self.patroni().version())
    }

    /// A setting of Patroni that the user wrote, which is absent where nobody wrote it.
    pub fn dynamic(&self, name: &'static str) -> Field<'a> {
        self.dynamic_place(name, self.dynamic_leaf(name))
    }

    /// A setting of Patroni as a whole number, where the operator takes it for one.
    pub fn dynamic_integer(&self, name: &'static str) -> Option<i32> {
        written::integer(self.dynamic_leaf(name)).get()
    }

    fn dynamic_leaf(&self, name: &str) -> &'a Leaf<'a> {
        self.dynamic_config.and_then(|config| config.get(name)).map_or(&ABSENT, |(_, leaf)| leaf)
    }

    /// Every setting of Patroni that the user wrote for the cluster itself, and the keys below each; what all shards share
    /// is told of them, and not of each override.
    pub fn own_dynamic(&self) -> impl Iterator<Item = (&'a str, Field<'a>, &'a [Cow<'a, str>])> {
        let all = self
            .dynamic_config
            .filter(|_| self.answers_for_settings)
            .into_iter()
            .flat_map(view::Map::entries);
        all.filter(|(_, value)| !value.leaf().is_absent())
            .map(|(name, value)| (name, self.dynamic_place(name, value.leaf()), value.keys()))
    }

    fn dynamic_place(&self, name: &'a str, leaf: &'a Leaf<'a>) -> Field<'a> {
        let place = self.settings.place(&["configurations", "patroni", "dynamicConfig"]);
        Field::new(leaf, place.key(name))
    }

    /// The sections that a user wrote for the start of each Patroni, and where; as above.
    pub fn initial_sections(&self) -> impl Iterator<Item = (&'a str, FieldPath<'a>)> {
        let config = self.settings.configurations.and_then(|all| all.patroni.get()?.initial_config.get());
        let place = self.settings.place(&["configurations", "patroni", "initialConfig"]);
        let config = config.filter(|_| self.answers_for_settings);
        config.into_iter().flat_map(|config| &config.0).map(move |key| (&**key, place.key(key)))
    }
}
