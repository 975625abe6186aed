//! The JSON Patch of a completed object, tried on our own copy before it is sent.

use json_patch::{AddOperation, Patch, PatchOperation};
use jsonptr::PointerBuf;
use serde_json::Value;

use crate::{defaults::Operation, path::Step};

/// A patch that does not fit the object it was made for, and is not sent.
#[derive(Debug, thiserror::Error)]
#[error("the patch of the defaults does not apply to the object: {0}")]
pub struct PatchError(#[from] json_patch::PatchError);

/// The operations as a patch that was seen to apply to the request's object; none where there is nothing to do.
///
/// # Errors
///
/// It does not apply: a fault of ours, since the operations were made for this object.
pub fn checked(body: &[u8], operations: &[Operation]) -> Result<Option<Patch>, PatchError> {
    if operations.is_empty() {
        return Ok(None);
    }
    let patch = patch(operations);
    let mut object = raw(body, "object").unwrap_or_default();
    json_patch::patch(&mut object, &patch)?;
    Ok(Some(patch))
}

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

/// An object of the request with everything that is in it; read only where a patch is due.
pub fn raw(body: &[u8], object: &str) -> Option<Value> {
    let mut review: Value = serde_json::from_slice(body).ok()?;
    Some(review.get_mut("request")?.get_mut(object)?.take())
}
