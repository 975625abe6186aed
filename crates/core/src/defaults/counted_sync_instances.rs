//! Where the mode counts standbys and nobody said how many, the operator waits for one.

use super::{Completion, Default};
use crate::{replication::Mode, view::Leaf};

pub(super) static DEFAULT: Default = Default {
    name: "counted-sync-instances",
    path: "spec.replication.syncInstances",
    value: "1",
    when: "`sync` or `strict-sync`, and absent",
    fill,
};

fn fill(completion: &mut Completion<'_, '_>) {
    let absent = completion.replication().is_some_and(|replication| replication.sync_instances.is_absent());
    if absent && completion.mode().is_some_and(Mode::is_counted) {
        completion.put("syncInstances", Leaf::Integer(1), |replication| &mut replication.sync_instances);
    }
}
