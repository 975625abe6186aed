//! An absent mode is asynchronous, as the operator has it.

use super::{Completion, Default};
use crate::{replication::Mode, view::Leaf};

pub(super) static DEFAULT: Default =
    Default { name: "mode", path: "spec.replication.mode", value: "`async`", when: "absent", fill };

fn fill(completion: &mut Completion<'_, '_>) {
    if completion.replication().is_none_or(|replication| replication.mode.is_absent()) {
        completion.put("mode", Leaf::Text(Mode::Async.name().into()), |replication| &mut replication.mode);
    }
}
