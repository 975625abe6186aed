//! The whole program in a process of the chart's memory, while clients try to make it want more.

#[path = "../../../benches/serve/mod.rs"]
mod serve;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use syncguard::{http::Limits, kubernetes::MOST_LISTED, stored};
use tokio::task::JoinSet;

use super::client::{Client, Handshake, patiently, request};
use serve::monsters::monsters;
use serve::{Certificates, Replica, reviews};

/// The chart's memory limit, in bytes.
fn memory_of_the_chart() -> usize {
    let values = std::fs::read_to_string("chart/values.yaml").unwrap();
    let limit = values.split("limits: {memory: ").nth(1).and_then(|rest| rest.split_once("Mi}"));
    limit.expect("a limit in Mi").0.parse::<usize>().unwrap() << 20
}

#[test]
fn all_limits_together_fit_the_charts_memory() {
    let of_stored_objects = stored::MAX_STORED_BYTES + stored::MOST_WRITTEN + MOST_LISTED;
    let most = Limits::default().most_memory() + of_stored_objects;
    assert!(most <= memory_of_the_chart(), "{most} bytes are more than the chart gives");
}

/// Sends a review, and keeps at it for as long as it is told to come back, that it takes too long beside others, or is cut
/// because it holds memory that others wait for.
async fn post(replica: &Replica, path: &str, body: &str) -> Option<Value> {
    loop {
        let mut client = Client::shake_hands(replica.https, &Handshake::default()).await.ok()?;
        client.send(request("POST", path, "content-type: application/json\r\n", body).as_bytes()).await;
        let Some(answer) = client.answer().await else { continue };
        // On a slow machine a body may take its time, and so may what is made of others.
        if ![408, 429, 503].contains(&answer.status) {
            return serde_json::from_str(&answer.body).ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reviews_that_cost_the_most_are_answered_beside_each_other_and_end_nothing() {
    let mut replica = Replica::start_within(&Certificates::new(), memory_of_the_chart());
    {
        let all = monsters();
        // What is completed is replication and its groups.
        let paths = |what: &str| {
            if what.contains("groups") { vec!["/validate", "/mutate"] } else { vec!["/validate"] }
        };
        let asking =
            all.iter().flat_map(|(what, body)| paths(what).into_iter().map(move |path| (what, path, body)));
        let asking = asking.map(|(what, path, body)| {
            let replica = &replica;
            async move {
                let answer = post(replica, path, body).await;
                assert_eq!(answer.unwrap()["response"]["uid"], "u", "{what}, by {path}");
            }
        });
        // More at once would only wait for each other's memory, and in a debug build for each other.
        patiently(stream::iter(asking).buffer_unordered(4).collect::<()>()).await;
    }
    let (_, unsound) = reviews();
    let answer = post(&replica, "/validate", &unsound).await.unwrap();
    assert_eq!(answer["response"]["allowed"], false, "and then as ever");
    assert!(!replica.has_ended());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_never_end_leave_room_for_those_that_do() {
    let mut replica = Replica::start_within(&Certificates::new(), memory_of_the_chart());
    let large = "x".repeat(6 << 20);
    let whole = request("POST", "/validate", "content-type: application/json\r\n", &large);
    let mut slow = JoinSet::new();
    for _ in 0..40 {
        let (address, whole) = (replica.https, whole.clone());
        slow.spawn(async move {
            let mut client = Client::shake_hands(address, &Handshake::default()).await.unwrap();
            client.send(&whole.as_bytes()[..whole.len() - 1]).await;
            std::future::pending::<()>().await;
        });
    }
    let (_, unsound) = reviews();
    for _ in 0..20 {
        let answer = post(&replica, "/validate", &unsound).await.unwrap();
        assert_eq!(answer["response"]["allowed"], false);
    }
    assert!(!replica.has_ended());
}
