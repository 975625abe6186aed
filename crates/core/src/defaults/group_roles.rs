//! The pods of a group can be promoted and serve reads unless the manifest says otherwise.

use super::{Completion, Default};
use crate::replication::Role;

pub(super) static DEFAULT: Default = Default {
    name: "group-roles",
    path: "spec.replication.groups[i].role",
    value: "`ha-read`",
    when: "absent",
    fill,
};

fn fill(completion: &mut Completion<'_, '_>) {
    completion.put_in_groups("role", |_| Role::HaRead.name().to_owned(), |group| &mut group.role);
}
