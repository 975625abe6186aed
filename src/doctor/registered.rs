//! What several checks ask of what was seen: which webhooks are registered, and what is said where none is.

use super::{CheckResult, Registration, Seen};
use crate::{kubernetes::Target, webhook::Webhook};

/// Each configuration with what it is called and what it should call.
pub(super) fn registrations(seen: &Seen) -> [(Webhook, &'static str, Option<&Registration>); 2] {
    [
        (Webhook::Validate, "ValidatingWebhookConfiguration", seen.validating.as_ref()),
        (Webhook::Mutate, "MutatingWebhookConfiguration", seen.mutating.as_ref()),
    ]
}

pub(super) fn nothing_registered(seen: &Seen) -> Option<&'static str> {
    seen.endpoints.is_empty().then_some("nothing is registered that could be called")
}

/// What is to be said where nothing was found wrong: there may have been nothing to look at.
pub(super) fn ok_if_registered(check: &'static str, seen: &Seen, message: String) -> CheckResult {
    match nothing_registered(seen) {
        Some(unknown) => CheckResult::unknown(check, unknown, ""),
        None => CheckResult::ok(check, message),
    }
}

pub(super) fn place(target: &Target) -> String {
    format!("{}:{}", target.host(), target.port())
}
