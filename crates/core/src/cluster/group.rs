//! One group of pods: what is written of it, and the size that the operator makes of that.

use super::{
    Cluster,
    field::{Base, Field, FieldPath},
};
use crate::{
    replication::Role,
    topology::recomputed_group,
    view::{self, ABSENT, Given, Leaf},
};

/// One group of pods beside the main ones.
pub struct Group<'a> {
    /// Its index in the list.
    pub index: usize,
    /// The size that the operator makes of the written one; none where there is nothing to reckon with.
    pub recomputed: Option<i64>,
    view: &'a Given<'a, view::Group<'a>>,
}

impl<'a> Group<'a> {
    pub(super) fn new(index: usize, view: &'a Given<'a, view::Group<'a>>, cluster: &Cluster<'a>) -> Self {
        let minimum =
            view.get().and_then(|group| group.min_instances.integer()).filter(|minimum| *minimum >= 1);
        let autoscaling = cluster.autoscaling.as_ref().and_then(|all| all.min_instances.integer());
        let recomputed = minimum.zip(autoscaling.filter(|minimum| *minimum >= 1)).zip(cluster.instances());
        let recomputed = recomputed.and_then(|((group, minimum), n)| recomputed_group(group, n, minimum));
        Self { index, recomputed, view }
    }

    /// What stands in place of the group.
    pub fn other(&self) -> Option<&'a Leaf<'a>> {
        self.view.other()
    }

    /// Whether there is a group at all: a list can hold `null`.
    pub fn is_absent(&self) -> bool {
        self.view.is_absent()
    }

    fn field(&self, read: fn(&'a view::Group<'a>) -> &'a Leaf<'a>, key: &'static str) -> Field<'a> {
        Field::new(self.view.get().map_or(&ABSENT, read), self.place().key(key))
    }

    /// Whether it holds fields that no known StackGres has.
    pub fn holds_unknown_fields(&self) -> bool {
        self.view.get().is_some_and(|group| !group.unknown.is_empty())
    }

    /// Where the group stands.
    pub fn place(&self) -> FieldPath<'a> {
        FieldPath::new(Base::Spec, &["replication", "groups"]).index(self.index)
    }

    /// `name`.
    pub fn name_field(&self) -> Field<'a> {
        self.field(|group| &group.name, "name")
    }

    /// `role`.
    pub fn role_field(&self) -> Field<'a> {
        self.field(|group| &group.role, "role")
    }

    /// `instances`.
    pub fn instances_field(&self) -> Field<'a> {
        self.field(|group| &group.instances, "instances")
    }

    /// `minInstances`.
    pub fn min_instances_field(&self) -> Field<'a> {
        self.field(|group| &group.min_instances, "minInstances")
    }

    /// The role; none where it is unknown.
    pub fn role(&self) -> Option<Role> {
        let field = self.role_field();
        if field.is_absent() {
            return Some(Role::HaRead);
        }
        Role::OF_GROUPS.into_iter().find(|role| field.text() == Some(role.name()))
    }

    /// The number of pods in effect; none where nothing usable is written.
    pub fn size(&self) -> Option<i64> {
        self.recomputed.or_else(|| self.instances_field().integer())
    }

    /// The name in effect.
    pub fn name(&self) -> String {
        self.name_field().text().map_or_else(|| default_group_name(self.index), str::to_owned)
    }
}

/// The name that the operator gives the group at this index.
pub fn default_group_name(index: usize) -> String {
    format!("group-{}", index + 1)
}
