//! An answer as JSON.
//!
//! Written here and not by serde: nearly every text of an answer can be copied whole, which is known in a fraction of the time that
//! `serde_json` takes to look at its bytes one by one, a twelfth of a review.

use serde_json::Value;

/// An `AdmissionResponse`.
#[derive(Default)]
pub(super) struct Response<'a> {
    pub uid: &'a str,
    pub allowed: bool,
    /// Why not.
    pub status: Option<Value>,
    pub warnings: Vec<String>,
    /// A JSON Patch in base64.
    pub patch: Option<String>,
    /// What an audit log can keep of it, by its name: no object contents, only names of rules or of fields.
    pub audit_annotation: Option<(&'static str, String)>,
}

/// Room for an answer with a few findings, in bytes; an allocator has up to about this much at hand for a thread.
const USUAL: usize = 1000;

impl Response<'_> {
    /// The `AdmissionReview` of this version that has it.
    pub(super) fn encode(&self, version: &str) -> Vec<u8> {
        let mut json = Json(Vec::with_capacity(USUAL));
        json.field(r#"{"apiVersion":"#, version);
        json.field(r#","kind":"AdmissionReview","response":{"uid":"#, self.uid);
        json.raw(if self.allowed { r#","allowed":true"# } else { r#","allowed":false"# });
        if let Some(status) = &self.status {
            json.raw(r#","status":"#);
            json.raw(&status.to_string());
        }
        json.list(r#","warnings":["#, &self.warnings);
        if let Some(patch) = &self.patch {
            json.field(r#","patchType":"JSONPatch","patch":"#, patch);
        }
        if let Some((name, text)) = &self.audit_annotation {
            json.field(r#","auditAnnotations":{"#, name);
            json.field(":", text);
            json.raw("}");
        }
        json.raw("}}");
        json.0
    }
}

/// A text that becomes JSON.
struct Json(Vec<u8>);

impl Json {
    fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    fn text(&mut self, text: &str) {
        // Without a way out at the first byte that is not plain, many are looked at together.
        let is_plain =
            text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..));
        if is_plain {
            self.raw("\"");
            self.raw(text);
            self.raw("\"");
        } else {
            // Writing a text to memory cannot fail.
            let _ = serde_json::to_writer(&mut self.0, text);
        }
    }

    /// A text, after what stands before it.
    fn field(&mut self, before: &str, text: &str) {
        self.raw(before);
        self.text(text);
    }

    fn list(&mut self, before: &str, texts: &[String]) {
        for (position, text) in texts.iter().enumerate() {
            self.field(if position == 0 { before } else { "," }, text);
        }
        if !texts.is_empty() {
            self.raw("]");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn every_text_arrives_as_it_was_meant(uid in ".*", warnings in prop::collection::vec(any::<String>(), 0..4), annotation in any::<String>()) {
            let response = Response {
                uid: &uid,
                warnings: warnings.clone(),
                audit_annotation: Some(("rules-raised", annotation.clone())),
                ..Response::default()
            };
            let mut expected = json!({
                "apiVersion": "v1",
                "kind": "AdmissionReview",
                "response": {"uid": uid, "allowed": false, "auditAnnotations": {"rules-raised": annotation}},
            });
            if !warnings.is_empty() {
                expected["response"]["warnings"] = json!(warnings);
            }
            let encoded: Value = serde_json::from_slice(&response.encode("v1")).unwrap();
            prop_assert_eq!(encoded, expected);
        }
    }

    #[test]
    fn a_denial_and_a_patch_are_whole_too() {
        let status = json!({"code": 422, "message": "a \"quoted\" name"});
        let response = Response {
            uid: "1",
            status: Some(status.clone()),
            patch: Some("W10=".into()),
            audit_annotation: Some(("defaults-applied", "/spec/a".into())),
            ..Response::default()
        };
        let encoded: Value = serde_json::from_slice(&response.encode("admission.k8s.io/v1")).unwrap();
        let expected = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {
                "uid": "1", "allowed": false, "status": status, "patchType": "JSONPatch", "patch": "W10=",
                "auditAnnotations": {"defaults-applied": "/spec/a"},
            },
        });
        assert_eq!(encoded, expected);
    }
}
