//! Clusters that are stored with an SGPostgresConfig that makes them unsound, though no review has denied it: what is
//! written at the same moment is reviewed one without the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

use serde_json::Value;

use crate::{
    api_server::ApiServer,
    child_process::until,
    namespace::{Namespace, cluster},
    webhook::Setup,
};

const CREATE: [&str; 3] = ["create", "-f", "-"];

/// Where the settings say to warn, nothing is denied that a review sees either.
const SETTINGS: &str = "namespaces: {unsound-warned: warn}\n";

/// Two replicas.
static REPLICAS: LazyLock<[Setup; 2]> = LazyLock::new(|| {
    ["unsound-one", "unsound-two"].map(|name| {
        let mut setup = Setup::as_the_chart(name);
        setup.settings = SETTINGS;
        setup
    })
});

fn run() {
    for replica in REPLICAS.iter() {
        replica.run(ApiServer::shared());
    }
}

/// A strict cluster that names the SGPostgresConfig `pg`.
fn strict() -> String {
    cluster(
        "db",
        "{instances: 3, replication: {mode: strict-sync-all, role: ha-read}, configurations: {sgPostgresConfig: pg}}",
    )
}

fn settings(fsync: &str) -> String {
    let spec = format!("{{postgresVersion: '17', postgresql.conf: {{fsync: '{fsync}'}}}}");
    format!("apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {{name: pg}}\nspec: {spec}\n")
}

/// The lines that a replica has logged of stored clusters in a namespace.
fn lines(replica: &Setup, namespace: &str) -> Vec<Value> {
    let log = replica.wrote();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_told = |line: &Value| {
        line["namespace"] == namespace
            && line["message"].as_str().is_some_and(|message| message.starts_with("stored unsound"))
    };
    lines.filter(is_told).collect()
}

/// Waits until every replica has told of clusters in a namespace.
#[track_caller]
fn is_told(namespace: &str) {
    for replica in REPLICAS.iter() {
        let told = until(|| (!lines(replica, namespace).is_empty()).then_some(()));
        assert!(told.is_some(), "{} was to log a line within a minute:\n{}", replica.name, replica.wrote());
    }
}

/// The events about stored clusters in a namespace.
fn events(namespace: &Namespace) -> Vec<Value> {
    let said = namespace.expect(&["get", "events.events.k8s.io", "-o", "json"], "");
    let mut list: Value = serde_json::from_str(&said.stdout).unwrap();
    let mut events = std::mem::take(list["items"].as_array_mut().unwrap());
    events.retain(|event| event["reason"] == "UnsoundWithPostgresConfig");
    events
}

/// What a replica counts of a rule.
fn counted(replica: &Setup, rule: &str) -> u64 {
    let log = replica.wrote();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let listening = lines.into_iter().find(|line| line["message"] == "listening").unwrap();
    let mut connection = TcpStream::connect(listening["health"].as_str().unwrap()).unwrap();
    write!(connection, "GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    let start = format!("syncguard_stored_unsound_total{{rule=\"{rule}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_no_review_has_denied_is_told_by_a_line_a_metric_and_one_event() {
    run();
    // Guarded by nobody, so that the second write passes as it does when both are reviewed at once.
    let namespace = Namespace::unguarded("unsound-pair");
    namespace.expect(&CREATE, &strict());
    namespace.expect(&CREATE, &settings("off"));
    is_told(namespace.name());
    for replica in REPLICAS.iter() {
        let line = &lines(replica, namespace.name())[0];
        for (field, value) in [
            ("level", "WARN"),
            ("kind", "SGCluster"),
            ("name", "db"),
            ("sgpostgresconfigs", "pg"),
            ("rules", "fsync-off"),
        ] {
            assert_eq!(line[field], value, "{field} of {line}");
        }
        assert!(counted(replica, "fsync-off") > 0, "{} counts it", replica.name);
    }
    let described = until(|| {
        let said = namespace.expect(&["describe", "sgcluster", "db"], "");
        said.stdout.contains("UnsoundWithPostgresConfig").then_some(said.stdout)
    });
    let described = described.expect("kubectl describe was to show an event within a minute");
    for words in ["Warning", "with SGPostgresConfig pg: ", "[fsync-off]", "no review has denied it"] {
        assert!(described.contains(words), "{words} in\n{described}");
    }
    let [event] = &events(&namespace)[..] else {
        panic!("two replicas, one event: {:?}", events(&namespace))
    };
    assert_eq!(event["type"], "Warning");
    assert_eq!(event["regarding"]["name"], "db");
    for replica in REPLICAS.iter() {
        let log = replica.wrote();
        assert!(!log.contains("cannot write an event"), "to be second is no failure:\n{log}");
    }
}

#[test]
fn what_is_sound_or_was_so_before_or_is_only_warned_of_is_not_told() {
    run();
    let known = Namespace::unguarded("unsound-known");
    known.expect(&CREATE, &settings("off"));
    known.expect(&CREATE, &strict());
    is_told(known.name());
    known.expect(
        &["patch", "sgcluster", "db", "--type=merge", "--patch", r#"{"spec": {"instances": 5}}"#],
        "",
    );
    let more = r#"{"spec": {"postgresql.conf": {"work_mem": "8MB"}}}"#;
    known.expect(&["patch", "sgpgconfig", "pg", "--type=merge", "--patch", more], "");
    let sound = Namespace::unguarded("unsound-never");
    sound.expect(&CREATE, &strict());
    sound.expect(&CREATE, &settings("on"));
    let warned = Namespace::unguarded("unsound-warned");
    warned.expect(&CREATE, &settings("off"));
    warned.expect(&CREATE, &strict());
    // Told after all others: what is written at once is told in the order of the namespaces.
    let last = Namespace::unguarded("unsound-z-last");
    last.expect(&CREATE, &settings("off"));
    last.expect(&CREATE, &strict());
    is_told(last.name());
    for replica in REPLICAS.iter() {
        for (namespace, told) in [(&known, &["fsync-off"][..]), (&sound, &[]), (&warned, &[])] {
            let lines = lines(replica, namespace.name());
            let rules: Vec<_> = lines.iter().map(|line| line["rules"].as_str().unwrap()).collect();
            assert_eq!(rules, told, "what {} tells of {}", replica.name, namespace.name());
        }
    }
    assert_eq!(events(&sound), Vec::<Value>::new(), "events in {}", sound.name());
}
