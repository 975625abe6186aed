//! Reviews that were written to cost as much as they can, each of nearly the largest size.

use serde_json::{Value, json};

/// What a body may have, less the rest of a review, in bytes.
const ROOM: usize = (7 << 20) - 4096;

/// Bodies by what is too much in them.
pub fn monsters() -> Vec<(&'static str, String)> {
    let sharded = sharded().into_iter().map(|(what, shards)| {
        let spec = format!(
            r#"{{"coordinator":{{"instances":1}},"shards":{{"clusters":9,"instancesPerCluster":1,{shards}}}}}"#
        );
        (what, review("SGShardedCluster", "stackgres.io/v1alpha1", &spec))
    });
    let single = single().into_iter().map(|(what, rest)| {
        (what, review("SGCluster", "stackgres.io/v1", &format!(r#"{{"instances":1,{rest}}}"#)))
    });
    sharded.chain(single).collect()
}

/// What stands beside the numbers in `shards`.
fn sharded() -> [(&'static str, String); 6] {
    let broken = r#"{"index":1,"instancesPerCluster":1,"replication":{"mode":"strict-sync-all"},"configurations":{"postgres":{"postgresql.conf":{"fsync":"off","synchronous_commit":"off"}}}}"#;
    let overrides = |list: &str| format!(r#""overrides":[{list}]"#);
    let with_groups = format!("{{{}}}", groups(&filled("{}", 1_700)));
    [
        ("groups in overrides", overrides(&filled(&with_groups, ROOM))),
        ("overrides", overrides(&filled("{}", ROOM))),
        ("overrides with errors", overrides(&filled(broken, ROOM))),
        (
            "settings for many parts",
            format!("{},{}", overrides(&filled("{}", 12_000)), conf(&numbered(ROOM - 20_000))),
        ),
        ("as many overrides with errors as are read", overrides(&many(broken, 3_600))),
        (
            "as many overrides and settings as are read",
            format!("{},{}", overrides(&many(r#"{"index":1}"#, 4_090)), conf(&numbered(65_000 * 12))),
        ),
    ]
}

/// What stands beside `instances` in an SGCluster.
fn single() -> [(&'static str, String); 6] {
    [
        ("as many groups with errors as are read", groups(&many(r#"{"role":"x","instances":-1}"#, 4_090))),
        ("groups", groups(&filled("{}", ROOM))),
        ("settings", conf(&numbered(ROOM))),
        (
            "Patroni's settings",
            format!(r#""configurations":{{"patroni":{{"dynamicConfig":{{{}}}}}}}"#, numbered(ROOM)),
        ),
        ("unknown keys", format!(r#""replication":{{{}}}"#, numbered(ROOM))),
        ("one name", conf(&format!(r#""{}":"1""#, "n".repeat(ROOM - 200)))),
    ]
}

fn many(one: &str, count: usize) -> String {
    vec![one; count].join(",")
}

fn filled(one: &str, room: usize) -> String {
    many(one, room / (one.len() + 1))
}

fn numbered(room: usize) -> String {
    let settings: Vec<_> = (0..room / 12).map(|n| format!("\"s{n:06}\":1")).collect();
    settings.join(",")
}

fn groups(list: &str) -> String {
    format!(r#""replication":{{"groups":[{list}]}}"#)
}

fn conf(settings: &str) -> String {
    format!(r#""configurations":{{"postgres":{{"postgresql.conf":{{{settings}}}}}}}"#)
}

fn review(kind: &str, version: &str, spec: &str) -> String {
    let request = json!({
        "uid": "u", "kind": {"group": "stackgres.io", "version": "v1", "kind": kind}, "name": "a", "namespace": "b",
        "operation": "CREATE", "object": {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "b"}},
    });
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    // Put in as text: these are larger as values than anything should be.
    let object = Value::to_string(&review);
    object.replacen(r#""metadata":{"name":"a""#, &format!(r#""spec":{spec},"metadata":{{"name":"a""#), 1)
}
