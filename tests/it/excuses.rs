//! Whose writes are never denied, and whose word for it counts: who asks is told by the API server; what stands in an object
//! proves nothing. And stopping a cluster launders nothing.

use serde_json::{Value, json};
use syncguard::settings::Settings;
use syncguard_core::{policy::Starts, view::Kind};

use crate::world::{Answer, NAMESPACE, World, config, review, scale, strict, strict_with_config};

const OPERATOR: &str = "system:serviceaccount:stackgres:stackgres-operator";
const UPGRADE: &str = "system:serviceaccount:failover:major-dbops";
const TENANT: &str = "alice";

fn cluster(spec: &Value) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGCluster",
        "metadata": {"name": "db", "namespace": NAMESPACE}, "spec": spec,
    })
}

fn asked_by(user: &str, mut review: Value) -> Value {
    review["request"]["userInfo"] = json!({"username": user, "groups": ["system:authenticated"]});
    review
}

fn update(user: &str, before: &Value, now: &Value) -> Value {
    asked_by(user, review(Kind::Cluster, now, Some(before)))
}

#[track_caller]
fn judged(review: &Value) -> Answer {
    World::live().answer_read(review, &Settings::default())
}

/// A strict-sync-all cluster that is made to run on one instance, which nobody may do.
fn unsound() -> (Value, Value) {
    (cluster(&strict(3)), cluster(&strict(1)))
}

#[test]
fn what_stands_in_an_object_excuses_nothing() {
    for (what, pointer, value) in [
        ("an upgrade in its status", "/status", json!({"dbOps": {"majorVersionUpgrade": {"phase": "x"}}})),
        ("an empty upgrade", "/status", json!({"dbOps": {"majorVersionUpgrade": {}}})),
        (
            "a StackGres owner",
            "/metadata/ownerReferences",
            json!([{
                "apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster", "name": "x", "uid": "y", "controller": true,
            }]),
        ),
        ("that it is being deleted", "/metadata/deletionTimestamp", json!("2026-11-22T23:42:11Z")),
        ("a lock", "/metadata/annotations", json!({"stackgres.io/lockServiceAccount": OPERATOR})),
    ] {
        let (mut before, mut now) = unsound();
        for object in [&mut before, &mut now] {
            let (holder, key) = pointer.rsplit_once('/').unwrap();
            object.pointer_mut(holder).unwrap()[key] = value.clone();
        }
        let answer = judged(&update(TENANT, &before, &now));
        assert!(!answer.allowed, "{what} proves nothing, and anybody may write it: {answer:?}");
        let kept = judged(&update(TENANT, &now, &now));
        assert!(kept.allowed, "an update that changes nothing passes, with {what}: {kept:?}");
    }
}

#[test]
fn the_operators_own_writes_are_never_denied() {
    let (before, now) = unsound();
    let world = World::live().with_cluster("db", &strict_with_config(3));
    for (what, review) in [
        ("an update", review(Kind::Cluster, &now, Some(&before))),
        ("a creation", review(Kind::Cluster, &now, None)),
        ("a scale", scale("7", 3, 1)),
        ("an SGPostgresConfig", review(Kind::PostgresConfig, &config(&json!({"fsync": "off"})), None)),
    ] {
        let default = Settings::default();
        let by_operator = world.answer_read(&asked_by(OPERATOR, review.clone()), &default);
        assert!(by_operator.allowed, "{what} by the operator: {by_operator:?}");
        assert!(!by_operator.warnings.is_empty(), "{what} by the operator is warned of");
        for stranger in
            [TENANT, "stackgres-operator", "system:serviceaccount:failover:stackgres-operator", ""]
        {
            let answer = world.answer_read(&asked_by(stranger, review.clone()), &default);
            assert!(!answer.allowed, "{what} by {stranger:?}: {answer:?}");
        }
        let mut renamed = Settings::default();
        renamed.policy.operator_account = TENANT.to_owned();
        assert!(
            world.answer_read(&asked_by(TENANT, review.clone()), &renamed).allowed,
            "{what} by the account of the settings"
        );
    }
}

#[test]
fn a_running_upgrade_may_do_what_an_upgrade_does() {
    let upgrading = World::live().with_upgrade("major", "db");
    let restored = strict(1);
    let mut version = strict(1);
    version["postgres"] = json!({"version": "17.6"});
    version["configurations"] = json!({"sgPostgresConfig": "new"});
    let mut role = strict(1);
    role["replication"]["role"] = json!("readonly");
    let strict_before = cluster(&strict(3));
    let other = World::live().with_upgrade("major", "another");
    let ended = World::live();
    for (what, world, user, now, allowed) in [
        ("one instance", &upgrading, UPGRADE, &restored, true),
        ("the version and its settings", &upgrading, UPGRADE, &version, true),
        ("another role", &upgrading, UPGRADE, &role, false),
        ("one instance, while another cluster is upgraded", &other, UPGRADE, &restored, false),
        ("one instance, after the upgrade", &ended, UPGRADE, &restored, false),
        ("one instance, by somebody else", &upgrading, TENANT, &restored, false),
        (
            "one instance, from another namespace",
            &upgrading,
            "system:serviceaccount:x:major-dbops",
            &restored,
            false,
        ),
        (
            "one instance, by Patroni's account",
            &upgrading,
            "system:serviceaccount:failover:db-patroni",
            &restored,
            false,
        ),
    ] {
        let mut before = strict_before.clone();
        before["spec"]["postgres"] = now["postgres"].clone();
        before["spec"]["configurations"] = json!({"sgPostgresConfig": "old"});
        let mut now = now.clone();
        if now["configurations"].is_null() {
            now["configurations"] = json!({"sgPostgresConfig": "old"});
        }
        if !now["postgres"].is_null() {
            before["spec"]["postgres"]["version"] = json!("16.10");
        }
        let answer = world.answer_read(&update(user, &before, &cluster(&now)), &Settings::default());
        assert_eq!(answer.allowed, allowed, "{what}: {answer:?}");
    }
}

/// What is changed while a cluster is stopped, and what is then found: the steps of somebody who hopes to hide it.
#[test]
fn stopping_a_cluster_launders_nothing_that_does_not_depend_on_its_instances() {
    let conf = json!({"postgres": {"postgresql.conf": {"synchronous_commit": "off"}}});
    let with_conf = |instances: i64| {
        let mut spec = strict(instances);
        spec["configurations"] = conf.clone();
        cluster(&spec)
    };
    let stopped = judged(&update(TENANT, &cluster(&strict(0)), &with_conf(0)));
    stopped.is_denied(&["synchronous_commit = \"off\"", "[synchronous-commit-off]"]);
    let made_stopped = judged(&review(Kind::Cluster, &with_conf(0), None));
    assert!(!made_stopped.allowed, "a cluster that is created stopped is judged: {made_stopped:?}");
    let world = World::live().with_cluster("db", &strict_with_config(0));
    let settings = review(Kind::PostgresConfig, &config(&json!({"synchronous_commit": "off"})), None);
    let by_settings = world.answer_read(&settings, &Settings::default());
    assert!(!by_settings.allowed, "the settings of a stopped cluster are judged: {by_settings:?}");
    assert!(
        judged(&update(TENANT, &with_conf(3), &with_conf(0))).allowed,
        "an unsound cluster can be stopped"
    );
}

#[test]
fn a_start_is_let_pass_or_judged_like_a_creation_as_the_settings_say() {
    let (stopped, sound, unsound) = (cluster(&strict(0)), cluster(&strict(3)), cluster(&strict(1)));
    let mut deny = Settings::default();
    deny.policy.starts = Starts::Deny;
    for (what, settings, now, allowed) in [
        ("a sound start", &deny, &sound, true),
        ("a start on one instance, by the default", &Settings::default(), &unsound, true),
        ("a start on one instance, where starts are denied", &deny, &unsound, false),
    ] {
        let answer = World::live().answer_read(&update(TENANT, &stopped, now), settings);
        assert_eq!(answer.allowed, allowed, "{what}: {answer:?}");
    }
    let let_pass = judged(&update(TENANT, &stopped, &unsound));
    assert!(let_pass.warnings[0].contains("the cluster was stopped"), "{let_pass:?}");
    let denied = World::live().answer_read(&update(TENANT, &stopped, &unsound), &deny);
    denied.is_denied(&["strict-sync-all", "a start is judged like a creation"]);
    let scaled = World::live().with_cluster("db", &strict(0));
    assert!(!scaled.answer_read(&scale("7", 0, 1), &deny).allowed, "kubectl scale is a start as well");
}
