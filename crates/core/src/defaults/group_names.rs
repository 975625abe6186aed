//! A group without a name is called by its position.

use super::{Completion, Default};
use crate::cluster::default_group_name;

pub(super) static DEFAULT: Default = Default {
    name: "group-names",
    path: "spec.replication.groups[i].name",
    value: "`group-<i + 1>`",
    when: "absent",
    fill,
};

fn fill(completion: &mut Completion<'_, '_>) {
    completion.put_in_groups("name", default_group_name, |group| &mut group.name);
}
