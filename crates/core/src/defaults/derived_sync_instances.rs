//! In the `-all` modes `syncInstances` has no effect, so it may as well say the truth: every standby.
//!
//! A derived value follows the number of instances, and one that the `-all` modes left too large for a
//! counted mode is brought below it. A smaller one stays: lowering it could weaken what somebody wrote.

use super::{Completion, Default, mode_of};
use crate::{
    replication::Mode,
    view::{Leaf, Spec},
};

pub(super) static DEFAULT: Default = Default {
    name: "derived-sync-instances",
    path: "spec.replication.syncInstances",
    value: "n - 1",
    when: "n >= 2, and: `sync-all` or `strict-sync-all` and absent; or on UPDATE, the old mode being one of these and \
           the value unchanged: the mode still is, n changed and the value is the old n - 1; or the mode is now `sync` \
           or `strict-sync` and the value is not below n",
    fill,
};

fn fill(completion: &mut Completion<'_, '_>) {
    if !completion.derive {
        return;
    }
    let Some(instances) = completion.spec.instances.integer().filter(|instances| *instances >= 2) else {
        return;
    };
    if is_due(completion, instances) {
        completion.put("syncInstances", Leaf::Integer(instances - 1), |replication| {
            &mut replication.sync_instances
        });
    }
}

fn is_due(completion: &Completion<'_, '_>, instances: i64) -> bool {
    let (Some(mode), Some(replication)) = (completion.mode(), completion.replication()) else { return false };
    if replication.sync_instances.is_absent() {
        return mode.is_all();
    }
    let count = replication.sync_instances.integer();
    let Some(before) = completion.before.filter(|before| mode_of(before).is_some_and(Mode::is_all)) else {
        return false;
    };
    count.is_some() && count == sync_instances_of(before) && is_stale(mode, count, instances, before)
}

/// Whether a value that nobody touched no longer fits the new mode and number.
fn is_stale(mode: Mode, count: Option<i64>, instances: i64, before: &Spec<'_>) -> bool {
    let instances_before = before.instances.integer();
    let was_derived = count == instances_before.and_then(|instances| instances.checked_sub(1));
    (mode.is_all() && was_derived && instances_before != Some(instances))
        || (mode.is_counted() && count >= Some(instances))
}

fn sync_instances_of(spec: &Spec<'_>) -> Option<i64> {
    spec.replication.get()?.sync_instances.integer()
}
