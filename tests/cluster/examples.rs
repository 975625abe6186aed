//! The same manifests offline and in front of an API server: both ways find the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{namespace::Namespace, webhook::STANDARD};

/// What an API server has dropped before a webhook could see it.
const OFFLINE_ONLY: [&str; 2] = ["removed-field", "unknown-field"];

/// The manifests in `examples/`.
fn manifests() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")).collect()
}

/// The rules that `syncguard validate` raises: its lines begin with `error[id]` or `warning[id]`.
fn offline(manifest: &Path) -> BTreeSet<String> {
    let said = Command::new(env!("CARGO_BIN_EXE_syncguard")).arg("validate").arg(manifest).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let id = |line: &str| {
        let rest = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["))?;
        Some(rest.split_once(']')?.0.to_owned())
    };
    text.lines().filter_map(id).filter(|id| !OFFLINE_ONLY.contains(&id.as_str())).collect()
}

/// The rules of the warnings and refusals that kubectl shows. What a cluster names must be there before it; everything
/// else is a dry run.
fn in_front_of_a_cluster(namespace: &Namespace, manifest: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let elsewhere: Vec<_> =
        text.lines().filter(|line| !line.trim_start().starts_with("namespace: ")).collect();
    let elsewhere = elsewhere.join("\n");
    let is_config = |document: &&str| document.contains("kind: SGPostgresConfig");
    let (configs, others): (Vec<_>, Vec<_>) = elsewhere.split("\n---").partition(is_config);
    let create = |flag: &str, documents: Vec<&str>| match documents.join("\n---\n") {
        nothing if nothing.is_empty() => String::new(),
        text => namespace.kubectl(&["create", flag, "--validate=ignore", "-f", "-"], &text).stderr,
    };
    let said = create("--dry-run=none", configs) + &create("--dry-run=server", others);
    let id = |line: &str| Some(line.strip_suffix(']')?.rsplit_once('[')?.1.to_owned());
    said.lines().filter_map(id).collect()
}

#[test]
fn every_example_gives_offline_what_the_api_server_answers() {
    let namespace = Namespace::guarded("examples", &STANDARD);
    for manifest in manifests() {
        let (offline, online) = (offline(&manifest), in_front_of_a_cluster(&namespace, &manifest));
        assert_eq!(offline, online, "offline, and in front of a cluster: {}", manifest.display());
    }
}
