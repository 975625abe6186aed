//! What answers a call: the settings in use, what is stored, and, where a watch is behind, a question to the API server.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tracing::warn;

use crate::{
    certificates::Trust,
    http::{Answer, Call, Handler},
    kubernetes::Watches,
    settings::{FollowedSettings, Settings},
    webhook::{self, KnownState, Lookup, Outcome, Reply},
};

/// Connects the server to admission.
pub(super) struct WebhookHandler {
    /// The settings in use.
    pub(super) settings: Arc<FollowedSettings>,
    /// What is stored; none without access to an API server.
    pub(super) watches: Option<Arc<Watches>>,
    /// Places for those who wait for the API server: they take none from those who do not.
    pub(super) asking: Semaphore,
    /// Whether the API server trusts us; none where that is not ours to see to.
    pub(super) trust: Option<Arc<Trust>>,
}

impl Handler for WebhookHandler {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        let settings = self.settings.current();
        let Some(watches) = &self.watches else {
            return Box::pin(ready(webhook::reply(call.webhook, call.body, &settings)));
        };
        match reply(call, &settings, KnownState::Watched(&watches.now())) {
            Outcome::Reply(reply) => Box::pin(ready(reply)),
            Outcome::Lookup(wanted) => Box::pin(self.read_and_reply(watches, call, settings, wanted)),
        }
    }

    fn obstacle(&self) -> Option<String> {
        if self.trust.as_ref().is_some_and(|trust| !trust.was_seen()) {
            return Some("waiting for the API server to trust the serving certificate".to_owned());
        }
        let unseen = self.watches.as_ref()?.unseen();
        (!unseen.is_empty()).then(|| format!("waiting for the API server to list {}", unseen.join(", ")))
    }

    fn panicked(&self, call: Call<'_>) -> Reply {
        webhook::reply_to_panic(call.body)
    }
}

fn reply(call: Call<'_>, settings: &Settings, knowledge: KnownState<'_>) -> Outcome {
    webhook::reply_knowing(call.webhook, call.body, settings, knowledge)
}

/// How many reviews wait for the API server at the same time.
pub(super) const MOST_ASKING: usize = 16;

/// What a client is told where the API server did not say what it was asked: its own words are for the log, since what it
/// says to us may not be for everybody.
const UNTOLD: &str =
    "the API server did not tell syncguard what this change is about; syncguard's log says why";

/// What the last step, from what was read to the answer, may take.
const LAST_STEP: Duration = Duration::from_millis(50);

impl WebhookHandler {
    async fn read_and_reply(
        &self,
        watches: &Watches,
        call: Call<'_>,
        settings: Arc<Settings>,
        wanted: Vec<Lookup>,
    ) -> Reply {
        let deadline = call.deadline.checked_sub(LAST_STEP).unwrap_or(call.deadline);
        let read = async {
            let Ok(_place) = self.asking.acquire().await else { return Err("stopped".to_owned()) };
            watches.reading(&wanted).await.map_err(|error| error.to_string())
        };
        let read = timeout_at(deadline, read).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let stored = match read {
            Ok(stored) => Arc::new(stored),
            Err(reason) => {
                warn!(reason, "lookup of related objects failed");
                if wanted.iter().any(Lookup::is_vital) {
                    return Reply::unavailable(UNTOLD);
                }
                watches.now()
            }
        };
        match reply(call, &settings, KnownState::Read(&stored)) {
            Outcome::Reply(reply) => reply,
            // What was read is all there is.
            Outcome::Lookup(_) => Reply::unavailable(UNTOLD),
        }
    }
}
