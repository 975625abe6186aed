//! The JSON Patch that completes an object, and the updates that need none.

use json_patch::{AddOperation, Patch, PatchOperation, jsonptr::PointerBuf};
use serde::Deserialize;
use serde_json::value::RawValue;

use syncguard_manifest::{SetValue, path::Step};

/// The part of an AdmissionReview that holds both versions of an object.
#[derive(Deserialize)]
struct Review<'a> {
    #[serde(borrow)]
    request: Versions<'a>,
}

#[derive(Deserialize)]
struct Versions<'a> {
    #[serde(borrow)]
    object: Object<'a>,
    #[serde(borrow, rename = "oldObject")]
    old_object: Object<'a>,
}

/// An object, of which only the text is taken: read whole, what may be in it takes a hundred times its size.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    spec: &'a RawValue,
}

/// Whether an update leaves `spec` as it was, the fields that nobody here reads included. An API server writes both
/// alike, so their texts are compared.
///
/// The body is read a second time for it, which only an update asks for that would be completed. The view cannot keep the texts:
/// what `syncguard_core::json` leaves to `serde_json`, a number with a point for instance, comes without any.
pub fn spec_is_unchanged(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|Review { request: Versions { object, old_object } }| {
        object.spec.get() == old_object.spec.get()
    })
}

/// The operations as a patch. `add` replaces what stands there already, a `null` for instance.
///
/// It applies to the object that the operations were made for: they only go into objects that the view has read as such.
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
