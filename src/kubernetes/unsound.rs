//! Clusters that are stored unsound with their SGPostgresConfig: written at the same moment, each was reviewed without the
//! other. A log line, a metric and an event say so, after the fact and out of the way of every review.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::call_error::in_words;
use super::object::Sent;
use super::served::Served;
use super::watches::Watches;
use crate::{
    fault::LastingFault,
    settings::{Action, FollowedSettings, Settings},
    stored::{Key, Stored, StoredObject, Unsound, Written},
    webhook::MOST_JUDGED,
};

/// How long what was written is collected before it is judged, and how long an error must last to be told: each kind has a
/// watch of its own, and they arrive in any order.
const SETTLE: Duration = Duration::from_secs(1);

/// How long the API server may take to store an event.
const EVENT: Duration = Duration::from_secs(5);

/// The longest note that an API server takes, in bytes.
const LONGEST_NOTE: usize = 1024;

/// The most clusters that are told of at a time.
const MOST_TOLD: usize = 100;

/// Judges what the watches are told was written, and tells of clusters that are unsound with their SGPostgresConfig since
/// then; never returns. `instance` is what this replica is called.
pub async fn tell_of_unsound(watches: Arc<Watches>, settings: Arc<FollowedSettings>, instance: String) {
    let mut teller = Teller { watches: &watches, instance, fault: LastingFault::default() };
    loop {
        watches.something_written().await;
        sleep(SETTLE).await;
        let (written, now) = watches.take_written();
        let suspects = suspects(&written, now, &settings.current()).await;
        if suspects.is_empty() {
            continue;
        }
        // No moment is held meanwhile: what is stored may be replaced as a whole.
        sleep(SETTLE).await;
        for unsound in confirmed(&suspects, &written, &watches.now(), &settings.current()) {
            teller.tell(&unsound).await;
        }
    }
}

/// The clusters that are unsound since something was written; as much is judged as for one review of an SGPostgresConfig.
async fn suspects(written: &Written, now: Arc<Stored>, settings: &Settings) -> Vec<Key> {
    let before = written.before(&now);
    let (mut suspects, mut size, mut is_incomplete) = (Vec::new(), 0, written.is_incomplete());
    for cluster in written.clusters(&now) {
        size += cluster.json.len();
        if size > MOST_JUDGED || suspects.len() == MOST_TOLD {
            is_incomplete = true;
            break;
        }
        if judge(cluster, &before, &now, settings).is_some() {
            suspects.push(cluster.key());
        }
        // Reviews are answered on the same threads.
        yield_now().await;
    }
    if is_incomplete {
        warn!("more was written at once than is judged as it is stored; `syncguard audit` judges all of it");
    }
    suspects
}

/// What is still so.
fn confirmed(suspects: &[Key], written: &Written, now: &Stored, settings: &Settings) -> Vec<Unsound> {
    let before = written.before(now);
    let clusters = suspects.iter().filter_map(|(namespace, kind, name)| now.get(namespace, *kind, name));
    clusters.filter_map(|cluster| judge(cluster, &before, now, settings)).collect()
}

/// Where the settings say to warn nothing is told, since no review would deny it there either.
fn judge(cluster: &StoredObject, before: &Stored, now: &Stored, settings: &Settings) -> Option<Unsound> {
    if settings.enforcement.in_namespace(&cluster.namespace) == Action::Warn {
        return None;
    }
    // A panic, which is logged, must not end the process: nobody waits for this judgment.
    catch_unwind(AssertUnwindSafe(|| Unsound::of(cluster, before, now, &settings.policy))).ok().flatten()
}

struct Teller<'w> {
    watches: &'w Watches,
    instance: String,
    /// Why the last event could not be written.
    fault: LastingFault<String>,
}

impl Teller<'_> {
    async fn tell(&mut self, unsound: &Unsound) {
        let (namespace, kind, name) = &unsound.cluster;
        warn!(
            kind = kind.name(),
            namespace = %namespace,
            name = %name,
            sgpostgresconfigs = %unsound.configs.join(","),
            rules = %unsound.rules(),
            "stored unsound with its SGPostgresConfig, which no review has denied"
        );
        for (rule, _) in &unsound.problems {
            self.watches.metrics.stored_unsound(rule);
        }
        let written = timeout(EVENT, self.write_events(unsound)).await;
        let written = written.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        match written {
            Ok(()) => self.fault = LastingFault::default(),
            Err(error) if self.fault.is_news(error.clone()) => {
                warn!(error, "cannot write an event about a cluster");
            }
            Err(_) => {}
        }
    }

    /// One event for each rule. Every replica sees the same, and whoever is first gives the event its name: to the others
    /// the API server says that it exists. So no replica has to lead, and a right to create is enough.
    async fn write_events(&self, unsound: &Unsound) -> Result<(), String> {
        let client = &self.watches.client;
        let words = |error: kube::Error| in_words(&error);
        let (namespace, kind, name) = &unsound.cluster;
        let Some(served) = Served::newest(client, *kind).await.map_err(words)? else { return Ok(()) };
        let stored = Sent::api(client, served, Some(namespace)).get_metadata_opt(name).await;
        let Some(uid) = stored.map_err(words)?.and_then(|stored| stored.metadata.uid) else { return Ok(()) };
        let regarding = ObjectReference {
            api_version: Some(served.api_version()),
            kind: Some(kind.name().to_owned()),
            namespace: Some(namespace.clone()),
            name: Some(name.clone()),
            uid: Some(uid.clone()),
            ..ObjectReference::default()
        };
        let events = Api::<Event>::namespaced(client.clone(), namespace);
        for (rule, message) in &unsound.problems {
            let event = Event {
                metadata: ObjectMeta {
                    name: Some(format!("syncguard-{rule}-{uid}")),
                    ..ObjectMeta::default()
                },
                note: Some(note(rule, message, &unsound.configs)),
                regarding: Some(regarding.clone()),
                reporting_instance: Some(self.instance.clone()),
                ..of_unsound()
            };
            match events.create(&PostParams::default(), &event).await {
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                created => drop(created.map_err(words)?),
            }
        }
        Ok(())
    }
}

/// What all events have in common.
fn of_unsound() -> Event {
    Event {
        type_: Some("Warning".to_owned()),
        reason: Some("UnsoundWithPostgresConfig".to_owned()),
        action: Some("Judge".to_owned()),
        event_time: Some(MicroTime(Timestamp::now())),
        reporting_controller: Some("syncguard".to_owned()),
        ..Event::default()
    }
}

/// What a person reads in `kubectl describe`.
fn note(rule: &str, message: &str, configs: &[String]) -> String {
    let end = format!(
        " [{rule}]; no review has denied it: the cluster and its SGPostgresConfig may have been written at once"
    );
    let mut start = format!("with SGPostgresConfig {}: {message}", configs.join(", "));
    start.truncate(start.floor_char_boundary(LONGEST_NOTE - end.len()));
    start + &end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_the_settings_and_fits_whatever_is_said() {
        let configs = ["a".to_owned(), "b".to_owned()];
        assert!(
            note("fsync-off", "fsync is off", &configs)
                .starts_with("with SGPostgresConfig a, b: fsync is off [fsync-off]; ")
        );
        let long = note("fsync-off", &"ß".repeat(LONGEST_NOTE), &configs);
        assert!(long.len() <= LONGEST_NOTE && long.contains("[fsync-off]"), "{long}");
    }
}
