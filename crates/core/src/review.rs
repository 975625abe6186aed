//! The judgment of one object: its defaults, its rules, and what history and settings make of the findings.
//!
//! The only place where defaults and rules meet. It does no input or output, reads no clock, and cannot
//! fail: what cannot be read becomes a finding.

mod account;
mod ignores;
mod pairs;
mod parameters;
mod ratchet;
mod state;

use std::collections::HashMap;

pub use account::{Account, SERVICE_ACCOUNT, service_account};
use ignores::Ignores;
pub use ignores::{ANNOTATION, why_unused};
use pairs::Pairs;
pub use parameters::{Consequences, ParameterChange};
use ratchet::Known;
use state::{History, State};

use crate::{
    cluster::{Cluster, PostgresConfigs, no_postgres_configs},
    defaults,
    policy::{Policy, Starts},
    rule::{Check, Downgrade, Finding, MAX_FINDINGS_PER_RULE, Problem, Problems, Related, Rule, Severity},
    rules,
    view::{Body, Given, Integer, Kind, Leaf, Spec, Text},
};
use syncguard_manifest::{SetValue, path::Path};

/// Where an object comes from, and thereby what can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file: nobody has dropped unknown fields yet, and a person wants to hear everything.
    File,
    /// An API server: unknown fields are gone, and only what a change makes worse is news.
    Admission,
}

/// What is to be judged.
pub struct Request<'r, 'a> {
    /// The object as it is to be; for a scale the cluster as it is stored.
    pub object: &'a Body<'a>,
    /// The object as it is stored; none where it is new.
    pub before: Option<&'a Body<'a>>,
    /// The numbers of a request to `/scale`.
    pub scale: Option<Scale<'a>>,
    /// The SGPostgresConfigs of the object's namespace.
    pub configs: PostgresConfigs<'r, 'a>,
    /// The same as they are stored, where one of them is what changes.
    pub configs_before: Option<PostgresConfigs<'r, 'a>>,
    /// Where the object comes from.
    pub origin: Origin,
    /// Who writes it.
    pub writer: Writer,
}

impl<'a> Request<'_, 'a> {
    /// A new object that anybody writes, and that is judged without SGPostgresConfigs.
    pub fn new(object: &'a Body<'a>, origin: Origin) -> Self {
        Self {
            object,
            before: None,
            scale: None,
            configs: &no_postgres_configs,
            configs_before: None,
            origin,
            writer: Writer::Anybody,
        }
    }
}

/// Who writes an object, as far as that excuses what is written. What stands in the object proves nothing: whoever may write
/// it may write that, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Writer {
    /// Anybody.
    #[default]
    Anybody,
    /// The operator, by its own account: what it does on its own was decided elsewhere.
    Operator,
    /// A major version upgrade that is running on the cluster. It sets mode async and one instance and restores both, and its
    /// writes are retried for ever: a denial would hang it.
    Upgrade,
}

/// A request for another number of pods.
#[derive(Debug, Clone, Copy)]
pub struct Scale<'a> {
    /// The number asked for.
    pub replicas: &'a Leaf<'a>,
    /// The present number.
    pub before: &'a Leaf<'a>,
}

/// Fills in what is absent, in the view and as operations on the raw document.
///
/// Only an SGCluster is completed. `spec_unchanged` is asked only where something would be filled in: an
/// update that leaves `spec` as it was stays as it is.
pub fn complete(
    object: &mut Body<'_>,
    before: Option<&Body<'_>>,
    policy: &Policy,
    spec_unchanged: impl FnOnce() -> bool,
) -> Vec<SetValue> {
    if object.known_kind() != Some(Kind::Cluster) {
        return Vec::new();
    }
    let derive = policy.derive_sync_instances && !object.has_stackgres_controller();
    let untouched = before.map(|_| object.spec.clone());
    let operations =
        defaults::complete(&mut object.spec, before.and_then(|before| before.spec.get()), derive);
    match untouched {
        Some(untouched) if !operations.is_empty() && spec_unchanged() => {
            object.spec = untouched;
            Vec::new()
        }
        _ => operations,
    }
}

/// Judges an object. The findings come in the order of the catalog.
pub fn judge<'a>(request: &Request<'_, 'a>, policy: &Policy) -> Vec<Finding<'a>> {
    let Some(now) = State::now(request, policy) else { return Vec::new() };
    let before = State::before(request, policy);
    let pairs = before.as_ref().map(|before| Pairs::of(&now, before)).unwrap_or_default();
    let history = before.as_ref().map(|before| History::of(before, &pairs));
    let mut findings = raise(&now, history.as_ref(), request.origin, policy);
    if !findings.is_empty() {
        if let Some(before) = before {
            compare(&mut findings, before, &now, &pairs, request.origin, policy);
        }
        excuse(&mut findings, request);
    }
    if policy.honor_ignores {
        let ignores = Ignores::of(request.object);
        ignores.apply(&mut findings);
        if request.origin == Origin::File {
            findings.extend(ignores.unused(policy));
        }
    }
    findings
}

/// What every rule says of a state, and of the way it came about.
fn raise<'a>(
    now: &State<'a>,
    history: Option<&History<'_, 'a>>,
    origin: Origin,
    policy: &Policy,
) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut problems = Problems::default();
    for rule in rules::ALL {
        for check in rule.checks {
            run(rule, check, now, history, origin, &mut problems);
        }
        if problems.is_empty() {
            continue;
        }
        // One problem, the usual case, cannot have been told before.
        let mut said = (problems.len() > 1).then(HashMap::new);
        let first = findings.len();
        for problem in problems.drain() {
            add_finding(rule, problem, said.as_mut(), policy, &mut findings);
            if findings.len() - first > MAX_FINDINGS_PER_RULE {
                // Which of very many are told matters little, but one that denies must be among them.
                let last = findings.pop().filter(|last| last.severity == Severity::Error);
                if let (Some(error), Some(kept)) = (last, findings.last_mut()) {
                    *kept = error;
                }
            }
        }
    }
    findings
}

fn run<'a>(
    rule: &Rule,
    check: &Check,
    now: &State<'a>,
    history: Option<&History<'_, 'a>>,
    origin: Origin,
    problems: &mut Problems<'a>,
) {
    let judged = |part: &&Cluster<'a>| rule.judges_stopped || part.runs();
    let parts = now.parts().iter().filter(judged);
    let changes = |part| history.into_iter().flat_map(move |history| history.changes(part));
    match (check, now.sharded()) {
        (Check::Cluster(check), _) => parts.for_each(|part| check(part, problems)),
        (Check::ClusterUnless(check, excused), _) => {
            parts
                .filter(|part| !changes(part).any(|change| excused(&change)))
                .for_each(|part| check(part, problems));
        }
        (Check::Change(check), _) => parts.flat_map(changes).for_each(|change| check(&change, problems)),
        (Check::Sharded(check), Some(sharded)) => check(sharded, problems),
        (Check::ShardedUnless(check, excused), Some(sharded)) => {
            let before = history.and_then(|history| history.sharded);
            if !before.is_some_and(|before| excused(before, sharded)) {
                check(sharded, problems);
            }
        }
        (Check::ShardedChange(check), Some(sharded)) => {
            history
                .and_then(|history| history.sharded)
                .into_iter()
                .for_each(|before| check(before, sharded, problems));
        }
        (Check::Object(check), _) => check(now.object, problems),
        (Check::Manifest(check), _) if origin == Origin::File => check(now.object, problems),
        (
            Check::Sharded(_)
            | Check::ShardedUnless(..)
            | Check::ShardedChange(_)
            | Check::Manifest(_)
            | Check::Text,
            _,
        ) => {}
    }
}

/// Makes a finding of a problem, unless the rule is off or has said the same of this place before: many
/// shards can share one fault.
fn add_finding<'a>(
    rule: &'static Rule,
    problem: Problem<'a>,
    said: Option<&mut HashMap<Fault<'a>, usize>>,
    policy: &Policy,
    findings: &mut Vec<Finding<'a>>,
) {
    let Some(severity) = policy.severity(rule, problem.severity) else { return };
    let index = said.map_or(findings.len(), |said| {
        *said.entry(fault_of(&problem.path, problem.related.as_ref())).or_insert(findings.len())
    });
    if let Some(said) = findings.get_mut(index) {
        said.severity = said.severity.max(severity);
        return;
    }
    findings.push(Finding::new(rule, severity, problem));
}

/// What a rule speaks of only once: a path, and the setting if it stands in an SGPostgresConfig, because all
/// settings of one share the cluster's path.
type Fault<'a> = (Path<'a>, Option<&'a str>);

fn fault_of<'a>(path: &Path<'a>, related: Option<&Related<'a>>) -> Fault<'a> {
    let setting = match related {
        Some(Related::PostgresConfig { key, .. }) => Some(*key),
        Some(Related::Here { .. }) | None => None,
    };
    (path.clone(), setting)
}

/// Downgrades what the object had before the change, and what a cluster that starts may have had before it was stopped.
fn compare<'a>(
    findings: &mut Vec<Finding<'a>>,
    before: State<'a>,
    now: &State<'a>,
    pairs: &Pairs,
    origin: Origin,
    policy: &Policy,
) {
    let raised = |before: &State<'a>| Known::of(&raise(before, None, origin, policy));
    raised(&before).ratchet(findings, pairs, origin);
    if before.starts(now, pairs) {
        // What depends on the number of instances was never judged at this number.
        let known = raised(&before.at_least_running(now, pairs));
        match policy.starts {
            Starts::Warn => known.ratchet_start(findings, pairs),
            Starts::Deny => known.say_the_ways_on(findings, pairs),
        }
    }
}

/// Downgrades errors of what is not to be denied, whoever is to blame: what nobody here knows, what the operator does on its
/// own, and what an upgrade must do.
fn excuse(findings: &mut [Finding<'_>], request: &Request<'_, '_>) {
    let is_unknown = request.object.known_kind().is_some_and(|kind| !request.object.is_served(kind));
    let reason = match request.writer {
        _ if is_unknown => Downgrade::UnknownVersion,
        Writer::Operator => Downgrade::Operator,
        Writer::Upgrade if is_of_an_upgrade(request) => Downgrade::Upgrade,
        Writer::Upgrade | Writer::Anybody => return,
    };
    for finding in findings {
        finding.downgrade(reason);
    }
}

/// Whether a change is of what a major version upgrade changes, and of nothing else.
fn is_of_an_upgrade(request: &Request<'_, '_>) -> bool {
    if request.scale.is_some() {
        return true;
    }
    let [before, now] = [request.before, Some(request.object)].map(|object| {
        object.and_then(|object| object.spec.get().cloned()).map(without_what_an_upgrade_changes)
    });
    request.before.is_some() && before == now
}

/// What the upgrade's script patches in an SGCluster (StackGres 1.18 and 1.19, `run-major-version-upgrade.sh`): the mode to
/// async, the instances to 1, the version and its SGPostgresConfig, and back.
fn without_what_an_upgrade_changes(mut spec: Spec<'_>) -> Spec<'_> {
    spec.instances = Integer::default();
    if let Given::Is(replication) = &mut spec.replication {
        replication.mode = Text::default();
        replication.sync_instances = Integer::default();
    }
    if let Given::Is(postgres) = &mut spec.postgres {
        postgres.version = Text::default();
    }
    if let Given::Is(configurations) = &mut spec.configurations {
        configurations.sg_postgres_config = Text::default();
    }
    spec
}
