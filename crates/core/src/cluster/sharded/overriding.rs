//! One override of an SGShardedCluster: which workers or query routers it is for, and what it says of them.

use super::Written;
use crate::{
    cluster::{Base, Child, Field, FieldPath, Range},
    view::{ABSENT, Override},
};

/// An override, and the numbers that it is for.
pub struct Overriding<'a> {
    /// Its position in the list.
    pub position: usize,
    /// What it is about; none where its `type` is unknown.
    pub child: Option<Child>,
    /// The numbers as they are written, each with its position in `indexes`; none where `index` says it.
    pub ranges: Vec<(Option<usize>, Range)>,
    pub(super) view: &'a Override<'a>,
    pub(super) base: Base,
}

impl<'a> Overriding<'a> {
    /// `index`.
    pub fn index(&self) -> Field<'a> {
        Field::new(&self.view.index, FieldPath::new(self.base, &["index"]))
    }

    /// `indexes`; absent unless it is a list.
    pub fn indexes(&self) -> impl Iterator<Item = Field<'a>> {
        let place = FieldPath::new(self.base, &["indexes"]);
        let all = self.view.indexes.get().map(Vec::as_slice).unwrap_or_default();
        all.iter().enumerate().map(move |(at, leaf)| Field::new(leaf, place.index(at)))
    }

    /// `type`.
    pub fn kind(&self) -> Field<'a> {
        Field::new(&self.view.kind, FieldPath::new(self.base, &["type"]))
    }

    /// `instancesPerCluster`.
    pub fn instances_per_cluster(&self) -> Field<'a> {
        Field::new(&self.view.instances_per_cluster, FieldPath::new(self.base, &["instancesPerCluster"]))
    }

    /// Whether nobody wrote `instancesPerCluster`, under this name or another one.
    pub fn lacks_instances(&self) -> bool {
        self.view.instances_per_cluster.is_absent() && self.view.unknown.is_empty()
    }

    /// Where it says which numbers it is for: `index`, or an element of `indexes`.
    pub fn place_of(&self, at: Option<usize>) -> Field<'a> {
        at.and_then(|at| self.indexes().nth(at)).unwrap_or_else(|| self.index())
    }

    /// Whether a field stands in it.
    pub fn is_at(&self, field: &Field<'_>) -> bool {
        field.place().base() == self.base
    }

    /// Whether a replication object stands in it.
    pub fn holds(&self, written: &Written<'_>) -> bool {
        written.base == self.base
    }

    /// The override itself.
    pub fn place(&self) -> FieldPath<'a> {
        FieldPath::new(self.base, &[])
    }

    /// Whether it is for a number from 0 to below `count`; also where nobody knows how many there are.
    pub fn is_for_one_of(&self, count: Option<i64>) -> bool {
        self.ranges.iter().any(|(_, range)| count.is_none_or(|count| range.first < count))
    }

    /// `configurations.sgPostgresConfig`.
    pub fn postgres_config(&self) -> Field<'a> {
        let leaf = self.view.configurations.get().map_or(&ABSENT, |all| &all.sg_postgres_config.0);
        Field::new(leaf, FieldPath::new(self.base, &["configurations", "sgPostgresConfig"]))
    }

    /// What the operator accepts in an override and does not look at: the settings that all workers share.
    pub fn without_effect(&self) -> impl Iterator<Item = FieldPath<'a>> {
        let configurations = self.view.configurations.get();
        let postgres = configurations.is_some_and(|all| !all.postgres.is_absent());
        let patroni = configurations.is_some_and(|all| !all.patroni.is_absent());
        let place = FieldPath::new(self.base, &["configurations"]);
        let postgres = postgres.then(|| place.key("postgres"));
        postgres.into_iter().chain(patroni.then(|| place.key("patroni")))
    }
}
