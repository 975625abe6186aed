//! One AdmissionReview from bytes to answer, in process; `serde_json` over the same bytes as the floor.

use divan::{Bencher, black_box, counter::BytesCount};
use serde::de::IgnoredAny;
use syncguard::{
    settings::Settings,
    webhook::{self, Webhook},
};

const CREATE: &[u8] = include_bytes!("../tests/fixtures/reviews/create.validate.json");
const STATUS_UPDATE: &[u8] = include_bytes!("../tests/fixtures/reviews/status-only-update.validate.json");

fn main() {
    divan::main();
}

/// The reviews as an API server sends them: without white space.
fn compact(review: &[u8]) -> Vec<u8> {
    let value: serde_json::Value = serde_json::from_slice(review).unwrap_or_default();
    serde_json::to_vec(&value).unwrap_or_default()
}

#[divan::bench(args = ["create", "status update"])]
fn validate(bencher: Bencher, review: &str) {
    answer(bencher, review, Webhook::Validate);
}

#[divan::bench(args = ["create", "status update"])]
fn mutate(bencher: Bencher, review: &str) {
    answer(bencher, review, Webhook::Mutate);
}

fn answer(bencher: Bencher, review: &str, webhook: Webhook) {
    let (body, policy) = (body(review), Settings::default());
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench_local(|| webhook::reply(webhook, black_box(&body), &policy));
}

/// The least that reading JSON costs: every byte is looked at and nothing is kept.
#[divan::bench(args = ["create", "status update"])]
fn skip_all(bencher: Bencher, review: &str) {
    let body = body(review);
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench_local(|| serde_json::from_slice::<IgnoredAny>(black_box(&body)).is_ok());
}

fn body(review: &str) -> Vec<u8> {
    compact(if review == "create" { CREATE } else { STATUS_UPDATE })
}
