//! Clusters that stand inside other objects and are not judged: in a text, or as values from which a chart makes one.

use super::subject::is_of_our_kinds;
use syncguard_core::{replication::Mode, view::Kind};
use syncguard_manifest::{Document, Node};

/// A copy of the object itself.
const OWN_COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How many clusters a document holds that are no part of its structure.
pub fn not_judged_inside(document: &Document<'_>) -> usize {
    count(document.root())
}

fn count(node: Node<'_, '_>) -> usize {
    if is_of_our_kinds(node) || is_list_of_ours(node) {
        return 0;
    }
    if is_like_spec(node) || node.as_str().is_some_and(holds_cluster) {
        return 1;
    }
    let values = node.entries().filter(|(key, _)| *key != OWN_COPY).map(|(_, value)| value);
    values.chain(node.items()).map(count).sum()
}

/// Whether a value is a list whose items are judged, though they need not say what they are.
fn is_list_of_ours(node: Node<'_, '_>) -> bool {
    let text = |key| node.get(key).and_then(Node::as_str);
    let of_items = text("kind").and_then(|kind| kind.strip_suffix("List"));
    text("apiVersion").zip(of_items).is_some_and(|(version, kind)| Kind::of(version, kind).is_some())
}

/// Whether a value is written like the `spec` of a cluster: with instances and a replication mode of StackGres.
fn is_like_spec(node: Node<'_, '_>) -> bool {
    let mode = node.get("replication").and_then(|replication| replication.get("mode")).and_then(Node::as_str);
    mode.is_some_and(|mode| Mode::ALL.iter().any(|known| known.name() == mode))
        && node.get("instances").is_some()
}

/// Whether a text holds the manifest of a cluster, as YAML or as JSON.
fn holds_cluster(text: &str) -> bool {
    let is_named = |kind: &str| {
        ["kind: ", "\"kind\":\"", "\"kind\": \""]
            .iter()
            .any(|before| text.contains(&format!("{before}{kind}")))
    };
    text.contains("apiVersion")
        && [Kind::Cluster, Kind::ShardedCluster].map(Kind::name).into_iter().any(is_named)
}
