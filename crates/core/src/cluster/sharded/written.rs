//! Every replication object that is written in an SGShardedCluster, whether it has an effect or not.

use super::{super::field::Base, Sharded};
use crate::{
    cluster::{Field, FieldPath, WorkersField},
    view::{Given, Replication, elements},
};

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
        Field::new(&self.replication.mode, FieldPath::new(self.base, &["replication", "mode"]))
    }

    /// `syncInstances` here.
    pub fn sync_instances(&self) -> Field<'a> {
        Field::new(
            &self.replication.sync_instances,
            FieldPath::new(self.base, &["replication", "syncInstances"]),
        )
    }
}

impl<'a> Sharded<'a> {
    /// The root's replication object, which workers without one of their own take.
    pub fn root(&self) -> Option<Written<'a>> {
        self.written().into_iter().find(|written| written.base == Base::Spec)
    }

    /// Whether somebody fills in the mode of a replication object that has none: the operator at the root and the coordinator;
    /// elsewhere the CRD, whose `v1alpha1` has no schema since there are `workers`.
    pub fn fills_in_mode(&self, written: &Written<'_>) -> bool {
        let has_no_schema =
            self.object.api_version.text().is_some_and(|version| version.ends_with("/v1alpha1"));
        let is_of_workers = matches!(written.base, Base::Workers(_) | Base::Override(..));
        !(has_no_schema && is_of_workers && self.field == WorkersField::Workers)
    }

    /// Every replication object that is written, effective or not, the root's first.
    pub fn written(&self) -> Vec<Written<'a>> {
        let at = |base, replication: &'a Given<'a, Replication<'a>>| {
            replication.get().map(|replication| Written { base, replication })
        };
        let root = at(Base::Spec, &self.spec.replication);
        let coordinator = self.spec.coordinator.get().and_then(|it| at(Base::Coordinator, &it.replication));
        let workers = self.workers.and_then(|it| at(Base::Workers(self.field), &it.replication));
        let overrides = self.workers.into_iter().flat_map(|it| elements(&it.overrides));
        let overrides =
            overrides.filter_map(|(position, it)| at(Base::Override(self.field, position), &it.replication));
        [root, coordinator, workers].into_iter().flatten().chain(overrides).collect()
    }
}
