//! The same manifests offline and in front of an API server: both ways find the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::namespace::Namespace;
use crate::webhook::STANDARD;

/// What an API server has dropped before a webhook could see it.
const OFFLINE_ONLY: [&str; 2] = ["removed-field", "unknown-field"];

/// What the webhook cannot know before it watches SGPostgresConfigs: rules that judge a setting of another object.
const OF_ANOTHER_OBJECT: [(&str, &str); 1] = [("synchronous-commit-off.yaml", "synchronous-commit-off")];

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

/// The rules that kubectl tells of: its lines end with `[id]`.
fn in_front_of_a_cluster(namespace: &Namespace, manifest: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let elsewhere: Vec<_> =
        text.lines().filter(|line| !line.trim_start().starts_with("namespace: ")).collect();
    let dry_run = ["create", "--dry-run=server", "--validate=ignore", "-f", "-"];
    let said = namespace.kubectl(&dry_run, &elsewhere.join("\n"));
    let id = |line: &str| Some(line.strip_suffix(']')?.rsplit_once('[')?.1.to_owned());
    said.stderr.lines().filter_map(id).collect()
}

#[test]
fn every_example_gives_offline_what_the_api_server_answers() {
    let namespace = Namespace::guarded("examples", &STANDARD);
    for manifest in manifests() {
        let (mut offline, online) = (offline(&manifest), in_front_of_a_cluster(&namespace, &manifest));
        for (_, rule) in OF_ANOTHER_OBJECT.iter().filter(|(file, _)| manifest.ends_with(file)) {
            assert!(offline.remove(*rule), "{} shows {rule} offline", manifest.display());
        }
        assert_eq!(offline, online, "offline, and in front of a cluster: {}", manifest.display());
    }
}
