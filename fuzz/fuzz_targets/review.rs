//! Any bytes as the body of a call: both webhooks answer, and what is answered is JSON of a bounded size.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use syncguard::{
    settings::Settings,
    stored::Stored,
    webhook::{self, KnownState, Outcome, Reply, Webhook},
};

fuzz_target!(|body: &[u8]| {
    let (settings, stored) = (Settings::default(), Stored::default());
    for webhook in Webhook::ALL {
        for knowledge in [KnownState::None, KnownState::Watched(&stored), KnownState::Read(&stored)] {
            match webhook::reply_knowing(webhook, body, &settings, knowledge) {
                Outcome::Reply(reply) => check(webhook, body, &reply),
                Outcome::Lookup(wanted) => {
                    assert!(matches!(knowledge, KnownState::Watched(_)), "nothing is asked for twice");
                    assert!(!wanted.is_empty(), "what is wanted is named");
                }
            }
        }
    }
    let _ = webhook::reply_to_panic(body);
});

fn check(webhook: Webhook, body: &[u8], reply: &Reply) {
    let answer: Value = serde_json::from_slice(&reply.body).expect("an answer is JSON");
    assert!(reply.body.len() < (1 << 20) + 8 * body.len(), "an answer stays in proportion");
    if reply.status == 200 {
        let allowed = answer["response"]["allowed"].as_bool();
        assert!(allowed.is_some(), "a review is answered with a review");
        let failed = answer["response"]["status"]["code"] == 500;
        assert!(webhook == Webhook::Validate || allowed == Some(true) || failed, "{answer}");
    }
}
