//! Fragments: manifests that another file completes, such as a base or a patch of Kustomize.

use std::{fs, path::Path};

use super::subject::Subject;
use crate::source::Source;
use syncguard_core::{rule::Downgrade, view::Kind};
use syncguard_manifest::Node;

/// Why what is missing in an object is no fault of its own, where it is not: it looks like a fragment.
pub fn why_incomplete(subject: &Subject<'_, '_>, source: Option<&Source>) -> Option<Downgrade> {
    if subject.is_embedded {
        return Some(Downgrade::Incomplete { is_embedded: true });
    }
    let path = source?.path.as_deref()?;
    let node = subject.node();
    (lacks_most(node) || is_patch(node) || is_in_kustomization(path))
        .then_some(Downgrade::Incomplete { is_embedded: false })
}

/// Whether an object has not even two of the three things that every cluster must have.
fn lacks_most(node: Node<'_, '_>) -> bool {
    let Some(spec) = node.get("spec").filter(|spec| spec.entries().next().is_some()) else { return false };
    let has = |key: &str| spec.get(key).is_some();
    let is_sharded = node.get("kind").and_then(Node::as_str) == Some(Kind::ShardedCluster.name());
    let required = if is_sharded {
        [has("coordinator"), has("shards") || has("workers"), has("postgres")]
    } else {
        [has("instances"), has("pods"), has("postgres")]
    };
    required.into_iter().filter(|has| *has).count() < 2
}

/// Whether an object has directives of a strategic merge patch.
fn is_patch(node: Node<'_, '_>) -> bool {
    let spec = node.get("spec").into_iter().flat_map(Node::entries);
    node.entries().chain(spec).any(|(key, _)| key.starts_with("$patch"))
}

/// Whether a kustomization in the folder of a file names it.
fn is_in_kustomization(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|kustomization| {
        fs::read_to_string(path.with_file_name(kustomization)).is_ok_and(|text| {
            let mut lines = text.lines().map(|line| line.trim_start_matches(['-', ' ']));
            lines.any(|line| line.trim_end().trim_matches(['"', '\'']).trim_start_matches("./") == name)
        })
    })
}
