//! The JSON Patch of a completed object.

use json_patch::{AddOperation, Patch, PatchOperation};
use jsonptr::PointerBuf;

use crate::{defaults::Operation, path::Step};

/// The operations as a patch. `add` replaces what stands there already, a `null` for instance.
pub fn patch(operations: &[Operation]) -> Patch {
    let add = |operation: &Operation| {
        let tokens = operation.path.steps().iter().map(|step| match *step {
            Step::Key(key) => key.to_owned(),
            Step::Index(index) => index.to_string(),
        });
        PatchOperation::Add(AddOperation {
            path: PointerBuf::from_tokens(tokens),
            value: operation.value.clone(),
        })
    };
    Patch(operations.iter().map(add).collect())
}
