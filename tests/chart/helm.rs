//! Helm, as a person runs it, on our chart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use syncguard_manifest as manifest;

use serde_json::Value;

/// What the release is called where nothing depends on it.
pub const RELEASE: &str = "syncguard";
/// Its namespace.
pub const NAMESPACE: &str = "platform";
/// The oldest Kubernetes that the chart is for, whatever Helm itself would assume.
const KUBERNETES: &str = "1.33.0";

/// What a command said, and whether it succeeded.
#[derive(Debug)]
pub struct Said {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// What it printed.
    pub stdout: String,
    /// Where errors are.
    pub stderr: String,
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Helm itself; every test says it where it is not there.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PROGRAM.get_or_init(find).as_deref().unwrap_or_else(|problem| panic!("{problem}"))
}

fn find() -> Result<PathBuf, String> {
    let build = repository("tests/tools/build");
    let found = Command::new(&build).args(["--check", "helm"]).output();
    let found = found.map_err(|error| format!("{} cannot be run: {error}", build.display()))?;
    if found.status.success() {
        return Ok(Path::new(String::from_utf8_lossy(&found.stdout).trim()).join("helm"));
    }
    let said = String::from_utf8_lossy(&found.stderr);
    Err(format!("these tests need Helm, and there is none yet.\n{said}"))
}

/// Runs Helm.
pub fn run(args: &[&str]) -> Said {
    // Nobody's own plugins, repositories and clusters.
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program())
        .args(args)
        .env("HOME", home.path())
        .env_remove("KUBECONFIG")
        .current_dir(repository(""))
        .output()
        .expect("Helm can be started");
    let text = |bytes| String::from_utf8(bytes).expect("Helm writes UTF-8");
    Said { succeeded: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The files of values, by name; `defaults` is none.
pub fn files() -> Vec<String> {
    let entries = fs::read_dir(repository("tests/chart/values")).unwrap();
    let name = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap().path())).collect();
    names.push("defaults".to_owned());
    names.sort();
    names
}

/// The flags that name a file of values.
pub fn values_of(file: &str) -> Vec<String> {
    if file == "defaults" { Vec::new() } else { vec![format!("--values=tests/chart/values/{file}.yaml")] }
}

/// What a release in a namespace renders with these flags.
pub fn template(release: &str, namespace: &str, flags: &[&str]) -> Said {
    let (namespace, version) = (format!("--namespace={namespace}"), format!("--kube-version={KUBERNETES}"));
    let mut args = vec!["template", release, "chart", &namespace, &version];
    args.extend(flags);
    run(&args)
}

/// What a release in a namespace renders with a file of values.
#[track_caller]
pub fn rendered(release: &str, namespace: &str, file: &str) -> String {
    let flags = values_of(file);
    let said = template(release, namespace, &flags.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.succeeded, "the chart was to render with {file}, and Helm said: {}", said.stderr);
    said.stdout
}

/// The objects of a render.
#[track_caller]
pub fn objects(text: &str) -> Vec<Value> {
    let read = manifest::parse(text);
    assert!(read.error.is_none(), "a render was to be YAML: {:?}", read.error);
    let documents = read.documents.iter().filter(|document| !document.is_empty());
    documents.map(|document| document.read().unwrap()).collect()
}

/// The one object of a kind that is called so.
#[track_caller]
pub fn object<'o>(objects: &'o [Value], kind: &str, name: &str) -> &'o Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("the chart was to render a {kind} {name}, and does not"))
}
