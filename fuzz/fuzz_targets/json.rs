//! Any text as JSON: what is read by skipping most of it is what `serde_json` reads, and what one refuses the other refuses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use syncguard_core::{
    json,
    view::{Given, admission_review::AdmissionReview},
};

fuzz_target!(|text: &str| {
    let all = |read: serde_json::Result<Value>| read.map_err(|error| error.to_string());
    assert_eq!(all(json::from_str(text)), all(serde_json::from_str(text)));
    let part = |read: serde_json::Result<Given<'_, AdmissionReview<'_>>>| format!("{read:?}");
    assert_eq!(part(json::from_str(text)), part(serde_json::from_str(text)));
    let nothing = |read: serde_json::Result<IgnoredAny>| read.map(drop).map_err(|error| error.to_string());
    assert_eq!(nothing(json::from_str(text)), nothing(serde_json::from_str(text)));
});
