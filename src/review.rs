//! The judgement of one object: its defaults, its rules, and what history and settings make of the findings.
//!
//! The only place where defaults and rules meet. It does no input or output, reads no clock, and cannot
//! fail: what cannot be read becomes a finding.

mod ignores;
mod parameters;
mod ratchet;

use std::collections::HashMap;

use ignores::Ignores;
pub use ignores::{ANNOTATION, why_unused};
pub use parameters::{Consequences, ParameterChange};
use ratchet::{KNOWN, news_of, ratchet};

use crate::{
    cluster::{Cluster, Part, PostgresConfigs, Sharded},
    defaults::{self, Operation},
    facts::Release,
    path::Path,
    policy::Policy,
    rule::{Change, Check, Finding, MOST, Problem, Problems, Related, Rule, Severity},
    rules,
    view::{Body, Kind, Leaf},
};

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
) -> Vec<Operation> {
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

/// Judges an object. The findings come in the order of the catalogue.
pub fn judge<'a>(request: &Request<'_, 'a>, policy: &Policy) -> Vec<Finding<'a>> {
    let Some(now) = State::now(request, policy) else { return Vec::new() };
    let before = State::before(request, policy);
    let mut findings = raise(&now, before.as_ref(), request.origin, policy);
    if !findings.is_empty() {
        if let Some(before) = before {
            let before = before.at_least_running(&now);
            let known = raise(&before, None, request.origin, policy);
            let (before, now) = (before.overrides(), now.overrides());
            let known = known.iter().map(|finding| news_of(finding, &before)).collect();
            ratchet(&mut findings, &known, &now, request.origin);
        }
        soften_in_the_operators_way(&mut findings, request);
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

/// An object, and the clusters that it means.
struct State<'a> {
    object: &'a Body<'a>,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Cluster(Box<Cluster<'a>>),
    Sharded(Sharded<'a>),
    /// No cluster: an SGPostgresConfig, or an object whose `spec` is no object.
    None,
}

impl<'a> State<'a> {
    fn now(request: &Request<'_, 'a>, policy: &Policy) -> Option<Self> {
        let state = match request.scale {
            Some(scale) => Self::scaled(request.object, scale.replicas, request.configs),
            None => Self::of(request.object, request.configs)?,
        };
        Some(state.under(policy.stackgres_version))
    }

    fn before(request: &Request<'_, 'a>, policy: &Policy) -> Option<Self> {
        let configs = request.configs_before.unwrap_or(request.configs);
        let state = match request.scale {
            Some(scale) => Self::scaled(request.object, scale.before, configs),
            None => Self::of(request.before?, configs)?,
        };
        Some(state.under(policy.stackgres_version))
    }

    fn of(object: &'a Body<'a>, configs: PostgresConfigs<'_, 'a>) -> Option<Self> {
        let shape = match object.known_kind()? {
            _ if object.spec.other().is_some() => Shape::None,
            Kind::Cluster => Shape::Cluster(Box::new(Cluster::of(object, configs))),
            Kind::ShardedCluster => Shape::Sharded(Sharded::of(object, configs)),
            Kind::PostgresConfig => Shape::None,
            Kind::Scale => return None,
        };
        Some(Self { object, shape })
    }

    fn scaled(object: &'a Body<'a>, replicas: &'a Leaf<'a>, configs: PostgresConfigs<'_, 'a>) -> Self {
        Self { object, shape: Shape::Cluster(Box::new(Cluster::scaled(object, replicas, configs))) }
    }

    /// The same below the operator that the settings name.
    fn under(self, configured: Option<Release>) -> Self {
        let shape = match self.shape {
            Shape::Cluster(cluster) => Shape::Cluster(Box::new(cluster.under(configured))),
            Shape::Sharded(sharded) => Shape::Sharded(sharded.under(configured)),
            Shape::None => Shape::None,
        };
        Self { shape, ..self }
    }

    /// The stored object, each cluster taken at its new number of instances if it is stopped, so that it may start again.
    fn at_least_running(self, now: &Self) -> Self {
        let now = now.by_part();
        let running = |cluster: Cluster<'a>| match counterpart(&now, cluster.part) {
            Some(now) if cluster.is_stopped() => cluster.at(now.instances.leaf()),
            _ => cluster,
        };
        let shape = match self.shape {
            Shape::Cluster(cluster) => Shape::Cluster(Box::new(running(*cluster))),
            Shape::Sharded(sharded) => Shape::Sharded(sharded.map(running)),
            Shape::None => Shape::None,
        };
        Self { shape, ..self }
    }

    /// The overrides, by their positions.
    fn overrides(&self) -> HashMap<usize, Part> {
        let positioned = |part| match part {
            Part::Override { position, .. } => Some((position, place_free(part))),
            Part::Whole | Part::Coordinator | Part::Shards => None,
        };
        self.parts().iter().filter_map(|cluster| positioned(cluster.part)).collect()
    }

    fn parts(&self) -> &[Cluster<'a>] {
        match &self.shape {
            Shape::Cluster(cluster) => std::slice::from_ref(cluster),
            Shape::Sharded(sharded) => sharded.parts(),
            Shape::None => &[],
        }
    }

    /// The parts, by what they are to the object; a shard also by its number, wherever its override stands.
    fn by_part(&self) -> HashMap<Part, &Cluster<'a>> {
        let keys = |part| [part, place_free(part)];
        self.parts().iter().flat_map(|cluster| keys(cluster.part).map(|key| (key, cluster))).collect()
    }
}

/// No position of an override.
const ANYWHERE: usize = usize::MAX;

/// A part without the position of its override, which can move.
fn place_free(part: Part) -> Part {
    match part {
        Part::Override { shard: Some(shard), .. } => {
            Part::Override { position: ANYWHERE, shard: Some(shard) }
        }
        part => part,
    }
}

/// The same part in another state of the object; a shard that has no override there is one of the shards.
fn counterpart<'p, 'a>(there: &HashMap<Part, &'p Cluster<'a>>, part: Part) -> Option<&'p Cluster<'a>> {
    let shards = matches!(part, Part::Override { .. }).then_some(Part::Shards);
    // Of several overrides for one shard, the one that stands where it stood is the same.
    there.get(&part).or_else(|| there.get(&place_free(part))).or_else(|| there.get(&shards?)).copied()
}

/// What every rule says of a state, and of the way it came about.
fn raise<'a>(
    now: &State<'a>,
    before: Option<&State<'a>>,
    origin: Origin,
    policy: &Policy,
) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut problems = Problems::default();
    let history = before.map(|before| History { object: before.object, parts: before.by_part() });
    for rule in rules::ALL {
        for check in rule.checks {
            run(rule, check, now, history.as_ref(), origin, &mut problems);
        }
        if problems.is_empty() {
            continue;
        }
        // One problem, the usual case, cannot have been told before.
        let mut said = (problems.len() > 1).then(HashMap::new);
        let first = findings.len();
        for problem in problems.drain() {
            weigh(rule, problem, said.as_mut(), policy, &mut findings);
            if findings.len() - first > MOST {
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

/// A stored object and its parts.
struct History<'p, 'a> {
    object: &'a Body<'a>,
    parts: HashMap<Part, &'p Cluster<'a>>,
}

impl<'p, 'a> History<'p, 'a> {
    fn change(&self, now: &'p Cluster<'a>) -> Option<Change<'p, 'a>> {
        Some(Change { before: counterpart(&self.parts, now.part)?, now, stored: self.object })
    }
}

fn run<'a>(
    rule: &Rule,
    check: &Check,
    now: &State<'a>,
    history: Option<&History<'_, 'a>>,
    origin: Origin,
    problems: &mut Problems<'a>,
) {
    let judged = |part: &&Cluster<'a>| rule.judges_stopped || !part.is_stopped();
    let parts = now.parts().iter().filter(judged);
    let change = |part| history?.change(part);
    match (check, &now.shape) {
        (Check::Cluster(check), _) => parts.for_each(|part| check(part, problems)),
        (Check::ClusterUnless(check, excused), _) => {
            parts
                .filter(|part| !change(part).is_some_and(|change| excused(&change)))
                .for_each(|part| check(part, problems));
        }
        (Check::Change(check), _) => parts.filter_map(change).for_each(|change| check(&change, problems)),
        (Check::Sharded(check), Shape::Sharded(sharded)) => check(sharded, problems),
        (Check::Object(check), _) => check(now.object, problems),
        (Check::Manifest(check), _) if origin == Origin::File => check(now.object, problems),
        (Check::Sharded(_) | Check::Manifest(_) | Check::Text, _) => {}
    }
}

/// Makes a finding of a problem, unless the rule is off or has said the same of this place before: many
/// shards can share one fault.
fn weigh<'a>(
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
    let help = if problem.help.is_empty() { rule.fix.into() } else { problem.help };
    findings.push(Finding {
        rule,
        severity,
        softened: "",
        path: problem.path,
        aspect: problem.aspect,
        message: problem.message,
        help,
        suggestion: problem.suggestion,
        related: problem.related,
    });
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

/// The operator must never be stopped by us: what it does on its own was decided elsewhere.
fn soften_in_the_operators_way(findings: &mut [Finding<'_>], request: &Request<'_, '_>) {
    let stored = request.before.unwrap_or(request.object);
    let is_stored = request.before.is_some() || request.scale.is_some();
    let reason = if is_stored && stored.is_being_upgraded() {
        "a major version upgrade is under way"
    } else if request.object.is_being_deleted() {
        "the object is being deleted"
    } else if request.object.known_kind() == Some(Kind::Cluster) && request.object.has_stackgres_controller()
    {
        "the StackGres object that owns it was judged"
    } else {
        return;
    };
    for finding in findings {
        finding.soften(reason);
    }
}
