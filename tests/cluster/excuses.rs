//! Who is excused, with the names that an API server vouches for: the operator, a major version upgrade while it runs, and
//! nobody who only says so in an object.

use serde_json::{Value, json};

use crate::{
    api_server::ApiServer,
    child_process::until,
    namespace::{Namespace, cluster},
    webhook::{STANDARD, Setup, WITHOUT_MATCH_CONDITIONS},
};

const CREATE: [&str; 3] = ["create", "-f", "-"];
const OPERATOR: &str = "system:serviceaccount:stackgres:stackgres-operator";
const STRICT_OF_THREE: &str = "{instances: 3, replication: {mode: strict-sync-all}}";
const ALONE: &str = "[strict-sync-all-without-standby]";

/// Whoever is allowed to write SGClusters: the tests are about what syncguard says.
fn may_write(namespace: &Namespace, user: &str) {
    let role = ["create", "rolebinding", "--clusterrole=cluster-admin", "--user", user, "writer"];
    namespace.expect(&role, "");
}

fn patch_as<'p>(user: &'p str, patch: &'p str) -> Vec<&'p str> {
    vec!["--as", user, "patch", "sgcluster", "db", "--type=merge", "--patch", patch]
}

#[test]
fn a_tenant_cannot_write_an_excuse_into_the_cluster() {
    let namespace = Namespace::guarded("forged", &STANDARD);
    may_write(&namespace, "alice");
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    for (what, excuse) in [
        ("an upgrade in the status", r#"{"status": {"dbOps": {"majorVersionUpgrade": {"phase": "x"}}}}"#),
        (
            "a StackGres owner",
            r#"{"metadata": {"ownerReferences": [{"apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster",
                "name": "x", "uid": "y", "controller": true}]}}"#,
        ),
        ("a lock", r#"{"metadata": {"annotations": {"stackgres.io/lockServiceAccount": "alice"}}}"#),
        ("a finalizer, to be deleted and kept", r#"{"metadata": {"finalizers": ["example.com/mine"]}}"#),
    ] {
        namespace.passes(&patch_as("alice", excuse), "", &[]);
        let denied = namespace.kubectl(&patch_as("alice", r#"{"spec": {"instances": 1}}"#), "");
        assert!(denied.stderr.contains(ALONE), "{what} excuses nothing: {denied:?}");
        let scaled = namespace.kubectl(&["--as", "alice", "scale", "sgcluster", "db", "--replicas=1"], "");
        assert!(scaled.stderr.contains(ALONE), "{what} excuses no scale either: {scaled:?}");
    }
    namespace.passes(&["--as", "alice", "delete", "sgcluster", "db", "--wait=false"], "", &[]);
    let denied = namespace.kubectl(&patch_as("alice", r#"{"spec": {"instances": 1}}"#), "");
    assert!(denied.stderr.contains(ALONE), "a terminating cluster is judged: {denied:?}");
    namespace.passes(&patch_as("alice", r#"{"metadata": {"finalizers": null}}"#), "", &[]);
    assert_eq!(namespace.stored("db"), None, "and can be deleted");
}

#[test]
fn the_operators_account_is_warned_and_never_denied() {
    let namespace = Namespace::guarded("operators-own", &STANDARD);
    may_write(&namespace, OPERATOR);
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    let said = namespace.expect(&patch_as(OPERATOR, r#"{"spec": {"instances": 1}}"#), "");
    assert!(said.stderr.contains("downgraded: the StackGres operator writes it"), "{said:?}");
}

/// SGDbOps, as far as an API server has to know them to store one.
fn install_dbops() {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "sgdbops.stackgres.io"},
        "spec": {
            "group": "stackgres.io", "scope": "Namespaced",
            "names": {"kind": "SGDbOps", "plural": "sgdbops", "singular": "sgdbop", "listKind": "SGDbOpsList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    });
    let kubectl = &ApiServer::shared().kubectl;
    let installed = kubectl.run(&["apply", "-f", "-"], &crd.to_string());
    assert_eq!(installed.code, Some(0), "the CRD of SGDbOps: {}", installed.stderr);
    let served = || (kubectl.run(&["get", "sgdbops", "--all-namespaces"], "").code == Some(0)).then_some(());
    assert!(until(served).is_some(), "SGDbOps were to be served within a minute");
}

fn dbops(op: &str, cluster: &str, running: &str) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGDbOps", "metadata": {"name": "major"},
        "spec": {"op": op, "sgCluster": cluster},
        "status": {"conditions": [{"type": "Running", "status": running}]},
    })
}

/// As the operator upgrades: mode async, one instance, then both as they were; the order of both is the script's.
fn check_major_version_upgrade(name: &'static str, setup: &Setup, first: &str, then: &str) {
    let namespace = Namespace::guarded(name, setup);
    let account = format!("system:serviceaccount:{}:major-dbops", namespace.name());
    may_write(&namespace, &account);
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    let before = namespace.spec("db");
    for (what, dbops) in [
        ("an upgrade of another cluster", dbops("majorVersionUpgrade", "another", "True")),
        ("an upgrade that has ended", dbops("majorVersionUpgrade", "db", "False")),
        ("a restart", dbops("restart", "db", "True")),
    ] {
        namespace.expect(&["apply", "-f", "-"], &dbops.to_string());
        let denied = namespace.kubectl(&patch_as(&account, r#"{"spec": {"instances": 1}}"#), "");
        assert!(denied.stderr.contains(ALONE), "{what} excuses nothing: {denied:?}");
    }
    namespace.expect(&["apply", "-f", "-"], &dbops("majorVersionUpgrade", "db", "True").to_string());
    namespace.expect(&patch_as(&account, first), "");
    namespace.expect(&patch_as(&account, then), "");
    let during = namespace.spec("db");
    assert_eq!((&during["instances"], &during["replication"]["mode"]), (&json!(1), &json!("async")));
    namespace.expect(&patch_as(&account, r#"{"spec": {"instances": 3}}"#), "");
    namespace.expect(&patch_as(&account, r#"{"spec": {"replication": {"mode": "strict-sync-all"}}}"#), "");
    assert_eq!(namespace.spec("db"), before, "all is as it was");
    let role = namespace.kubectl(&patch_as(&account, r#"{"spec": {"replication": {"role": "reader"}}}"#), "");
    assert!(role.stderr.contains("[unknown-role]"), "an upgrade changes no role: {role:?}");
}

#[test]
fn a_major_version_upgrade_passes_while_it_runs_as_the_operator_does_it() {
    install_dbops();
    let (mode, instances) =
        (r#"{"spec": {"replication": {"mode": "async"}}}"#, r#"{"spec": {"instances": 1}}"#);
    check_major_version_upgrade("upgraded", &STANDARD, mode, instances);
    check_major_version_upgrade("upgraded-all", &WITHOUT_MATCH_CONDITIONS, mode, instances);
    check_major_version_upgrade("upgraded-reversed", &STANDARD, instances, mode);
}
