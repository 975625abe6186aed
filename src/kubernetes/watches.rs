//! The watches: what the API server stores, followed as it changes, and read anew where a watch is behind.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::{StreamExt, TryStreamExt, stream};
use kube::Client;
use kube::api::ListParams;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::call_error::{CallError, in_words};
use super::object::Sent;
use super::served::{Served, is_not_found};
use super::upgrade;
use crate::{
    fault::LastingFault,
    metrics::Metrics,
    stored::{KINDS, Stored, StoredObject, Written},
    webhook::Lookup,
};
use syncguard_core::view::Kind;

/// How many objects the API server sends at once, each of up to one and a half megabytes: a page is held as text before it
/// is reduced, and three kinds are listed at the same time.
const PAGE: u32 = 4;

/// What the pages of all kinds take at most while they are read, in bytes: an etcd takes objects of one and a half
/// megabytes, and the client has the text of an answer twice.
pub const MOST_LISTED: usize = PAGE as usize * (3 << 19) * 2 * KINDS.len();

/// How many objects are asked for at the same time.
const AT_ONCE: usize = 4;

/// What has been read, as a change of what is known.
enum Change {
    Put(StoredObject),
    Remove { kind: Kind, namespace: String, name: String },
    Replace { kind: Kind, namespace: String, objects: Vec<StoredObject> },
    Upgrade { namespace: String, name: String, cluster: Option<String> },
}

/// What the API server stores, as far as it has told.
pub struct Watches {
    pub(super) client: Client,
    now: ArcSwap<Stored>,
    /// The kinds of which everything has been seen once. Also guards every change of `now`.
    filled: Mutex<HashSet<Kind>>,
    /// What was written while a watch was live, until somebody takes it. Locked while `filled` is.
    written: Mutex<Written>,
    something_written: Notify,
    pub(super) metrics: Arc<Metrics>,
}

impl Watches {
    /// Watches that have seen nothing yet.
    pub fn new(client: Client, metrics: Arc<Metrics>) -> Self {
        Self {
            client,
            now: ArcSwap::default(),
            filled: Mutex::default(),
            written: Mutex::default(),
            something_written: Notify::new(),
            metrics,
        }
    }

    /// This moment.
    pub fn now(&self) -> Arc<Stored> {
        self.now.load_full()
    }

    /// Waits until something is written.
    pub(super) async fn something_written(&self) {
        self.something_written.notified().await;
    }

    /// What was written since this was asked last, and this moment, which has it.
    pub(super) fn take_written(&self) -> (Written, Arc<Stored>) {
        let _nothing_changes = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner)), self.now())
    }

    /// The kinds of which not everything has been seen yet; empty where judgments can begin.
    pub fn unseen(&self) -> Vec<&'static str> {
        let filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        KINDS.into_iter().filter(|kind| !filled.contains(kind)).map(Kind::resource).collect()
    }

    /// This moment, with what is wanted read from the API server.
    ///
    /// # Errors
    ///
    /// The API server does not answer, or refuses to.
    pub async fn reading(&self, wanted: &[Lookup]) -> Result<Stored, CallError> {
        let reading = stream::iter(wanted.to_vec()).map(|wanted| self.read(wanted)).buffered(AT_ONCE);
        let changes: Vec<Change> = reading.try_collect().await?;
        let mut stored = Stored::clone(&self.now.load());
        for change in changes {
            match change {
                Change::Put(object) => stored.put(object),
                Change::Remove { kind, namespace, name } => stored.remove(&namespace, kind, &name),
                Change::Replace { kind, namespace, objects } => {
                    stored.replace(kind, Some(&namespace), objects);
                }
                Change::Upgrade { namespace, name, cluster } => {
                    if let Some(cluster) = cluster {
                        stored.put_upgrade(namespace, name, cluster);
                    }
                }
            }
        }
        Ok(stored)
    }

    async fn read(&self, wanted: Lookup) -> Result<Change, CallError> {
        match wanted {
            Lookup::Object { kind, namespace, name } => {
                let object = self.read_one(kind, &namespace, &name).await?;
                Ok(object.map_or(Change::Remove { kind, namespace, name }, Change::Put))
            }
            Lookup::All { kind, namespace } => {
                let objects = self.read_all(kind, &namespace).await?;
                Ok(Change::Replace { kind, namespace, objects })
            }
            Lookup::Upgrade { namespace, name } => {
                let cluster = upgrade::running(self.client.clone(), &namespace, &name).await?;
                Ok(Change::Upgrade { namespace, name, cluster })
            }
        }
    }

    async fn read_one(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<StoredObject>, CallError> {
        let Some(served) = Served::newest(&self.client, kind).await? else { return Ok(None) };
        let object = Sent::api(&self.client, served, Some(namespace)).get_opt(name).await?;
        Ok(object.map(|object| object.reduced(served)))
    }

    /// All objects of a kind in a namespace; of a kind that the API server does not know none.
    async fn read_all(&self, kind: Kind, namespace: &str) -> Result<Vec<StoredObject>, CallError> {
        let mut objects = Vec::new();
        let Some(served) = Served::newest(&self.client, kind).await? else { return Ok(objects) };
        let api = Sent::api(&self.client, served, Some(namespace));
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let page = match api.list(&params).await {
                Err(error) if is_not_found(&error) => return Ok(objects),
                page => page?,
            };
            objects.extend(page.items.iter().map(|object| object.reduced(served)));
            let Some(token) = page.metadata.continue_.filter(|token| !token.is_empty()) else {
                return Ok(objects);
            };
            params.continue_token = Some(token);
        }
    }

    /// An object was written that takes the place of what is stored before.
    fn add_written(&self, object: &StoredObject, before: &Stored) {
        let before = before.get_shared(&object.namespace, object.kind, &object.name).cloned();
        self.written.lock().unwrap_or_else(PoisonError::into_inner).add(object.key(), before);
    }

    /// Changes what is known; `filled` where it is now all of a kind.
    fn change(&self, kind: Kind, filled: bool, live: bool, change: impl FnOnce(&mut Stored)) {
        let mut all = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stored = Stored::clone(&self.now.load());
        change(&mut stored);
        stored.set_live(kind, live);
        self.now.store(Arc::new(stored));
        self.metrics.watch(kind.resource(), live);
        if filled && all.insert(kind) {
            info!(resource = kind.resource(), "watch established");
        }
    }
}

/// Follows every kind; never returns.
pub async fn follow(watches: Arc<Watches>) {
    let [clusters, sharded, configs] = KINDS.map(|kind| follow_kind(&watches, kind));
    tokio::join!(clusters, sharded, configs);
}

/// Follows one kind, under the newest version that is served at the time.
async fn follow_kind(watches: &Watches, kind: Kind) {
    let mut retry = WatchRetry { watches, kind, fault: LastingFault::default(), failures: 0 };
    loop {
        match Served::newest(&watches.client, kind).await {
            Ok(Some(served)) => follow_version(served, &mut retry).await,
            Ok(None) => retry.wait(true, UNKNOWN.to_owned()).await,
            Err(error) => retry.wait(false, in_words(&error)).await,
        }
    }
}

/// Follows a kind under one version; returns where that is not served any more, or is not the newest.
async fn follow_version(served: Served, retry: &mut WatchRetry<'_>) {
    let (watches, kind) = (retry.watches, served.kind);
    let api = Sent::api(&watches.client, served, None);
    let mut events = pin!(watcher(api, watcher::Config::default().page_size(PAGE)));
    let mut replaced = pin!(served.replaced(&watches.client));
    let mut listed = Vec::new();
    loop {
        let event = tokio::select! {
            event = events.try_next() => event,
            now = &mut replaced => {
                // Until all has been read under the other version, nobody tells what happens.
                watches.change(kind, false, false, |_| {});
                info!(resource = kind.resource(), before = served.api_version(), now, "served under another version");
                return;
            }
        };
        match event {
            Ok(Some(event)) => {
                // A list is announced before it is asked for: that alone is no sign of life.
                if !matches!(event, Event::Init) {
                    retry.is_over();
                }
                take(watches, served, event, &mut listed);
            }
            Ok(None) => return,
            Err(error) if is_unknown_kind(&error) => return retry.wait(true, UNKNOWN.to_owned()).await,
            Err(error) => retry.wait(false, why(&error)).await,
        }
    }
}

const UNKNOWN: &str = "the API server does not know this kind";

/// What keeps a kind from being watched. Where the API server is out of reach, or does not know the kind yet, it is tried
/// again and again.
struct WatchRetry<'w> {
    watches: &'w Watches,
    kind: Kind,
    fault: LastingFault<String>,
    /// In a row.
    failures: u32,
}

impl WatchRetry<'_> {
    /// Says why, once, and waits before it is tried again. Of an unknown kind everything has been seen: nothing.
    async fn wait(&mut self, unknown: bool, why: String) {
        self.watches.change(self.kind, unknown, false, |_| {});
        if self.fault.is_news(why.clone()) {
            warn!(resource = self.kind.resource(), error = why, "watch failed, retrying");
        }
        tokio::time::sleep(pause(self.failures)).await;
        self.failures += 1;
    }

    fn is_over(&mut self) {
        self.fault = LastingFault::default();
        self.failures = 0;
    }
}

/// How long to wait after so many failures in a row: twice as long each time, up to half a minute.
fn pause(failures: u32) -> Duration {
    Duration::from_millis(800).saturating_mul(1 << failures.min(6)).min(Duration::from_secs(30))
}

fn take(watches: &Watches, served: Served, event: Event<Sent>, listed: &mut Vec<StoredObject>) {
    let kind = served.kind;
    match event {
        Event::Init => listed.clear(),
        Event::InitApply(object) => listed.push(object.reduced(served)),
        Event::InitDone => {
            let all = std::mem::take(listed);
            watches.change(kind, true, true, |stored| stored.replace(kind, None, all));
        }
        Event::Apply(object) => {
            let object = object.reduced(served);
            watches.change(kind, false, true, |stored| {
                watches.add_written(&object, stored);
                stored.keep(object);
            });
            watches.something_written.notify_one();
        }
        Event::Delete(object) => {
            let gone = object.reduced(served);
            watches.change(kind, false, true, |stored| stored.remove(&gone.namespace, kind, &gone.name));
        }
    }
}

/// Whether the API server answers 404 to a list: the CRD is not installed.
fn is_unknown_kind(error: &watcher::Error) -> bool {
    let (watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error)) = error else {
        return false;
    };
    is_not_found(error)
}

/// Why a watch has ended, for people.
fn why(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => in_words(error),
        watcher::Error::WatchError(status) => status.message.clone(),
        watcher::Error::NoResourceVersion => error.to_string(),
    }
}
