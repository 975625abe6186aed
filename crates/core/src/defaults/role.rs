//! The main pods can be promoted and serve reads unless the manifest says otherwise.

use super::{Completion, Default};
use crate::{replication::Role, view::Leaf};

pub(super) static DEFAULT: Default =
    Default { name: "role", path: "spec.replication.role", value: "`ha-read`", when: "absent", fill };

fn fill(completion: &mut Completion<'_, '_>) {
    if completion.replication().is_none_or(|replication| replication.role.is_absent()) {
        completion.put("role", Leaf::Text(Role::HaRead.name().into()), |replication| &mut replication.role);
    }
}
