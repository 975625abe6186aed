//! Reviews that were written to cost as much as they can, each of nearly the largest size.

use serde_json::{Value, json};

/// What a body may have, less the rest of a review, in bytes.
const ROOM: usize = (7 << 20) - 4096;

/// Bodies by what is too much in them.
pub fn monsters() -> Vec<(&'static str, String)> {
    let filled = |one: &str, room: usize| vec![one; room / (one.len() + 1)].join(",");
    let numbered = |room: usize| {
        let settings: Vec<_> = (0..room / 12).map(|n| format!("\"s{n:06}\":1")).collect();
        settings.join(",")
    };
    let groups = |room| format!(r#"{{"replication":{{"groups":[{}]}}}}"#, filled("{}", room));
    let broken = r#"{"index":1,"instancesPerCluster":1,"replication":{"mode":"strict-sync-all"},"configurations":{"postgres":{"postgresql.conf":{"fsync":"off","synchronous_commit":"off"}}}}"#;
    let sharded = |shards: &str| {
        format!(
            r#"{{"coordinator":{{"instances":1}},"shards":{{"clusters":9,"instancesPerCluster":1,{shards}}}}}"#
        )
    };
    let conf =
        |room| format!(r#""configurations":{{"postgres":{{"postgresql.conf":{{{}}}}}}}"#, numbered(room));
    let many = |one: &str, count: usize| vec![one; count].join(",");
    let parts = |shards: &str| ("SGShardedCluster", "stackgres.io/v1alpha1", sharded(shards));
    let cluster = |spec: String| ("SGCluster", "stackgres.io/v1", spec);
    let specs = [
        ("groups in overrides", parts(&format!(r#""overrides":[{}]"#, filled(&groups(1_700), ROOM)))),
        ("overrides", parts(&format!(r#""overrides":[{}]"#, filled("{}", ROOM)))),
        ("overrides with errors", parts(&format!(r#""overrides":[{}]"#, filled(broken, ROOM)))),
        (
            "settings for many parts",
            parts(&format!(r#""overrides":[{}],{}"#, filled("{}", 12_000), conf(ROOM - 20_000))),
        ),
        (
            "as many overrides with errors as are read",
            parts(&format!(r#""overrides":[{}]"#, many(broken, 3_600))),
        ),
        (
            "as many overrides and settings as are read",
            parts(&format!(r#""overrides":[{}],{}"#, many("{\"index\":1}", 4_090), conf(65_000 * 12))),
        ),
        (
            "as many groups with errors as are read",
            cluster(format!(
                r#"{{"instances":1,"replication":{{"groups":[{}]}}}}"#,
                many(r#"{"role":"x","instances":-1}"#, 4_090)
            )),
        ),
        (
            "groups",
            cluster(format!(r#"{{"instances":1,"replication":{{"groups":[{}]}}}}"#, filled("{}", ROOM))),
        ),
        ("settings", cluster(format!(r#"{{"instances":1,{}}}"#, conf(ROOM)))),
        (
            "Patroni's settings",
            cluster(format!(
                r#"{{"instances":1,"configurations":{{"patroni":{{"dynamicConfig":{{{}}}}}}}}}"#,
                numbered(ROOM)
            )),
        ),
        ("unknown keys", cluster(format!(r#"{{"instances":1,"replication":{{{}}}}}"#, numbered(ROOM)))),
        (
            "one name",
            cluster(format!(
                r#"{{"instances":1,"configurations":{{"postgres":{{"postgresql.conf":{{"{}":"1"}}}}}}}}"#,
                "n".repeat(ROOM - 200)
            )),
        ),
    ];
    specs.into_iter().map(|(what, (kind, version, spec))| (what, review(kind, version, &spec))).collect()
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
