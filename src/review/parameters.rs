//! A change of an SGPostgresConfig, judged by what it does to the clusters that use it.

use super::{KNOWN, Origin, Request, judge};
use crate::{
    cluster::PostgresConfigs,
    path::Path,
    policy::Policy,
    rule::{Finding, Related},
    view::{Body, Parameters},
};

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

/// Judges a change by each cluster that names the SGPostgresConfig, ratcheted by the settings as they were.
///
/// The paths are those of the SGPostgresConfig; one fault is told once, with the clusters that have it.
/// `configs` knows the other SGPostgresConfigs of the namespace.
pub fn judge_parameters<'a>(
    change: ParameterChange<'a>,
    clusters: impl Iterator<Item = &'a Body<'a>>,
    configs: PostgresConfigs<'_, 'a>,
    policy: &Policy,
) -> Vec<Finding<'a>> {
    let now = |name: &str| if name == change.name { change.now } else { configs(name) };
    let before = |name: &str| if name == change.name { change.before } else { configs(name) };
    let mut faults: Vec<Fault<'a>> = Vec::new();
    for cluster in clusters.filter(|cluster| cluster.postgres_configs().any(|name| name == change.name)) {
        let request = Request {
            object: cluster,
            before: Some(cluster),
            scale: None,
            configs: &now,
            configs_before: Some(&before),
            origin: Origin::Admission,
        };
        for finding in judge(&request, policy) {
            collect(&mut faults, change.name, cluster, finding);
        }
    }
    faults.into_iter().map(Fault::told).collect()
}

/// One fault, and whose it is.
struct Fault<'a> {
    finding: Finding<'a>,
    clusters: Vec<&'a Body<'a>>,
}

fn collect<'a>(faults: &mut Vec<Fault<'a>>, config: &str, cluster: &'a Body<'a>, mut finding: Finding<'a>) {
    let place = Path::of(&["spec", "postgresql.conf"]);
    finding.path = match finding.related.take() {
        Some(Related::PostgresConfig { name, key }) if name == config => place.key(key),
        // What the cluster had of its own before is not about this change.
        _ if finding.softened == KNOWN => return,
        _ => place,
    };
    finding.suggestion = None;
    let same = |fault: &&mut Fault<'a>| {
        let other = &fault.finding;
        (other.rule.id, &other.path, other.severity, &other.message)
            == (finding.rule.id, &finding.path, finding.severity, &finding.message)
    };
    match faults.iter_mut().find(same) {
        Some(fault) => fault.clusters.push(cluster),
        None => faults.push(Fault { finding, clusters: vec![cluster] }),
    }
}

impl<'a> Fault<'a> {
    fn told(self) -> Finding<'a> {
        const NAMED: usize = 3;
        let name = |cluster: &&Body<'_>| {
            let kind = cluster.kind.text().unwrap_or_default();
            format!("{kind} {}", cluster.name().unwrap_or_default())
        };
        let named: Vec<_> = self.clusters.iter().take(NAMED).map(name).collect();
        let more = match self.clusters.len().saturating_sub(NAMED) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let message = format!("{}{more}: {}", named.join(", "), self.finding.message);
        Finding { message, ..self.finding }
    }
}
