//! `kubectl scale`, as long as syncguard cannot see the cluster that it is about: failurePolicy decides.

use crate::namespace::{Namespace, cluster};
use crate::webhook::{STANDARD, STRICT, Setup};

const STRICT_OF_THREE: &str = "{instances: 3, replication: {mode: strict-sync-all}}";
const REFUSAL: [&str; 1] =
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
fn where_a_scale_may_go_unjudged_it_passes() {
    let namespace = strict_of_three("scaled", &STANDARD);
    namespace.passes(&["scale", "sgcluster", "db", "--replicas=4"], "", &[]);
    assert_eq!(namespace.spec("db")["instances"], 4);
    assert_eq!(namespace.spec("db")["replication"]["syncInstances"], 2, "a scale changes nothing else");
}

#[test]
fn where_every_scale_must_be_judged_it_is_refused_with_the_reason() {
    let namespace = strict_of_three("scale-refused", &STRICT);
    namespace.is_refused(&["scale", "sgcluster", "db", "--replicas=1"], "", &REFUSAL);
    assert_eq!(namespace.spec("db")["instances"], 3);
}
