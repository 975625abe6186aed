//! What answers a call: the settings in use, what is stored, and, where a watch is behind, a question to the API server.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout_at;
use tracing::warn;

use crate::admission::{self, Knowledge, Outcome, Reply, Wanted};
use crate::kubernetes::{Trust, Watches};
use crate::server::{Answer, Call, Handler};
use crate::settings::{FollowedSettings, Settings};

/// Connects the server to admission.
pub(super) struct Judge {
    /// The settings in use.
    pub(super) settings: Arc<FollowedSettings>,
    /// What is stored; none without access to an API server.
    pub(super) watches: Option<Arc<Watches>>,
    /// Whether the API server trusts us; none where that is not ours to see to.
    pub(super) trust: Option<Arc<Trust>>,
}

impl Handler for Judge {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        let settings = self.settings.current();
        let Some(watches) = &self.watches else {
            return Box::pin(ready(admission::reply(call.webhook, call.body, &settings)));
        };
        match reply(call, &settings, Knowledge::Watched(&watches.now())) {
            Outcome::Reply(reply) => Box::pin(ready(reply)),
            Outcome::Wanted(wanted) => Box::pin(read_and_reply(watches, call, settings, wanted)),
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
        admission::reply_to_panic(call.body)
    }
}

fn reply(call: Call<'_>, settings: &Settings, knowledge: Knowledge<'_>) -> Outcome {
    admission::reply_knowing(call.webhook, call.body, settings, knowledge)
}

/// What the last step, from what was read to the answer, may take.
const LAST_STEP: Duration = Duration::from_millis(50);

async fn read_and_reply(
    watches: &Watches,
    call: Call<'_>,
    settings: Arc<Settings>,
    wanted: Vec<Wanted>,
) -> Reply {
    let deadline = call.deadline.checked_sub(LAST_STEP).unwrap_or(call.deadline);
    let stored = match timeout_at(deadline, watches.reading(&wanted)).await {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    };
    let stored = match stored {
        Ok(stored) => Arc::new(stored),
        Err(reason) => {
            warn!(reason, "the API server did not say what a review is about");
            if wanted.iter().any(Wanted::is_vital) {
                return Reply::unavailable(&format!(
                    "syncguard asked the API server what this change is about: {reason}"
                ));
            }
            watches.now()
        }
    };
    match reply(call, &settings, Knowledge::Read(&stored)) {
        Outcome::Reply(reply) => reply,
        // What was read is all there is.
        Outcome::Wanted(_) => Reply::unavailable("syncguard does not know what this change is about"),
    }
}
