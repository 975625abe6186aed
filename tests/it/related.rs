//! What the webhook answers when it knows what else is stored: scales, and the settings of an SGPostgresConfig.

use serde_json::{Value, json};
use syncguard::{
    settings::Settings,
    stored::{Stored, StoredObject},
    webhook::{KnownState, Lookup, Outcome},
};
use syncguard_core::view::Kind;

use crate::world::{NAMESPACE, World, ask, config, review, scale, stored, strict, strict_with_config};

#[test]
fn a_scale_is_judged_as_the_cluster_would_be() {
    let world = World::live().with_cluster("db", &strict(6));
    world.answer(&scale("7", 6, 1)).is_denied(&[
        "spec.replicas: strict-sync-all with 1 instance has no standby",
        "[strict-sync-all-without-standby]",
    ]);
    world.answer(&scale("7", 6, 5)).is_allowed_silently();
    let two = world.answer(&scale("7", 6, 2));
    assert!(two.allowed && two.warnings[0].ends_with("[strict-with-one-standby]"), "{two:?}");
    // What was so before does not stop an autoscaler.
    assert!(World::live().with_cluster("db", &strict(1)).answer(&scale("7", 1, 1)).allowed);
}

#[test]
fn a_cluster_is_stopped_and_started_again_by_scales() {
    let running = World::live().with_cluster("db", &strict(6));
    running.answer(&scale("7", 6, 0)).is_allowed_silently();
    let stopped = World::live().with_cluster("db", &strict(0));
    stopped.answer(&scale("7", 0, 3)).is_allowed_silently();
    let unsound = stopped.answer(&scale("7", 0, 1));
    assert!(unsound.allowed, "a cluster that was unsound when it was stopped may start: {unsound:?}");
    assert!(unsound.warnings[0].contains("strict-sync-all-without-standby"), "and it is told: {unsound:?}");
}

/// An SGShardedCluster before and after, each from `spec` on.
fn sharded_change(before: &Value, now: &Value) -> Value {
    let sharded = |spec: &Value| {
        json!({
            "apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster",
            "metadata": {"name": "db", "namespace": NAMESPACE}, "spec": spec,
        })
    };
    review(Kind::ShardedCluster, &sharded(now), Some(&sharded(before)))
}

#[test]
fn stopped_shards_start_again_as_they_were() {
    let sharded = |instances: i64| {
        json!({
            "postgres": {"version": "16.9"},
            "replication": {"mode": "strict-sync", "syncInstances": 1},
            "coordinator": {"instances": 3, "replication": {"mode": "strict-sync", "syncInstances": 1}},
            "workers": {
                "clusters": 2, "instancesPerCluster": instances,
                "configurations": {"postgres": {"postgresql.conf": {"fsync": "off"}}},
            },
        })
    };
    let new = World::live().answer(&sharded_change(&json!({"workers": {}}), &sharded(3)));
    assert!(!new.allowed, "fsync off in a strict mode is refused where it is new: {new:?}");
    let again = World::live().answer(&sharded_change(&sharded(0), &sharded(3)));
    assert!(again.allowed, "what was stopped so may start again: {again:?}");
    assert!(again.warnings.iter().any(|warning| warning.contains("[fsync-off]")), "and is told: {again:?}");
}

#[test]
fn a_known_fault_of_a_shard_is_known_wherever_its_override_stands() {
    let sharded = |overrides: Value| {
        json!({
            "postgres": {"version": "16.9"},
            "coordinator": {"instances": 3, "replication": {"mode": "strict-sync", "syncInstances": 1}},
            "workers": {"clusters": 3, "instancesPerCluster": 3, "overrides": overrides},
        })
    };
    let unsound =
        |shard: i64| json!({"index": shard, "replication": {"mode": "strict-sync", "syncInstances": 3}});
    let sound = json!({"index": 0, "instancesPerCluster": 2});
    let before = sharded(json!([sound, unsound(1)]));
    let moved = World::live().answer(&sharded_change(&before, &sharded(json!([unsound(1)]))));
    assert!(moved.allowed, "shard 1 was so before: {moved:?}");
    let another = World::live().answer(&sharded_change(&before, &sharded(json!([sound, unsound(2)]))));
    assert!(!another.allowed, "shard 2 was not: {another:?}");
}

#[test]
fn of_two_overrides_for_one_shard_each_is_as_it_was() {
    let unsound = json!({"coordinator": {"instances": 2}, "workers": {"clusters": 4, "instancesPerCluster": 3, "overrides": [
        {"index": 3, "instancesPerCluster": 0, "replication": {"mode": "sync", "syncInstances": 1}}, {"index": 3},
    ]}});
    let update = World::live().answer(&sharded_change(&unsound, &unsound));
    assert!(update.allowed, "an update that changes nothing: {update:?}");
}

#[test]
fn a_scale_of_another_version_than_the_known_one_asks_for_the_cluster() {
    let behind = World::live().with_cluster("db", &strict(6));
    let cluster =
        Lookup::Object { kind: Kind::Cluster, namespace: NAMESPACE.to_owned(), name: "db".to_owned() };
    for (world, why) in [(behind.clone(), "an older version is known"), (World::live(), "nothing is known")] {
        assert_eq!(world.ask(&scale("8", 6, 1)), Outcome::Lookup(vec![cluster.clone()]), "{why}");
    }
    assert!(cluster.is_vital(), "failurePolicy decides where it cannot be read");
    let Outcome::Reply(read) = ask(&scale("8", 6, 1), KnownState::Read(&behind.0), &Settings::default())
    else {
        panic!("what has been read is all there is")
    };
    assert_eq!(read.facts.allowed, Some(false));
    let Outcome::Reply(gone) =
        ask(&scale("8", 6, 1), KnownState::Read(&Stored::default()), &Settings::default())
    else {
        panic!("what has been read is all there is")
    };
    assert_eq!(gone.status, 503, "there is no such cluster: failurePolicy decides");
}

#[test]
fn a_change_of_settings_is_judged_by_the_clusters_that_use_them() {
    let (sound, unsound) = (json!({"synchronous_commit": "on"}), json!({"synchronous_commit": "off"}));
    let world = World::live()
        .with_cluster("a", &strict_with_config(3))
        .with_cluster("b", &strict_with_config(3))
        .with_cluster("unconcerned", &strict(3))
        .with_cluster("asynchronous", &json!({"instances": 3, "configurations": {"sgPostgresConfig": "pg"}}));
    let change = |now: &Value, before: Option<&Value>| {
        let before = before.map(config);
        world.answer(&review(Kind::PostgresConfig, &config(now), before.as_ref()))
    };
    for before in [None, Some(&sound)] {
        change(&unsound, before).is_denied(&[
            "spec[\"postgresql.conf\"].synchronous_commit: SGCluster a, SGCluster b: the mode is strict-sync-all",
            "[synchronous-commit-off]",
        ]);
    }
    change(&sound, Some(&unsound)).is_allowed_silently();
    let still = change(&unsound, Some(&unsound));
    assert!(still.allowed, "what was so before stops nobody: {still:?}");
    let both = json!({"synchronous_commit": "off", "fsync": "off"});
    change(&both, Some(&unsound)).is_denied(&["spec[\"postgresql.conf\"].fsync", "[fsync-off]"]);
}

#[test]
fn a_sharded_cluster_uses_settings_too() {
    let spec = json!({
        "replication": {"mode": "strict-sync-all"}, "coordinator": {"instances": 3},
        "workers": {"clusters": 2, "instancesPerCluster": 3, "configurations": {"sgPostgresConfig": "pg"}},
    });
    let world = World::live().with(Kind::ShardedCluster, "many", &spec);
    let off = config(&json!({"synchronous_commit": "off"}));
    world.answer(&review(Kind::PostgresConfig, &off, None)).is_denied(&[
        "spec[\"postgresql.conf\"].synchronous_commit: SGShardedCluster many (SGCluster many-worker0): ",
        "[synchronous-commit-off]",
    ]);
}

#[test]
fn a_change_of_settings_waits_for_clusters_that_no_watch_tells_of() {
    let mut stored = Stored::default();
    stored.set_live(Kind::Cluster, true);
    let wanted = Lookup::All { kind: Kind::ShardedCluster, namespace: NAMESPACE.to_owned() };
    let review = review(Kind::PostgresConfig, &config(&json!({})), None);
    assert_eq!(World(stored).ask(&review), Outcome::Lookup(vec![wanted]));
}

#[test]
fn a_cluster_is_judged_with_the_settings_that_it_names() {
    let object = |spec: Value| {
        json!({"apiVersion": "stackgres.io/v1", "kind": "SGCluster",
            "metadata": {"name": "new", "namespace": NAMESPACE}, "spec": spec})
    };
    let create = review(Kind::Cluster, &object(strict_with_config(3)), None);
    let world = World::live().with_config("pg", &json!({"fsync": "off"}));
    world.answer(&create).is_denied(&["spec.configurations.sgPostgresConfig: ", "[fsync-off]"]);
    World::live().with_config("pg", &json!({})).answer(&create).is_allowed_silently();

    World::live().answer(&create).is_allowed_silently();
    let Outcome::Lookup(wanted) = World::default().ask(&create) else {
        panic!("settings of which no watch would have told are asked for")
    };
    assert!(!wanted.iter().any(Lookup::is_vital), "no write waits for settings that may not exist");
    let Outcome::Reply(reply) = ask(&create, KnownState::Read(&Stored::default()), &Settings::default())
    else {
        panic!("what has been read is all there is")
    };
    assert_eq!(reply.facts.allowed, Some(true), "settings that do not exist are the operator's business");
}

#[test]
fn however_many_settings_a_cluster_names_few_are_asked_for_and_only_by_names() {
    let names = (0..100).map(|number| format!("pg-{number}")).chain(["a?watch=true".to_owned()]);
    let overrides: Vec<_> = names
        .enumerate()
        .map(|(index, name)| json!({"index": index, "configurations": {"sgPostgresConfig": name}}))
        .collect();
    let spec = json!({"coordinator": {"instances": 3}, "shards": {"clusters": 2, "overrides": overrides}});
    let kind = Kind::ShardedCluster;
    let object = json!({"apiVersion": kind.api_version(), "kind": kind.name(),
        "metadata": {"name": "many", "namespace": NAMESPACE}, "spec": spec});
    let Outcome::Lookup(wanted) = World::default().ask(&review(kind, &object, None)) else {
        panic!("settings of which no watch would have told are asked for")
    };
    assert_eq!(wanted.len(), 16);
    for wanted in wanted {
        let Lookup::Object { name, .. } = wanted else { panic!("{wanted:?}") };
        assert!(name.starts_with("pg-"), "{name} would be the path of something else");
    }
}

#[test]
fn what_was_too_large_to_be_kept_is_read_when_it_is_needed() {
    let large =
        |kind: Kind, name: &str| StoredObject { json: Box::default(), ..stored(kind, name, b"", None) };
    let mut world = World::live();
    for (kind, name) in [(Kind::Cluster, "db"), (Kind::PostgresConfig, "pg")] {
        world.0.put(large(kind, name));
    }
    let named = |kind: Kind, name: &str| Lookup::Object {
        kind,
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
    };
    let object = json!({"apiVersion": "stackgres.io/v1", "kind": "SGCluster",
        "metadata": {"name": "new", "namespace": NAMESPACE}, "spec": strict_with_config(3)});
    for (what, review, wanted) in [
        ("its cluster, for a scale", scale("7", 6, 3), named(Kind::Cluster, "db")),
        (
            "its settings, for a cluster",
            review(Kind::Cluster, &object, None),
            named(Kind::PostgresConfig, "pg"),
        ),
        (
            "the cluster that may use it, for settings",
            review(Kind::PostgresConfig, &config(&json!({})), None),
            named(Kind::Cluster, "db"),
        ),
    ] {
        assert_eq!(world.ask(&review), Outcome::Lookup(vec![wanted]), "{what}");
    }
}

#[test]
fn a_change_is_not_judged_by_some_of_the_clusters_that_it_may_concern() {
    let mut world = World::live();
    for number in 0..20 {
        let name = format!("large-{number}");
        world.0.put(StoredObject { json: Box::default(), ..stored(Kind::Cluster, &name, b"", None) });
    }
    let review = review(Kind::PostgresConfig, &config(&json!({})), None);
    let Outcome::Reply(reply) = ask(&review, KnownState::Read(&world.0), &Settings::default()) else {
        panic!("what was read is all there is")
    };
    assert_eq!(reply.status, 503, "more clusters are too large to be kept than are read");
}
