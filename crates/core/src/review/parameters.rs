//! A change of an SGPostgresConfig, judged by what it does to the clusters that use it.

use super::{Origin, Request, Writer, judge};
use crate::{
    cluster::{PostgresConfigs, Sharded, no_postgres_configs},
    policy::Policy,
    rule::{Downgrade, Finding, Problem, Related},
    view::{Body, Kind, Parameters},
};
use syncguard_manifest::path::Path;

/// An SGPostgresConfig before and after.
#[derive(Clone, Copy)]
pub struct ParameterChange<'a> {
    /// The name of the SGPostgresConfig.
    pub name: &'a str,
    /// Its settings as they are to be.
    pub now: Option<&'a Parameters<'a>>,
    /// Its settings as they are stored; none where it is new.
    pub before: Option<&'a Parameters<'a>>,
}

/// What a change does to the clusters that name the SGPostgresConfig, each ratcheted by the settings as they were.
///
/// The paths are those of the SGPostgresConfig; one fault is told once, with the clusters that have it. Of the clusters
/// nothing is kept, so that many can be judged one after the other.
pub struct Consequences<'a> {
    change: ParameterChange<'a>,
    writer: Writer,
    faults: Vec<Fault<'a>>,
}

/// One fault, and whose it is.
struct Fault<'a> {
    finding: Finding<'a>,
    clusters: Vec<String>,
    more: usize,
}

/// How many clusters are named.
const NAMED: usize = 3;

impl<'a> Consequences<'a> {
    /// Of this change, to no cluster yet.
    pub fn of(change: ParameterChange<'a>, writer: Writer) -> Self {
        Self { change, writer, faults: Vec::new() }
    }

    /// Judges one more cluster, if it names the SGPostgresConfig. `configs` knows the other ones of the namespace.
    pub fn judge<'b>(&mut self, cluster: &'b Body<'b>, configs: PostgresConfigs<'_, 'b>, policy: &Policy)
    where
        'a: 'b,
    {
        let change = self.change;
        if !cluster.postgres_configs().any(|name| name == change.name) {
            return;
        }
        let now = |name: &str| if name == change.name { change.now } else { configs(name) };
        let before = |name: &str| if name == change.name { change.before } else { configs(name) };
        let request = Request {
            before: Some(cluster),
            configs: &now,
            configs_before: Some(&before),
            writer: self.writer,
            ..Request::new(cluster, Origin::Admission)
        };
        for finding in judge(&request, policy) {
            self.collect(cluster, finding);
        }
    }

    fn collect(&mut self, cluster: &Body<'_>, finding: Finding<'_>) {
        let child = child_of(cluster, &finding.path);
        let Some(finding) = self.of_change(finding) else { return };
        let same = |fault: &Fault<'_>| {
            let other = &fault.finding;
            (other.rule.id, &other.path, other.severity, &other.message)
                == (finding.rule.id, &finding.path, finding.severity, &finding.message)
        };
        let index = self.faults.iter().position(same).unwrap_or(self.faults.len());
        if index == self.faults.len() {
            self.faults.push(Fault { finding, clusters: Vec::new(), more: 0 });
        }
        self.faults[index].count(cluster, child);
    }

    /// The finding as one on the SGPostgresConfig; none where it is not about this change.
    fn of_change(&self, finding: Finding<'_>) -> Option<Finding<'a>> {
        let place = Path::of(&["spec", "postgresql.conf"]);
        let path = match finding.related {
            Some(Related::PostgresConfig { name, key }) if name == self.change.name => {
                let written = self.change.now.and_then(|settings| settings.get(key));
                written.map_or(place.clone(), |(key, _)| place.key(key))
            }
            // What the cluster had of its own before is not about this change.
            _ if finding.downgraded == Some(Downgrade::Known) => return None,
            _ => place,
        };
        let Finding { rule, severity, downgraded, problem: Problem { aspect, message, help, .. } } = finding;
        let problem =
            Problem { path, aspect, message, help, severity: None, suggestion: None, related: None };
        Some(Finding { rule, severity, downgraded, problem })
    }

    /// All of it.
    pub fn told(self) -> impl Iterator<Item = Finding<'a>> {
        self.faults.into_iter().map(Fault::told)
    }
}

/// The SGCluster of a sharded one that uses the settings at a path: its name is what people see in `kubectl get`.
fn child_of(cluster: &Body<'_>, path: &Path<'_>) -> Option<String> {
    let is_sharded = cluster.known_kind() == Some(Kind::ShardedCluster);
    is_sharded.then(|| Sharded::of(cluster, &no_postgres_configs).name_for(path)).flatten()
}

impl<'a> Fault<'a> {
    fn count(&mut self, cluster: &Body<'_>, child: Option<String>) {
        if self.clusters.len() < NAMED {
            let kind = cluster.kind.text().unwrap_or_default();
            let child = child.map(|name| format!(" (SGCluster {name})")).unwrap_or_default();
            self.clusters.push(format!("{kind} {}{child}", cluster.name().unwrap_or_default()));
        } else {
            self.more += 1;
        }
    }

    fn told(mut self) -> Finding<'a> {
        let more = if self.more == 0 { String::new() } else { format!(" and {} more", self.more) };
        let message = format!("{}{more}: {}", self.clusters.join(", "), self.finding.message);
        self.finding.problem.message = message;
        self.finding
    }
}
