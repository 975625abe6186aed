//! The JSON Patch of a completed object, tried on our own copy before it is sent.

use json_patch::{AddOperation, Patch, PatchOperation};
use jsonptr::PointerBuf;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use syncguard_manifest::{SetValue, path::Step};

/// A patch that does not fit the object it was made for, and is not sent.
#[derive(Debug, thiserror::Error)]
#[error("the patch of the defaults does not apply to the object: {0}")]
pub struct PatchError(#[from] json_patch::PatchError);

/// The object of a request as far as a patch touches it, and as text: read whole, what may be in it takes a hundred
/// times its size.
#[derive(Deserialize)]
struct Touched<'a> {
    #[serde(borrow)]
    request: Request<'a>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    object: Object<'a>,
    #[serde(borrow, rename = "oldObject", default)]
    old_object: Option<Object<'a>>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, default)]
    spec: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Spec<'a> {
    #[serde(borrow, default)]
    replication: Option<&'a RawValue>,
}

/// The longest replication object that is completed, in bytes: that of a cluster with a thousand groups.
const LONGEST: usize = 128 << 10;

/// The operations as a patch that was seen to apply to the request's object; none where there is nothing to do, and
/// where no copy can be made to try it on.
///
/// # Errors
///
/// It does not apply: a fault of ours, since the operations were made for this object.
pub fn checked(body: &[u8], operations: &[SetValue]) -> Result<Option<Patch>, PatchError> {
    if operations.is_empty() {
        return Ok(None);
    }
    let Some(mut object) = copy(body) else { return Ok(None) };
    let patch = patch(operations);
    json_patch::patch(&mut object, &patch)?;
    Ok(Some(patch))
}

/// The object of the request, of which nothing is left but what a patch touches.
fn copy(body: &[u8]) -> Option<Value> {
    let Touched { request } = serde_json::from_slice(body).ok()?;
    let Some(spec) = request.object.spec else { return Some(json!({})) };
    let Spec { replication } = serde_json::from_str(spec.get()).ok()?;
    let Some(replication) = replication else { return Some(json!({"spec": {}})) };
    let readable = (replication.get().len() <= LONGEST).then_some(replication)?;
    let replication: Value = serde_json::from_str(readable.get()).ok()?;
    Some(json!({"spec": {"replication": replication}}))
}

/// Whether an update leaves `spec` as it was, the fields that nobody here reads included. An API server writes both
/// alike, so their texts are compared.
pub fn spec_is_unchanged(body: &[u8]) -> bool {
    let read = serde_json::from_slice::<Touched<'_>>(body).ok();
    let specs = read.and_then(|Touched { request }| Some((request.object.spec?, request.old_object?.spec?)));
    specs.is_some_and(|(now, before)| now.get() == before.get())
}

/// The operations as a patch. `add` replaces what stands there already, a `null` for instance.
pub fn patch(operations: &[SetValue]) -> Patch {
    let add = |operation: &SetValue| {
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
