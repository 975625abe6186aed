//! The judgement of one object: its defaults, its rules, and what history and settings make of the findings.
//!
//! The only place where defaults and rules meet. It does no input or output, reads no clock, and cannot
//! fail: what cannot be read becomes a finding.

mod ignores;
mod pairs;
mod parameters;
mod ratchet;
mod state;

use std::collections::HashMap;

use ignores::Ignores;
pub use ignores::{ANNOTATION, why_unused};
use pairs::Pairs;
pub use parameters::{Consequences, ParameterChange};
use ratchet::{KNOWN, news_of, ratchet};
use state::{History, State};

use crate::{
    cluster::{Cluster, PostgresConfigs},
    defaults::{self, Operation},
    path::Path,
    policy::Policy,
    rule::{Check, Finding, MOST, Problem, Problems, Related, Rule, Severity},
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
    let pairs = before.as_ref().map(|before| Pairs::of(&now, before)).unwrap_or_default();
    let history = before.as_ref().map(|before| History::of(before, &pairs));
    let mut findings = raise(&now, history.as_ref(), request.origin, policy);
    if !findings.is_empty() {
        if let Some(before) = before {
            let before = before.at_least_running(&now, &pairs);
            let known = raise(&before, None, request.origin, policy);
            let known = known.iter().map(|finding| news_of(finding)).collect();
            ratchet(&mut findings, &known, &pairs, request.origin);
        }
        soften_in_the_operators_way(&mut findings, request);
        soften_what_is_not_known(&mut findings, request.object);
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

/// What an API server serves under a version that nobody here knows may mean something else: it is never denied.
fn soften_what_is_not_known(findings: &mut [Finding<'_>], object: &Body<'_>) {
    if object.known_kind().is_some_and(|kind| !object.is_served(kind)) {
        for finding in findings {
            finding.soften("no StackGres that is known here serves this version of the object");
        }
    }
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
