//! New clusters: admitted as they stand, completed, or denied with every reason.

use serde_json::{Value, json};

use crate::{
    child_process::until,
    namespace::{Namespace, cluster},
    webhook::{STANDARD, WARNING},
};

const CREATE: [&str; 3] = ["create", "-f", "-"];
const APPLY: [&str; 3] = ["apply", "-f", "-"];
const SERVER_SIDE_APPLY: [&str; 4] = ["apply", "--server-side", "-f", "-"];
const DRY_RUN: [&str; 4] = ["create", "--dry-run=server", "-f", "-"];

/// A cluster on one instance in the strictest mode, with a role that does not exist.
const UNSOUND: &str = "{instances: 1, replication: {mode: strict-sync-all, role: reader}}";
const REFUSAL: [&str; 3] = [
    "The SGCluster \"unsound\" is invalid: ",
    "* spec.replication.role: the role of the main pods is \"reader\"; it must be ha-read or ha; \
     write ha-read or ha [unknown-role]",
    "* spec.instances: strict-sync-all with 1 instance has no standby to wait for: the cluster runs asynchronous, \
     and an acknowledged commit exists once; set it to 3 (2 is the least that keeps a second copy), \
     or choose mode: async [strict-sync-all-without-standby]",
];

/// The documentation's example, which is for the namespace `failover`.
const EXAMPLE: &str = include_str!("../../examples/strict-sync-all.yaml");
const UNKNOWN_FIELD: [&str; 1] =
    ["Error from server (BadRequest): error when creating \"STDIN\": SGCluster in version \"v1\" cannot be \
     handled as a SGCluster: strict decoding error: unknown field \"spec.prometheusAutobind\""];
const EXAMPLE_WARNINGS: [&str; 3] = [
    "Warning: spec.replication.syncInstances: strict-sync-all ignores syncInstances: 1; 5 is in effect \
     [ignored-sync-instances]",
    "Warning: spec.nonProductionOptions.disableClusterPodAntiAffinity: a strict mode where pods may share \
     a node, so one node can take every copy [strict-standbys-share-node]",
    "Warning: spec.postgres.version: the Patroni of this Postgres version can leave commits hanging with \
     two or more synchronous standbys [stuck-commit-bug]",
];
const WARNED: [&str; 2] = [
    "Warning: spec.replication.role: a role is unknown, or not one that the main pods can have (downgraded: \
     the settings say to warn in this namespace) [unknown-role]",
    "Warning: spec.instances: strict-sync-all on a single instance runs asynchronous (downgraded: the \
     settings say to warn in this namespace) [strict-sync-all-without-standby]",
];

#[test]
fn the_documentations_example_is_admitted_as_it_stands() {
    let namespace = Namespace::guarded("failover", &STANDARD);
    namespace.is_refused(&APPLY, EXAMPLE, &UNKNOWN_FIELD);
    let without = EXAMPLE.replace("  prometheusAutobind: true\n", "");
    namespace.passes(&APPLY, &without, &EXAMPLE_WARNINGS);
    let spec = namespace.spec("sync-cluster");
    assert_eq!(spec["instances"], 6);
    let written = json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 1});
    assert_eq!(spec["replication"], written, "a value that somebody wrote stays");
    namespace.passes(&APPLY, &without, &[]);
}

#[test]
fn what_is_absent_is_filled_in() {
    let namespace = Namespace::guarded("completed", &STANDARD);
    for (name, spec, replication) in [
        (
            "all",
            "{instances: 6, replication: {mode: strict-sync-all}}",
            json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 5}),
        ),
        ("nothing", "{instances: 1}", json!({"mode": "async", "role": "ha-read"})),
        ("empty", "{instances: 1, replication: {}}", json!({"mode": "async", "role": "ha-read"})),
        (
            "counted",
            "{instances: 3, replication: {mode: sync}}",
            json!({"mode": "sync", "role": "ha-read", "syncInstances": 1}),
        ),
        (
            "groups",
            "{instances: 3, replication: {groups: [{instances: 1}]}}",
            json!({"mode": "async", "role": "ha-read",
                "groups": [{"name": "group-1", "role": "ha-read", "instances": 1}]}),
        ),
    ] {
        namespace.passes(&CREATE, &cluster(name, spec), &[]);
        assert_eq!(namespace.spec(name)["replication"], replication, "{spec}");
    }
}

#[test]
fn an_unsound_cluster_is_denied_with_every_reason() {
    let namespace = Namespace::guarded("denied", &STANDARD);
    let unsound = cluster("unsound", UNSOUND);
    for command in [&CREATE[..], &APPLY, &SERVER_SIDE_APPLY, &DRY_RUN] {
        namespace.is_refused(command, &unsound, &REFUSAL);
        assert_eq!(namespace.stored("unsound"), None, "{command:?}");
    }
}

#[test]
fn a_dry_run_answers_alike_and_stores_nothing() {
    let namespace = Namespace::guarded("dry-run", &STANDARD);
    let manifest = cluster("pair", "{instances: 2, replication: {mode: strict-sync-all}}");
    let warnings = ["Warning: spec.instances: strict-sync-all with 2 instances: while one pod is down, \
                     every commit hangs [strict-with-one-standby]"];
    let said = namespace.expect(&["create", "--dry-run=server", "-o", "json", "-f", "-"], &manifest);
    let answered: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answered["spec"]["replication"]["syncInstances"], 1);
    assert_eq!(said.stderr.lines().collect::<Vec<_>>(), warnings);
    assert_eq!(namespace.stored("pair"), None);
    namespace.passes(&CREATE, &manifest, &warnings);
}

#[test]
fn what_is_filled_in_stays_whoever_applies() {
    let namespace = Namespace::guarded("server-side", &STANDARD);
    let manifest = cluster("applied", "{instances: 3, replication: {mode: sync-all}}");
    for _ in 0..2 {
        namespace.passes(&SERVER_SIDE_APPLY, &manifest, &[]);
        assert_eq!(namespace.spec("applied")["replication"]["syncInstances"], 2);
    }
    // Who applies fewer fields owns fewer: the number that was filled in is nobody's, and follows.
    let larger = cluster("applied", "{instances: 5, replication: {mode: sync-all}}");
    namespace.passes(&SERVER_SIDE_APPLY, &larger, &[]);
    assert_eq!(namespace.spec("applied")["replication"]["syncInstances"], 4);
    namespace.passes(&APPLY, &cluster("plain", "{instances: 3, replication: {mode: sync-all}}"), &[]);
    namespace.passes(&APPLY, &cluster("plain", "{instances: 5, replication: {mode: sync-all}}"), &[]);
    assert_eq!(namespace.spec("plain")["replication"]["syncInstances"], 4);
}

#[test]
fn where_the_settings_say_to_warn_nothing_is_denied() {
    let namespace = Namespace::guarded("warned", &WARNING);
    namespace.passes(&CREATE, &cluster("unsound", UNSOUND), &WARNED);
    assert_eq!(namespace.spec("unsound")["replication"]["role"], "reader");
}

/// An SGPostgresConfig with one setting.
fn config(setting: &str) -> String {
    format!(
        "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {{name: fast}}\n\
         spec: {{postgresVersion: '16', postgresql.conf: {{{setting}}}}}\n"
    )
}

#[test]
fn settings_that_void_a_cluster_are_refused_with_its_name() {
    let namespace = Namespace::guarded("parameters", &STANDARD);
    namespace.passes(&CREATE, &config("work_mem: 8MB"), &[]);
    let spec =
        "{instances: 3, replication: {mode: strict-sync-all}, configurations: {sgPostgresConfig: fast}}";
    namespace.passes(&CREATE, &cluster("db", spec), &[]);
    let refusal = "spec[\"postgresql.conf\"].synchronous_commit: SGCluster db: the mode is strict-sync-all";
    let off = config("synchronous_commit: 'off'");
    // The watch of the clusters is told of the new one after whoever made it.
    let refused = until(|| {
        let said = namespace.kubectl(&["apply", "--dry-run=server", "-f", "-"], &off);
        (said.code == Some(1)).then_some(said)
    });
    let said = refused.expect("settings that void a strict cluster are refused");
    assert!(
        said.stderr.contains(refusal) && said.stderr.contains("[synchronous-commit-off]"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_cluster_is_judged_with_settings_that_were_made_just_before() {
    let namespace = Namespace::guarded("just-before", &STANDARD);
    let spec =
        "{instances: 3, replication: {mode: strict-sync-all}, configurations: {sgPostgresConfig: fast}}";
    let both = format!("{}---\n{}", config("fsync: 'off'"), cluster("db", spec));
    let said = namespace.kubectl(&CREATE, &both);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("[fsync-off]"), "{}", said.stderr);
    assert_eq!(namespace.stored("db"), None);
}
