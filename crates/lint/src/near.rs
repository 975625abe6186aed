//! Objects that are nearly of a kind that is judged: a mistyped kind or apiVersion, or one that is missing.

use syncguard_core::{rule::Severity, spelling::nearest, view::Kind};
use syncguard_manifest::{Node, path::Path};

/// The kinds of StackGres that are not judged.
const OTHERS: [&str; 14] = [
    "SGBackup",
    "SGBackupConfig",
    "SGConfig",
    "SGDbOps",
    "SGDistributedLogs",
    "SGInstanceProfile",
    "SGObjectStorage",
    "SGPoolingConfig",
    "SGScript",
    "SGShardedBackup",
    "SGShardedDbOps",
    "SGStream",
    "SGShardedClusterList",
    "SGClusterList",
];
const GROUP: &str = "stackgres.io";
/// The kinds that are judged, and what only their `spec` has.
const OURS: [(Kind, &[&str]); 3] = [
    (Kind::ShardedCluster, &["coordinator", "shards", "workers"]),
    (Kind::PostgresConfig, &["postgresql.conf"]),
    (Kind::Cluster, &["instances", "replication", "postgres"]),
];

/// What is wrong with the type of an object.
#[derive(Debug, PartialEq, Eq)]
pub struct Near {
    /// The field at fault.
    pub key: &'static str,
    /// What is wrong, and the nearest right name.
    pub message: String,
    /// An error where the API server surely refuses the object.
    pub severity: Severity,
}

impl Near {
    /// Where the fault is.
    pub fn path(&self) -> Path<'static> {
        Path::of(&[self.key])
    }
}

/// What is wrong with the type of an object that is none of ours, if it is nearly one.
pub fn nearly(node: Node<'_, '_>) -> Option<Near> {
    let text = |key| node.get(key).and_then(Node::as_str);
    match (text("apiVersion"), text("kind")) {
        (Some(version), kind) if group(version) == GROUP => in_our_group(node, version, kind),
        (version, Some(kind)) => elsewhere(node, version, kind),
        _ => None,
    }
}

/// The kind, in our own API group, is missing or mistyped.
fn in_our_group(node: Node<'_, '_>, version: &str, kind: Option<&str>) -> Option<Near> {
    let severity = Severity::Error;
    let Some(kind) = kind else {
        let meant = by_spec(node)?;
        let message = format!("an object of {version} without a kind; is it {meant}?");
        return Some(Near { key: "apiVersion", message, severity });
    };
    if OTHERS.contains(&kind) {
        return None;
    }
    let names = OURS.iter().map(|(kind, _)| kind.name()).chain(OTHERS);
    let meant = nearest(kind, names).filter(|name| OURS.iter().any(|(kind, _)| kind.name() == *name))?;
    let message = format!("{GROUP} has no kind {kind}; did you mean {meant}?");
    Some(Near { key: "kind", message, severity })
}

/// The kind is ours, or written as it, but the apiVersion is missing or of another group.
fn elsewhere(node: Node<'_, '_>, version: Option<&str>, kind: &str) -> Option<Near> {
    by_spec(node)?;
    let (ours, _) = OURS.iter().find(|(ours, _)| ours.name().eq_ignore_ascii_case(kind))?;
    let (meant, severity) = (ours.api_version(), Severity::Warning);
    let name = ours.name();
    Some(match version {
        None => {
            let message = format!(
                "an object of kind {kind} without an apiVersion, so it was not judged; is it {name} of {meant}?"
            );
            Near { key: "kind", message, severity }
        }
        Some(version) => {
            let message = format!("{kind} of {version} was not judged; did you mean apiVersion: {meant}?");
            Near { key: "apiVersion", message, severity }
        }
    })
}

/// The kind whose `spec` an object has.
fn by_spec(node: Node<'_, '_>) -> Option<&'static str> {
    let spec = node.get("spec")?;
    let has = |keys: &[&str]| keys.iter().any(|key| spec.get(key).is_some());
    OURS.iter().find(|(_, keys)| has(keys)).map(|(kind, _)| kind.name())
}

fn group(version: &str) -> &str {
    version.split_once('/').map_or(version, |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_nearly_ours_is_told_with_the_name_that_was_meant() {
        let spec = "spec: {instances: 1}";
        for (head, spec, key, meant) in [
            ("apiVersion: stackgres.io/v1\nkind: SGcluster", spec, "kind", "SGCluster?"),
            ("apiVersion: stackgres.io/v1\nkind: SGClusters", "", "kind", "SGCluster?"),
            ("apiVersion: stackgres.io/v1\nkind: SGShardCluster", spec, "kind", "SGShardedCluster?"),
            ("apiVersion: stackgres.io/v1\nkind: SGPostgresConf", "", "kind", "SGPostgresConfig?"),
            ("apiVersion: stackgres.io/v1", spec, "apiVersion", "SGCluster?"),
            ("apiVersion: stackgres.io/v1", "spec: {shards: {}}", "apiVersion", "SGShardedCluster?"),
            ("kind: SGCluster", spec, "kind", "SGCluster of stackgres.io/v1?"),
            ("kind: sgcluster\napiVersion: stackgres/v1", spec, "apiVersion", "apiVersion: stackgres.io/v1?"),
            ("kind: SGCluster\napiVersion: v1", spec, "apiVersion", "apiVersion: stackgres.io/v1?"),
        ] {
            let text = format!("{head}\n{spec}\n");
            let documents = syncguard_manifest::parse(&text).documents;
            let near = nearly(documents[0].root()).unwrap_or_else(|| panic!("this is nearly ours:\n{text}"));
            assert_eq!(near.key, key, "where the fault is in\n{text}");
            assert!(near.message.ends_with(meant), "{} should end with {meant}", near.message);
        }
    }

    #[test]
    fn what_is_of_others_is_not_told() {
        for text in [
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec: {instances: 3}",
            "apiVersion: stackgres.io/v1\nkind: SGScript\nspec: {}",
            "apiVersion: stackgres.io/v1\nkind: SGInstanceProfile\nspec: {}",
            "apiVersion: stackgres.io/v1\nspec: {cpu: 1}",
            "kind: SGCluster\nreplication: {mode: sync}",
            "kind: Cluster\nspec: {instances: 3}",
            "apiVersion: v1\nkind: Service\nspec: {}",
            "spec: {instances: 3, replication: {mode: sync}}",
            "[1, 2]",
        ] {
            let documents = syncguard_manifest::parse(text).documents;
            assert_eq!(nearly(documents[0].root()), None, "nobody meant this for us:\n{text}");
        }
    }
}
