//! What a cluster will be and do, predicted from its manifest alone.
//!
//! Facts as typed values; `render` puts them into words. The settled state is predicted: every pod runs,
//! every standby streams, and the first main pod leads.

mod failure;
mod failure_model;
mod list;
mod names;
mod note;
mod verdict;

use serde::Serialize;
use serde_json::{Map, Value};

pub use failure::{Event, Failure, Leader, Loss, Then, Writes};
pub use list::{Layout, Member, MemberRole, MemberState, ordinals_by_name};
pub use note::{Commits, Note, Promotion, Restart, Return};
pub use verdict::{Loses, Pause, Verdict};

use crate::{
    cluster::{Cluster, Part, Sharded, default_group_name},
    facts::{Release, patroni::STUCK_COMMITS},
    patroni::{Deployed, Timing},
    postgres::SynchronousCommit,
    replication::{Mode, Role},
    rule::Finding,
    topology::{Run, Synchronous},
    view::{Body, Kind},
};

/// The most members that are listed one by one; a manifest can ask for two thousand million.
pub const MAX_LISTED_MEMBERS: usize = 100;

/// What an object means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The kind of the object.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its namespace, where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What is wrong with the manifest, so that it may be refused; filled in by whoever judged it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ManifestError>,
    /// The Postgres clusters that it becomes: one, or the coordinator and each kind of shard.
    pub clusters: Vec<ClusterPrediction>,
}

/// An error in a manifest that is predicted all the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManifestError {
    /// The rule.
    pub rule: &'static str,
    /// Where.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl From<Finding<'_>> for ManifestError {
    fn from(finding: Finding<'_>) -> Self {
        Self { rule: finding.rule.id, path: finding.path.to_string(), message: finding.problem.message }
    }
}

/// What becomes of one Postgres cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ClusterPrediction {
    /// It runs.
    Running(Box<Running>),
    /// It is stopped on purpose.
    Stopped {
        /// Its name.
        name: String,
    },
    /// The manifest does not say what it will be; the findings of `validate` say why.
    Undetermined {
        /// Its name.
        name: String,
    },
}

/// A running Postgres cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Running {
    /// Its name, the scope of Patroni; for the shards without an override that of the first.
    pub name: String,
    /// Which part of an SGShardedCluster it is; `render` has the words.
    #[serde(skip)]
    pub part: Part,
    /// The mode in the manifest.
    pub mode: Mode,
    /// How many pods there are.
    pub instances: i64,
    /// The pods, those in a row with the same role together.
    pub pods: Vec<Pods>,
    /// Patroni's settings.
    pub patroni: Patroni,
    /// Whether the cluster follows another one and takes no writes itself.
    pub follows_another_cluster: bool,
    /// `synchronous_standby_names` of Postgres in the settled state.
    pub synchronous_standby_names: String,
    /// Whether somebody set it, and Patroni passes it on. Commits then wait for what Patroni does not watch, so
    /// `failures` is empty, and `copies` counts the leader's alone.
    pub standby_names_set_by_hand: bool,
    /// `synchronous_commit` of Postgres; a session, a role or a database can set it otherwise.
    pub synchronous_commit: SynchronousCommit,
    /// How long each commit waits for the standbys to replay it, in milliseconds; none where they replay at once, or nobody
    /// waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_delay_ms: Option<u64>,
    /// How many copies an acknowledged commit has in the settled state, the leader's included.
    pub copies: i64,
    /// The rows of `patronictl list`, at most `MAX_LISTED_MEMBERS`; none for a part of a sharded cluster, whose
    /// members share one scope under Citus.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// How `patronictl list` is laid out.
    pub layout: Layout,
    /// What happens when something dies; none where that is not predicted.
    pub failures: Vec<Failure>,
    /// What the failures come to; none where they are not predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Pods in a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pods {
    /// The name of the first.
    pub first: String,
    /// The name of the last.
    pub last: String,
    /// How many.
    pub count: i64,
    /// The group's name; none for the main pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Their role in the manifest.
    pub role: Role,
    /// Their tags in Patroni.
    pub tags: Map<String, Value>,
    /// Whether Patroni may promote them.
    pub can_be_promoted: bool,
    /// Whether the service NAME-replicas sends them reads.
    pub serves_reads: bool,
}

/// Patroni's settings for a cluster.
#[expect(clippy::struct_excessive_bools, reason = "these are Patroni's own switches")]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Patroni {
    /// The version, where the Postgres version determines it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it may also be a newer one.
    pub or_later: bool,
    /// `synchronous_mode`.
    pub synchronous_mode: bool,
    /// `synchronous_mode_strict`.
    pub synchronous_mode_strict: bool,
    /// `synchronous_node_count`, a maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronous_node_count: Option<i64>,
    /// Times, in seconds, and limits.
    #[serde(flatten)]
    pub timing: Timing,
    /// Whether commits can get stuck for ever by Patroni issue 3468.
    pub has_stuck_commit_bug: bool,
    /// Versions on which the failures were done to running clusters of this kind; none where nobody has yet.
    pub observed_on: &'static [&'static str],
}

/// Predicts what an object means, below the StackGres that the settings name; none for an object that is no cluster.
pub fn predict<'a>(
    object: &'a Body<'a>,
    configs: crate::cluster::PostgresConfigs<'_, 'a>,
    stackgres: Option<Release>,
) -> Option<Prediction> {
    let name = object.name().unwrap_or("unnamed");
    let kind = object.known_kind()?;
    let clusters = match kind {
        Kind::Cluster => vec![predict_cluster(name, &Cluster::of(object, configs).under(stackgres))],
        Kind::ShardedCluster => predict_parts(&Sharded::of(object, configs).under(stackgres)),
        Kind::PostgresConfig | Kind::Scale => return None,
    };
    let namespace = object.namespace().map(str::to_owned);
    Some(Prediction { kind, name: name.to_owned(), namespace, errors: Vec::new(), clusters })
}

/// The coordinator, and each kind of worker and query router that there is.
fn predict_parts(sharded: &Sharded<'_>) -> Vec<ClusterPrediction> {
    let parts = sharded.parts().iter().filter(|part| part.exists);
    parts.filter_map(|part| Some(predict_cluster(&sharded.name_of(part.part)?, part))).collect()
}

fn predict_cluster(name: &str, cluster: &Cluster<'_>) -> ClusterPrediction {
    let name = name.to_owned();
    if cluster.is_stopped() {
        return ClusterPrediction::Stopped { name };
    }
    match running(&name, cluster) {
        Some(running) => ClusterPrediction::Running(Box::new(running)),
        None => ClusterPrediction::Undetermined { name },
    }
}

fn running(name: &str, cluster: &Cluster<'_>) -> Option<Running> {
    let (topology, mode, written) = (cluster.topology()?, cluster.mode()?, cluster.synchronous()?);
    let deployed = cluster.patroni();
    let follows = !cluster.replicate_from.is_absent();
    let in_effect = in_effect(written, follows);
    let standbys = topology.instances() - 1;
    // What the lab does not do: standbys that nobody waits for, a cluster that follows another one, and Citus.
    let observed = (in_effect.mode || standbys == 0) && !follows && cluster.part == Part::Whole;
    let passed_on = !follows && cluster.passes_standby_names_on();
    let by_hand = cluster.standby_names_set_by_hand().filter(|_| passed_on).and_then(|names| names.text());
    let names = list::synchronous_standbys(topology, in_effect);
    let synchronous_commit = cluster.synchronous_commit();
    let awaited = if synchronous_commit.waits_for_standbys() { in_effect.node_count.unwrap_or(0) } else { 0 };
    let model = failure_model::FailureModel {
        synchronous: in_effect,
        topology,
        timing: cluster.timing(),
        follows_another_cluster: follows,
        synchronous_commit,
        streaming_delay_ms: cluster.streaming_delay_ms(),
    };
    let failures = if by_hand.is_some() { Vec::new() } else { failure_model::failures(&model) };
    let waits_for_replay = awaited > 0 && synchronous_commit == SynchronousCommit::RemoteApply;
    Some(Running {
        name: name.to_owned(),
        part: cluster.part,
        mode,
        instances: topology.instances(),
        pods: topology.runs().iter().map(|run| pods(name, run, cluster)).collect(),
        patroni: patroni(cluster, deployed, written, observed && by_hand.is_none()),
        follows_another_cluster: follows,
        synchronous_standby_names: by_hand
            .map_or_else(|| list::standby_names(name, &names, in_effect), str::to_owned),
        standby_names_set_by_hand: by_hand.is_some(),
        synchronous_commit,
        replay_delay_ms: cluster.replay_delay_ms().filter(|_| waits_for_replay && standbys > 0),
        copies: 1 + awaited.min(standbys),
        members: list::members(name, cluster, &names, follows),
        layout: Layout::of(deployed),
        verdict: (!failures.is_empty()).then(|| Verdict::of(&failures)),
        failures,
    })
}

/// A cluster that follows another one ignores synchronous mode: the primary is elsewhere.
fn in_effect(written: Synchronous, follows: bool) -> Synchronous {
    if follows { Synchronous { mode: false, strict: false, node_count: None } } else { written }
}

fn pods(name: &str, run: &Run, cluster: &Cluster<'_>) -> Pods {
    let group = run.group.map(|index| {
        cluster.groups().get(index).map_or_else(|| default_group_name(index), crate::cluster::Group::name)
    });
    Pods {
        first: format!("{name}-{}", run.first),
        last: format!("{name}-{}", run.first + run.count - 1),
        count: run.count,
        group,
        role: run.role,
        tags: run.role.tags().iter().map(|tag| ((*tag).to_owned(), Value::Bool(true))).collect(),
        can_be_promoted: run.role.is_promotable(),
        serves_reads: run.role.serves_reads(),
    }
}

fn patroni(cluster: &Cluster<'_>, deployed: Deployed, written: Synchronous, observed: bool) -> Patroni {
    // A later version than the least one may have it fixed.
    let affected = matches!(deployed, Deployed::Exactly(version) if STUCK_COMMITS.is_in(version));
    Patroni {
        version: deployed.version().map(|version| version.to_string()),
        or_later: matches!(deployed, Deployed::AtLeast(_)),
        synchronous_mode: written.mode,
        synchronous_mode_strict: written.strict,
        synchronous_node_count: written.node_count,
        timing: cluster.timing(),
        has_stuck_commit_bug: affected && written.node_count.is_some_and(|count| count >= 2),
        observed_on: if observed { &crate::patroni::OBSERVED } else { &[] },
    }
}
