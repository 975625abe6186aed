//! Many clients at once, and clients that go away in the middle: whatever is stored was judged and completed.

use std::thread;

use serde_json::{Value, json};

use crate::{
    child_process::until,
    http::{answer, create, send},
    namespace::Namespace,
    webhook::STANDARD,
};

fn sound(name: &str) -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": name},
        "spec": {"instances": 3, "replication": {"mode": "strict-sync-all"}},
    })
}

fn unsound(name: &str) -> Value {
    let mut cluster = sound(name);
    cluster["spec"]["instances"] = json!(1);
    cluster
}

#[test]
fn fifty_writers_at_once_are_each_answered_rightly() {
    let namespace = Namespace::guarded("fifty", &STANDARD);
    let write = |index: u32| {
        let name = format!("db-{index}");
        if index.is_multiple_of(5) {
            let (status, said) = create(&namespace, &unsound(&name));
            assert_eq!(status, 422, "{said}");
            assert_eq!(said["details"]["causes"][0]["reason"], "strict-sync-all-without-standby", "{said}");
        } else {
            let (status, said) = create(&namespace, &sound(&name));
            assert_eq!(status, 201, "{said}");
            assert_eq!(said["spec"]["replication"]["syncInstances"], 2, "{said}");
        }
        assert_eq!(namespace.stored(&name).is_some(), !index.is_multiple_of(5), "{name}");
    };
    thread::scope(|scope| (0..50).for_each(|index| drop(scope.spawn(move || write(index)))));
}

/// Writers of one cluster that all saw the same version of it: one wins, nobody is answered twice or wrongly.
#[test]
fn of_many_that_change_the_same_version_one_wins() {
    let namespace = Namespace::guarded("contended", &STANDARD);
    assert_eq!(create(&namespace, &sound("db")).0, 201);
    let stored = namespace.stored("db").unwrap();
    let path = format!("{}/db", namespace.path());
    let write = |instances: u32| {
        let mut changed = stored.clone();
        changed["spec"]["instances"] = json!(instances);
        answer(send(&namespace, "PUT", &path, &changed.to_string())).0
    };
    let statuses: Vec<_> = thread::scope(|scope| {
        let writers: Vec<_> = (4..14).map(|instances| scope.spawn(move || write(instances))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert!(won == 1 && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let spec = namespace.spec("db");
    let instances = spec["instances"].as_i64().unwrap();
    assert_eq!(spec["replication"]["syncInstances"], instances - 1, "completed for the one that won");
}

#[test]
fn clients_that_disconnect_leave_nothing_half_done() {
    let namespace = Namespace::guarded("disconnected", &STANDARD);
    for index in 0..20 {
        drop(send(&namespace, "POST", &namespace.path(), &sound(&format!("sound-{index}")).to_string()));
        drop(send(&namespace, "POST", &namespace.path(), &unsound(&format!("unsound-{index}")).to_string()));
    }
    // One that stays is answered as ever.
    assert_eq!(create(&namespace, &unsound("refused")).0, 422);
    assert_eq!(create(&namespace, &sound("last")).0, 201);
    let listed = || {
        let (status, list) = answer(send(&namespace, "GET", &namespace.path(), ""));
        (status == 200).then_some(list)
    };
    let list = until(listed).expect("the clusters can be listed");
    for cluster in list["items"].as_array().unwrap() {
        let name = cluster["metadata"]["name"].as_str().unwrap();
        assert!(!name.starts_with("unsound"), "{name} was refused, and is stored");
        assert_eq!(
            cluster["spec"]["replication"]["syncInstances"], 2,
            "{name} is stored as it was completed"
        );
    }
}
