//! `explain`: what a cluster will be, in words and as facts.

use std::fs;

use serde_json::{Value, json};

use super::folder::{Folder, repository, syncguard};
use crate::golden;

const EXAMPLE: &str = "examples/strict-sync-all.yaml";

/// The facts about one manifest.
fn facts(manifest: &str) -> Value {
    let said = Folder::with::<&str>(&[]).run_with("explain -o json", manifest);
    let facts: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    facts[0].clone()
}

fn text(manifest: &str) -> String {
    let said = Folder::with::<&str>(&[]).run_with("explain", manifest);
    assert_eq!(said.err, "", "explaining this is no error:\n{manifest}");
    said.out
}

fn cluster(spec: &str) -> String {
    format!("apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {{name: c}}\nspec: {spec}\n")
}

/// The rows of the first table that `patronictl list` prints, by the names of the columns.
fn rows(text: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines().filter(|line| line.starts_with('|')).map(cells);
    let header = lines.next().unwrap();
    let at = |name: &&str| header.iter().position(|column| column == name).unwrap();
    let wanted: Vec<_> = columns.iter().map(at).collect();
    lines.map(|cells| wanted.iter().map(|index| cells[*index].clone()).collect()).collect()
}

#[test]
fn the_documentations_example_is_explained_as_agreed() {
    golden::agrees("tests/golden/explain-strict-sync-all.txt", &syncguard(&format!("explain {EXAMPLE}")).out);
}

#[test]
fn the_list_agrees_row_for_row_with_the_one_that_patroni_printed() {
    let captured = fs::read_to_string(repository("tests/fixtures/patronictl-list.txt")).unwrap();
    let predicted = syncguard(&format!("explain {EXAMPLE}")).out;
    let columns = ["Member", "Role", "State", "Lag in MB"];
    assert_eq!(rows(&predicted, &columns), rows(&captured, &columns));
}

#[test]
fn the_facts_about_the_example_are_typed() {
    let said = syncguard(&format!("explain -o json {EXAMPLE}"));
    let facts: Value = serde_json::from_str(&said.out).unwrap();
    for (pointer, value) in [
        ("/0/kind", json!("SGCluster")),
        ("/0/name", json!("sync-cluster")),
        ("/0/namespace", json!("failover")),
        ("/0/clusters/0/state", json!("running")),
        ("/0/clusters/0/mode", json!("strict-sync-all")),
        ("/0/clusters/0/instances", json!(6)),
        ("/0/clusters/0/copies", json!(6)),
        ("/0/clusters/0/patroni/version", json!("3.3.0")),
        ("/0/clusters/0/patroni/synchronous_mode", json!(true)),
        ("/0/clusters/0/patroni/synchronous_mode_strict", json!(true)),
        ("/0/clusters/0/patroni/synchronous_node_count", json!(5)),
        ("/0/clusters/0/patroni/has_stuck_commit_bug", json!(true)),
        ("/0/clusters/0/pods/0/last", json!("sync-cluster-5")),
        ("/0/clusters/0/pods/0/can_be_promoted", json!(true)),
        ("/0/clusters/0/layout", json!("lag-in-megabytes")),
        ("/0/clusters/0/members/0/role", json!("Leader")),
        ("/0/clusters/0/members/5/role", json!("Sync Standby")),
        (
            "/0/clusters/0/synchronous_standby_names",
            json!(
                r#"5 ("sync-cluster-1","sync-cluster-2","sync-cluster-3","sync-cluster-4","sync-cluster-5")"#
            ),
        ),
    ] {
        assert_eq!(facts.pointer(pointer), Some(&value), "{pointer} of the facts about {EXAMPLE}");
    }
    let failures = facts.pointer("/0/clusters/0/failures").and_then(Value::as_array).unwrap();
    for (id, writes, loss, leader) in [
        ("one-standby-crashes", json!({"outcome": "block", "at_most_ms": 10_000}), "no", "unchanged"),
        ("all-standbys", json!({"outcome": "hang", "after_at_most_ms": 10_000}), "no", "unchanged"),
        (
            "leader-pod",
            json!({"outcome": "interrupted", "at_most_ms": 46_000, "then": "hang-until-a-standby-follows"}),
            "no",
            "synchronous-standby",
        ),
        ("standbys-then-leader", json!({"outcome": "stopped"}), "only-with-the-volumes", "old-leader-only"),
    ] {
        let failure = failures.iter().find(|failure| failure["id"] == id);
        let failure = failure.unwrap_or_else(|| panic!("the facts should tell of {id}"));
        assert_eq!(failure["writes"], writes, "what becomes of writes after {id}");
        assert_eq!(
            (&failure["loss"], &failure["leader"]),
            (&json!(loss), &json!(leader)),
            "what follows {id}"
        );
    }
}

#[test]
fn roles_come_first_to_last_and_only_those_that_count_are_waited_for() {
    for (spec, members) in [
        ("{instances: 2, replication: {mode: async}}", vec!["c-0 Leader", "c-1 Replica"]),
        ("{instances: 3, replication: {mode: sync}}", vec!["c-0 Leader", "c-1 Sync Standby", "c-2 Replica"]),
        ("{instances: 1, replication: {mode: strict-sync-all}}", vec!["c-0 Leader"]),
        (
            "{instances: 3, replicateFrom: {}, replication: {mode: strict-sync-all}}",
            vec!["c-0 Standby Leader", "c-1 Replica", "c-2 Replica"],
        ),
        (
            "{instances: 3, replication: {mode: sync, groups: [{role: readonly, instances: 1}]}}",
            vec!["c-0 Leader", "c-1 Sync Standby", "c-2 Replica"],
        ),
    ] {
        let facts = facts(&cluster(spec));
        let listed = facts.pointer("/clusters/0/members").and_then(Value::as_array).unwrap().iter();
        let listed: Vec<_> = listed
            .map(|member| {
                format!("{} {}", member["name"].as_str().unwrap(), member["role"].as_str().unwrap())
            })
            .collect();
        assert_eq!(listed, members, "the members of {spec}");
    }
}

#[test]
fn the_tags_column_is_there_where_a_member_has_a_tag() {
    let one = text(&cluster(
        "{postgres: {version: '16.1'}, instances: 2, replication: {mode: async, groups: [{role: readonly, instances: 1}]}}",
    ));
    let list = "\
+ Cluster: c (7000000000000000000) -+-----------+----+-----------+------------------+
| Member | Host           | Role    | State     | TL | Lag in MB | Tags             |
+--------+----------------+---------+-----------+----+-----------+------------------+
| c-0    | 10.0.0.10:7433 | Leader  | running   |  1 |           |                  |
| c-1    | 10.0.0.11:7433 | Replica | streaming |  1 |         0 | nofailover: true |
+--------+----------------+---------+-----------+----+-----------+------------------+
";
    assert!(one.contains(list), "one tag stands in the row of its member:\n{one}");
    let two = text(&cluster(
        "{postgres: {version: '17.6'}, instances: 2, replication: {mode: async, groups: [{role: none, instances: 1}]}}",
    ));
    let list = "\
+--------+----------------+---------+-----------+----+-------------+-----+------------+-----+---------------------+
| c-0    | 10.0.0.10:7433 | Leader  | running   |  1 |             |     |            |     |                     |
+--------+----------------+---------+-----------+----+-------------+-----+------------+-----+---------------------+
| c-1    | 10.0.0.11:7433 | Replica | streaming |  1 |   0/5000060 |   0 |  0/5000060 |   0 | nofailover: true    |
|        |                |         |           |    |             |     |            |     | noloadbalance: true |
+--------+----------------+---------+-----------+----+-------------+-----+------------+-----+---------------------+
";
    assert!(two.contains(list), "two tags make two lines, and a rule between all rows:\n{two}");
    let none = text(&cluster("{instances: 2, replication: {mode: async}}"));
    assert!(!none.contains("Tags"), "without a tag there is no such column:\n{none}");
}

#[test]
fn a_sharded_cluster_is_explained_part_by_part_without_a_list() {
    let said = syncguard("explain examples/sharded.yaml").out;
    for part in [
        "SGShardedCluster events in namespace analytics\n",
        "(the coordinator)\n",
        "(stands for each worker without an override)\n",
        "events-worker0-0 … events-worker0-2",
    ] {
        assert!(said.contains(part), "the explanation should tell of {part:?}:\n{said}");
    }
    assert!(
        !said.contains("patronictl list"),
        "the members share one scope, so no list is predicted:\n{said}"
    );
    assert!(!said.contains("were observed"), "nobody has done the failures to a Citus cluster:\n{said}");
    let said = syncguard("explain -o json examples/sharded-pitfalls.yaml").out;
    let facts: Value = serde_json::from_str(&said).unwrap();
    let parts = facts[0]["clusters"].as_array().unwrap().iter();
    let parts: Vec<_> = parts.map(|part| (part["name"].as_str().unwrap(), part["mode"].as_str())).collect();
    let expected = [
        // The operator's default: the root's mode never reaches the coordinator.
        ("clicks-coord", Some("sync-all")),
        ("clicks-worker0", Some("strict-sync")),
        ("clicks-worker1", Some("strict-sync")),
    ];
    assert_eq!(parts, expected, "there are four workers, so no worker 5, whatever the override says");
    assert!(facts[0]["clusters"].as_array().unwrap().iter().all(|part| part.get("members").is_none()));
}

#[test]
fn an_old_patroni_calls_every_member_running() {
    for (version, state) in [("15.0", "running"), ("15.1", "streaming")] {
        let facts = facts(&cluster(&format!("{{instances: 2, postgres: {{version: '{version}'}}}}")));
        let standby = &facts["clusters"][0]["members"][1];
        assert_eq!(standby["state"], state, "the state of a standby beside Postgres {version}: {standby}");
    }
}

#[test]
fn a_cluster_without_pods_or_without_an_answer_says_so() {
    for (spec, state, words) in [
        ("{instances: 0, replication: {mode: sync}}", "stopped", "c is stopped on purpose (instances: 0)"),
        ("{instances: '3', replication: {mode: sync}}", "undetermined", "c cannot be predicted"),
        ("{instances: 3, replication: {mode: sometimes}}", "undetermined", "`syncguard validate` says why"),
        ("{replication: {mode: sync}}", "undetermined", "c cannot be predicted"),
    ] {
        let manifest = cluster(spec);
        assert_eq!(
            facts(&manifest)["clusters"],
            json!([{ "state": state, "name": "c" }]),
            "the facts about {spec}"
        );
        let said = text(&manifest);
        assert!(said.contains(words), "the text about {spec} should say {words:?}:\n{said}");
    }
}

#[test]
fn where_a_naive_reading_is_wrong_the_text_says_the_true_thing() {
    for (spec, words) in [
        (
            "{instances: 1, replication: {mode: strict-sync-all}}",
            "With one instance strict-sync-all runs asynchronous",
        ),
        (
            "{instances: 3, replication: {mode: strict-sync-all}}",
            "the promise is the leader and at least one copy",
        ),
        ("{instances: 3, replication: {mode: strict-sync-all}}", "writes do not fail, they hang"),
        ("{instances: 3, replication: {mode: strict-sync-all}}", "any WAL receiver that connects"),
        ("{instances: 3, replication: {mode: sync-all}}", "commits go on with the leader's copy alone"),
        ("{instances: 3, replication: {mode: strict-sync-all}}", "synchronous_node_count     2, a maximum"),
        ("{instances: 2, replicateFrom: {}, replication: {mode: sync}}", "it takes no writes"),
        ("{postgres: {version: '16.1'}, instances: 3, replication: {mode: sync-all}}", "issue 3468"),
    ] {
        // The text is broken into lines that a terminal shows whole.
        let said = text(&cluster(spec)).split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&words), "the text about {spec} should say {words:?}:\n{said}");
    }
}

#[test]
fn names_that_somebody_set_are_predicted_where_patroni_passes_them_on() {
    for (spec, names, by_hand) in [
        ("instances: 3, replication: {mode: async}, postgres: {version: '16.2'}", "seven", true),
        ("instances: 1, replication: {mode: sync-all}, postgres: {version: '16.2'}", "seven", true),
        ("instances: 3, replication: {mode: async}, postgres: {version: '16.1'}", "", false),
        ("instances: 2, replication: {mode: sync-all}, postgres: {version: '16.2'}", "\"c-1\"", false),
        ("instances: 3, replicateFrom: {}, postgres: {version: '16.2'}", "", false),
    ] {
        let set = "configurations: {postgres: {postgresql.conf: {synchronous_standby_names: seven}}}";
        let manifest = cluster(&format!("{{{spec}, {set}}}"));
        let facts = &facts(&manifest)["clusters"][0];
        assert_eq!(facts["synchronous_standby_names"], names, "what Postgres has with {spec}");
        assert_eq!(facts["standby_names_set_by_hand"], by_hand, "who says so with {spec}");
        let untold = facts["failures"].as_array().unwrap().is_empty();
        assert_eq!(untold, by_hand, "nobody knows what fails where Patroni does not, with {spec}");
        let said = text(&manifest);
        assert_eq!(said.contains("What a failure does then is not"), by_hand, "{spec}:\n{said}");
    }
}

#[test]
fn the_settings_that_another_file_holds_are_used() {
    let config = "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {name: slow}\nspec: {postgresql.conf: {wal_sender_timeout: '0'}}\n";
    let folder = Folder::with(&[
        ("config.yaml", config),
        (
            "db.yaml",
            &cluster("{instances: 2, configurations: {sgPostgresConfig: slow}, replication: {mode: sync}}"),
        ),
    ]);
    let said = folder.run("explain .").out;
    assert!(said.contains("block without limit"), "wal_sender_timeout is 0 in the SGPostgresConfig:\n{said}");
}
