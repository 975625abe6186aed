//! What an API server requires of an answer.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use syncguard::webhook::Webhook;

/// The API server's own checks of an answer (`VerifyAdmissionResponse` and what it does with warnings).
#[track_caller]
pub fn is_acceptable(webhook: Webhook, review: &Value, answer: &Value) {
    let response = &answer["response"];
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["apiVersion"], review["apiVersion"], "an answer has the version of its question");
    assert_eq!(response["uid"], review["request"]["uid"], "an answer has the uid of its question");
    assert!(response["allowed"].is_boolean());
    let (patch, patch_type) = (response.get("patch"), response.get("patchType"));
    assert_eq!(patch.is_some(), patch_type.is_some(), "patch and patchType come together or not at all");
    assert!(patch.is_none() || webhook == Webhook::Mutate, "a validating webhook must not patch");
    if let Some(patch) = patch {
        assert_eq!(patch_type.unwrap(), "JSONPatch");
        assert!(review["request"]["operation"] != "DELETE", "a DELETE has nothing to patch");
        apply(review, patch);
    }
    let warnings = response["warnings"].as_array().cloned().unwrap_or_default();
    let texts: Vec<_> = warnings.iter().map(|warning| warning.as_str().unwrap()).collect();
    assert!(
        texts.iter().map(|text| text.len()).sum::<usize>() <= 4096,
        "the API server cuts warnings beyond 4096"
    );
    for text in texts {
        assert!(text.chars().count() <= 256, "the API server cuts a warning beyond 256 characters: {text}");
        assert!(!text.chars().any(char::is_control), "a warning must not hold control characters: {text:?}");
    }
    for (key, value) in response["auditAnnotations"].as_object().into_iter().flatten() {
        assert!(key.len() <= 63 && !key.contains('/') && value.is_string(), "audit annotation {key}");
    }
    if response["allowed"] == false {
        let status = &response["status"];
        assert!(status["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert!(status["code"].as_u64().is_some_and(|code| (400..600).contains(&code)));
    }
}

/// The object of a review with a patch applied.
pub fn apply(review: &Value, patch: &Value) -> Value {
    let decoded = BASE64.decode(patch.as_str().unwrap()).unwrap();
    let patch: json_patch::Patch = serde_json::from_slice(&decoded).unwrap();
    let mut object = review["request"]["object"].clone();
    json_patch::patch(&mut object, &patch).expect("the patch applies to the object that it is for");
    object
}
