//! `syncguard audit`: everything that is stored, judged page by page.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::{
    api_server::ApiServer,
    http,
    namespace::{Namespace, cluster},
};

/// More than one page holds.
const MANY: usize = 260;

/// Runs `audit` with these arguments.
pub fn audit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_syncguard"))
        .arg("audit")
        .args(arguments)
        .arg("--kubeconfig")
        .arg(ApiServer::shared().kubectl.kubeconfig())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_was_stored_before_there_was_a_webhook_is_found() {
    let namespace = Namespace::unguarded("audited");
    let config = "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {name: fast}\n\
                  spec: {postgresVersion: '16', postgresql.conf: {fsync: 'off'}}\n";
    namespace.passes(&["create", "-f", "-"], config, &[]);
    for (name, spec) in [
        ("sound", "{instances: 3, replication: {mode: sync-all, syncInstances: 2}}"),
        ("alone", "{instances: 1, replication: {mode: strict-sync-all}}"),
        (
            "fast",
            "{instances: 3, replication: {mode: strict-sync-all, syncInstances: 2}, configurations: {sgPostgresConfig: fast}}",
        ),
    ] {
        namespace.passes(&["create", "-f", "-"], &cluster(name, spec), &[]);
    }
    let output = audit(&["-n", "audited", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = |name: &str| -> Vec<&str> {
        let all = said["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["object"]["name"] == name)
            .map(|finding| finding["rule"].as_str().unwrap())
            .collect()
    };
    assert_eq!(found("sound"), [""; 0]);
    assert!(found("alone").contains(&"strict-sync-all-without-standby"), "{said:#}");
    assert!(found("fast").contains(&"fsync-off"), "settings that a cluster names are looked up: {said:#}");
    assert_eq!(said["summary"]["clusters"], 3);

    let output = audit(&["-n", "audited"]);
    let refused = "2 of 3 stored clusters would be refused today";
    assert!(text(&output.stderr).contains(refused), "{}", text(&output.stderr));
    let alone =
        json!({"metadata": {"annotations": {"syncguard.dev/ignore": "strict-sync-all-without-standby"}}});
    namespace.passes(&["patch", "sgcluster", "alone", "--type=merge", "-p", &alone.to_string()], "", &[]);
    let output = audit(&["-n", "audited"]);
    assert!(text(&output.stderr).contains(refused), "the webhook does not heed it: {}", text(&output.stderr));
    let settings = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&settings, "namespaces: {audit*: warn}").unwrap();
    let output = audit(&["-n", "audited", "--settings", settings.path().to_str().unwrap()]);
    let refused = "0 of 3 stored clusters would be refused today";
    assert!(text(&output.stderr).contains(refused), "where it is only warned: {}", text(&output.stderr));
    let labeled = audit(&["-n", "audited", "-l", "tier=gold", "--fail-if-none"]);
    assert_eq!(labeled.status.code(), Some(3), "no cluster has that label");
}

#[test]
fn every_page_is_judged() {
    let namespace = Namespace::unguarded("pages");
    http::create_many(&namespace, MANY, |index| {
        json!({
            "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": format!("db-{index}")},
            "spec": {"instances": 1, "replication": {"mode": "strict-sync-all"}},
        })
    });
    let output = audit(&["-n", "pages", "-o", "jsonl"]);
    let said = text(&output.stdout);
    let refused = said.lines().filter(|line| line.contains("strict-sync-all-without-standby")).count();
    assert_eq!(refused, MANY, "each cluster of each page is judged once");
}

#[test]
fn without_an_api_server_it_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_syncguard"))
        .args(["audit", "--kubeconfig", "/nowhere/kubeconfig"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("cannot use --kubeconfig /nowhere/kubeconfig"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_fault_of_a_sharded_cluster_is_told_once_and_not_of_its_clusters() {
    let namespace = Namespace::unguarded("audited-children");
    let strict = "replication: {mode: strict-sync-all}";
    let parent = format!(
        "apiVersion: stackgres.io/v1beta1\nkind: SGShardedCluster\nmetadata: {{name: db}}\nspec: {{coordinator: \
         {{instances: 3}}, workers: {{clusters: 1, clusterNameTemplate: data-, instancesPerCluster: 1, {strict}}}}}\n"
    );
    namespace.passes(&["create", "-f", "-"], &parent, &[]);
    for name in ["data-0", "data-1"] {
        namespace.passes(&["create", "-f", "-"], &cluster(name, &format!("{{instances: 1, {strict}}}")), &[]);
    }
    let output = audit(&["-n", "audited-children", "-o", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let alone = said["findings"].as_array().unwrap().iter();
    let alone = alone.filter(|finding| finding["rule"] == "strict-sync-all-without-standby");
    let named: Vec<_> = alone.map(|finding| finding["object"]["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["db", "data-1"], "data-0 is made of db, and data-1 is not: {said:#}");
}
