//! `kubectl scale`: judged as the cluster would be, where syncguard can know the cluster; otherwise failurePolicy decides.

use crate::{
    namespace::{Namespace, cluster},
    webhook::{STANDARD, STRICT, Setup, WITHOUT_ACCESS},
};

const STRICT_OF_THREE: &str = "{instances: 3, replication: {mode: strict-sync-all}}";
const REFUSAL: &str = "spec.replicas: strict-sync-all with 1 instance has no standby to wait for: the \
     cluster runs asynchronous, and an acknowledged commit exists once; set it to 3 (2 is the least that keeps a second \
     copy), or choose mode: async [strict-sync-all-without-standby]";
const UNKNOWN: [&str; 1] =
    ["Error from server (InternalError): Internal error occurred: failed calling webhook \
     \"sgclusters-scale.syncguard.dev\": failed to call webhook: \
     this request scales a cluster that syncguard does not know: it has no access to the stored clusters"];

/// A strict cluster of three in a namespace of its own.
fn strict_of_three(name: &'static str, setup: &Setup) -> Namespace {
    let namespace = Namespace::guarded(name, setup);
    namespace.passes(&["create", "-f", "-"], &cluster("db", STRICT_OF_THREE), &[]);
    namespace
}

#[test]
fn a_scale_that_voids_the_promise_is_refused() {
    let namespace = strict_of_three("scaled", &STANDARD);
    // Right after the cluster was made, whether a watch has told of it yet or not.
    let said = namespace.kubectl(&["scale", "sgcluster", "db", "--replicas=1"], "");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains(REFUSAL), "{}", said.stderr);
    assert_eq!(namespace.spec("db")["instances"], 3);
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=4"], "", &[]);
    assert_eq!(namespace.spec("db")["instances"], 4);
    assert_eq!(namespace.spec("db")["replication"]["syncInstances"], 2, "a scale changes nothing else");
    let two = [
        "Warning: spec.replicas: strict-sync-all with 2 instances: while one pod is down, every commit hangs \
                [strict-with-one-standby]",
    ];
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=2"], "", &two);
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=0"], "", &[]);
    assert_eq!(namespace.spec("db")["instances"], 0, "a cluster can be stopped");
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=3"], "", &[]);
}

#[test]
fn without_access_a_scale_passes_where_it_may_go_unjudged() {
    let namespace = strict_of_three("scale-unjudged", &WITHOUT_ACCESS);
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=4"], "", &[]);
    assert_eq!(namespace.spec("db")["instances"], 4);
}

#[test]
fn without_access_a_scale_is_refused_where_every_one_must_be_judged() {
    let namespace = strict_of_three("scale-refused", &STRICT);
    namespace.is_refused(&["scale", "sgcluster", "db", "--replicas=1"], "", &UNKNOWN);
    assert_eq!(namespace.spec("db")["instances"], 3);
}

/// Deeper than a tree of values can be read: a watch that stumbled over it would see no cluster at all any more.
#[test]
fn a_cluster_that_is_nested_deep_is_watched_like_any_other() {
    let namespace = Namespace::guarded("deep", &STANDARD);
    let deep = format!("{}1{}", "{a: ".repeat(200), "}".repeat(200));
    let spec = format!(
        "{{instances: 3, replication: {{mode: strict-sync-all}}, configurations: {{patroni: {{dynamicConfig: {{slots: {deep}}}}}}}}}"
    );
    namespace.passes(&["create", "-f", "-"], &cluster("db", &spec), &[]);
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=4"], "", &[]);
    let said = namespace.kubectl(&["scale", "sgcluster", "db", "--replicas=1"], "");
    assert!(said.stderr.contains(REFUSAL), "{}", said.stderr);
}
