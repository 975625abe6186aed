//! Clusters that are there: nobody is punished for what was already so, and nothing gets worse unsaid.

use serde_json::{Value, json};

use crate::{
    namespace::{Namespace, cluster},
    webhook::{STANDARD, Setup, WITHOUT_MATCH_CONDITIONS},
};

const CREATE: [&str; 3] = ["create", "-f", "-"];
const REPLACE: [&str; 3] = ["replace", "-f", "-"];

/// A strict cluster of three, as it is stored.
const STRICT_OF_THREE: &str =
    "{instances: 3, replication: {mode: strict-sync-all, role: ha-read, syncInstances: 2}}";
/// Unsound twice: a role that does not exist, and one instance in the strictest mode.
const BROKEN: &str = "{instances: 1, replication: {mode: strict-sync-all, role: reader}}";

/// What is said of the two faults while they stay as they were.
const STILL_READER: &str = "Warning: spec.replication.role: a role is unknown, or not one that the main pods can have \
                            (downgraded: already present before this change) [unknown-role]";
const STILL_ALONE: &str = "Warning: spec.instances: strict-sync-all on a single instance runs asynchronous \
                           (downgraded: already present before this change) [strict-sync-all-without-standby]";
/// What is said of changes that make it worse, or have their price.
const ALONE: &str = "The SGCluster \"db\" is invalid: spec.instances: strict-sync-all with 1 instance has no standby to \
                     wait for: the cluster runs asynchronous, and an acknowledged commit exists once; set it to 3 \
                     (2 is the least that keeps a second copy), or choose mode: async \
                     [strict-sync-all-without-standby]";
const READER: &str = "The SGCluster \"db\" is invalid: spec.replication.role: the role of the main pods is \"reader\"; \
                      it must be ha-read or ha; write ha-read or ha [unknown-role]";
const MISSPELT: &str = "The SGCluster \"db\" is invalid: spec.replication.mode: the replication mode is \"stric-sync\"; \
                        it must be async, sync, strict-sync, sync-all or strict-sync-all; write mode: strict-sync \
                        [unknown-replication-mode]";
const NO_MAIN_INSTANCE: &str = "The SGCluster \"db\" is invalid: spec.instances: 1 instance and groups that take 1 \
                                leave no main pod, and one must be the primary; set it to 2 or more, or make the \
                                groups smaller [groups-leave-no-main-instance]";
const CLONE: &str = "Warning: spec.instances: the first standby of a strict mode blocks writes for as long as \
                     its clone takes [writes-block-during-clone]";

/// Patches a cluster as `kubectl patch --type=merge` does.
fn patch<'a>(name: &'a str, patch: &'a str) -> [&'a str; 6] {
    ["patch", "sgcluster", name, "--type=merge", "--patch", patch]
}

/// Replaces a stored cluster by what it becomes, as the operator does; exactly this must be said.
#[track_caller]
fn operator_writes(namespace: &Namespace, name: &str, change: impl FnOnce(&mut Value), said: &[&str]) {
    let mut stored = namespace.stored(name).unwrap();
    change(&mut stored);
    namespace.passes(&REPLACE, &stored.to_string(), said);
}

#[test]
fn a_patch_is_judged_by_what_it_makes() {
    let namespace = Namespace::guarded("patched", &STANDARD);
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    namespace.is_refused(&patch("db", r#"{"spec": {"instances": 1}}"#), "", &[ALONE]);
    assert_eq!(namespace.spec("db")["instances"], 3);
    namespace.passes(&patch("db", r#"{"spec": {"instances": 5}}"#), "", &[]);
    assert_eq!(namespace.spec("db")["replication"]["syncInstances"], 4, "the derived number follows");
    namespace.passes(
        &patch("db", r#"{"spec": {"replication": {"mode": "async"}}}"#),
        "",
        &["Warning: spec.replication.mode: an update to a mode that promises less [durability-weakened]"],
    );
    let json = r#"[{"op": "replace", "path": "/spec/replication/mode", "value": "stric-sync"}]"#;
    namespace.is_refused(&["patch", "sgcluster", "db", "--type=json", "--patch", json], "", &[MISSPELT]);
}

/// A status write on a cluster that was stored before there was a webhook.
fn check_status_write(namespace: &'static str, setup: &Setup, spec: &str, said: &[&str]) {
    let namespace = Namespace::unguarded(namespace);
    namespace.passes(&CREATE, &cluster("old", spec), &[]);
    namespace.guard(setup);
    let before = namespace.spec("old");
    operator_writes(&namespace, "old", |old| old["status"] = json!({"instances": 1}), said);
    let after = namespace.stored("old").unwrap();
    assert_eq!(after["status"], json!({"instances": 1}));
    assert_eq!(after["spec"], before, "a status write changes no spec");
}

#[test]
fn a_status_write_on_a_broken_cluster_passes_untouched() {
    // syncInstances and the group's name and role are absent, and are not filled in by the way.
    let incomplete =
        "{instances: 3, replication: {mode: strict-sync-all, role: reader, groups: [{instances: 1}]}}";
    check_status_write("status", &STANDARD, BROKEN, &[]);
    check_status_write("status-incomplete", &STANDARD, incomplete, &[]);
    check_status_write("status-all", &WITHOUT_MATCH_CONDITIONS, BROKEN, &[STILL_READER, STILL_ALONE]);
    check_status_write("status-all-incomplete", &WITHOUT_MATCH_CONDITIONS, incomplete, &[STILL_READER]);
}

#[test]
fn a_label_and_a_finalizer_can_be_set_on_a_broken_cluster() {
    let namespace = Namespace::unguarded("labeled");
    namespace.passes(&CREATE, &cluster("broken", BROKEN), &[]);
    namespace.guard(&WITHOUT_MATCH_CONDITIONS);
    namespace.expect(&["label", "sgcluster", "broken", "team=a"], "");
    namespace.expect(&patch("broken", r#"{"metadata": {"finalizers": ["example.com/hold"]}}"#), "");
    namespace.passes(&["delete", "sgcluster", "broken", "--wait=false"], "", &[]);
    assert!(namespace.stored("broken").unwrap()["metadata"].get("deletionTimestamp").is_some());
    namespace.expect(&patch("broken", r#"{"metadata": {"finalizers": null}}"#), "");
    assert_eq!(namespace.stored("broken"), None, "a broken cluster can be deleted");
}

#[test]
fn a_broken_cluster_is_repaired_in_steps_and_never_made_worse() {
    let namespace = Namespace::unguarded("repaired");
    namespace.passes(&CREATE, &cluster("db", BROKEN), &[]);
    namespace.guard(&STANDARD);
    namespace.is_refused(
        &patch("db", r#"{"spec": {"replication": {"groups": [{"instances": 1}]}}}"#),
        "",
        &[STILL_READER, STILL_ALONE, NO_MAIN_INSTANCE],
    );
    namespace.passes(&patch("db", r#"{"spec": {"replication": {"role": "ha-read"}}}"#), "", &[STILL_ALONE]);
    namespace.is_refused(
        &patch("db", r#"{"spec": {"replication": {"role": "reader"}}}"#),
        "",
        &[STILL_ALONE, READER],
    );
    namespace.passes(&patch("db", r#"{"spec": {"instances": 3}}"#), "", &[CLONE]);
    assert_eq!(
        namespace.spec("db")["replication"],
        json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 2})
    );
    namespace.is_refused(&patch("db", r#"{"spec": {"instances": 1}}"#), "", &[ALONE]);
}

#[test]
fn a_cluster_is_deleted_without_a_word() {
    let namespace = Namespace::guarded("deleted", &STANDARD);
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    namespace.passes(&["delete", "sgcluster", "db"], "", &[]);
    assert_eq!(namespace.stored("db"), None);
}

#[test]
fn a_cluster_is_stopped_and_started_again() {
    let namespace = Namespace::guarded("stopped", &STANDARD);
    namespace.passes(&CREATE, &cluster("db", STRICT_OF_THREE), &[]);
    namespace.passes(&patch("db", r#"{"spec": {"instances": 0}}"#), "", &[]);
    namespace.passes(&patch("db", r#"{"spec": {"instances": 3}}"#), "", &[]);
    let replication = json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 2});
    assert_eq!(namespace.spec("db")["replication"], replication);
}
