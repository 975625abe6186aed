//! What syncguard says of a manifest: the one source of everything that the lab configures and expects.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::lab::Shipped;

/// A manifest, and what syncguard predicts for it.
#[derive(Clone)]
pub struct Explained {
    /// The Patroni that it is predicted for.
    pub shipped: Shipped,
    /// The running cluster of `explain -o json`.
    pub facts: Value,
    /// The table below `$ patronictl list` in the text.
    pub list: String,
    /// The manifest.
    manifest: String,
    /// Patroni's dynamic configuration where it is not as predicted but as somebody wrote it: merged over the prediction.
    written: Value,
}

/// The settings of Patroni that the prediction names as Patroni does.
const DYNAMIC: [&str; 9] = [
    "ttl",
    "loop_wait",
    "retry_timeout",
    "primary_start_timeout",
    "maximum_lag_on_failover",
    "maximum_lag_on_syncnode",
    "synchronous_mode",
    "synchronous_mode_strict",
    "synchronous_node_count",
];

/// What every cluster of the lab has in its manifest: the shortest timings that Patroni accepts.
const TIMINGS: &str = "ttl: 20, loop_wait: 1, retry_timeout: 3";

/// An SGCluster called `c` with these instances and this replication, and with the lab's timings.
pub fn manifest(instances: u32, replication: &str) -> String {
    manifest_with(instances, replication, "", "wal_sender_timeout: 5s")
}

/// The same with further settings of Patroni, each behind a comma, and with these settings of Postgres.
pub fn manifest_with(instances: u32, replication: &str, patroni: &str, postgres: &str) -> String {
    format!(
        "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {{name: c}}\nspec:\n  postgres: {{version: VERSION}}\n  \
         instances: {instances}\n  replication: {{{replication}}}\n  configurations:\n    \
         patroni: {{dynamicConfig: {{{TIMINGS}{patroni}}}}}\n    \
         postgres: {{postgresql.conf: {{{postgres}}}}}\n"
    )
}

/// The same with settings that Patroni gets as they are written here, whatever syncguard predicts that they come to.
pub fn written(
    (instances, replication): (u32, &str),
    patroni: &Value,
    postgres: &Value,
    shipped: Shipped,
) -> Explained {
    let mut dynamic = json!({"ttl": 20, "loop_wait": 1, "retry_timeout": 3});
    merge(&mut dynamic, patroni);
    // JSON is YAML.
    let manifest = manifest(instances, replication)
        .replace(&format!("{{{TIMINGS}}}"), &dynamic.to_string())
        .replace("{wal_sender_timeout: 5s}", &postgres.to_string());
    merge(&mut dynamic, &json!({"postgresql": {"parameters": postgres}}));
    Explained::of(&manifest, shipped).with(&dynamic)
}

/// The documentation's example for a Patroni, with the lab's timings.
pub fn documentations_example() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/strict-sync-all.yaml");
    let example = std::fs::read_to_string(path).unwrap();
    let timed = "configurations:\n    patroni: {dynamicConfig: {".to_owned() + TIMINGS + "}}";
    let changed = example.replace("'16.1'", "VERSION").replace("configurations:", &timed);
    assert!(
        changed.contains("VERSION") && changed.contains(TIMINGS),
        "the example is not as it was:\n{example}"
    );
    changed
}

impl Explained {
    /// What syncguard says of a manifest; the word VERSION in it stands for the Postgres that brings this Patroni.
    pub fn of(manifest: &str, shipped: Shipped) -> Self {
        let manifest = manifest.replace("VERSION", &format!("'{}'", shipped.postgres));
        let all: Value =
            serde_json::from_str(&explain(&manifest, "json")).expect("explain -o json prints JSON");
        let facts = all[0]["clusters"][0].clone();
        assert_eq!(facts["state"], "running", "the lab runs what runs:\n{manifest}");
        assert_eq!(facts["patroni"]["version"], shipped.patroni, "beside Postgres {}", shipped.postgres);
        let text = explain(&manifest, "text");
        let (_, list) = text.split_once("$ patronictl list").expect("explain prints a list");
        let list = list.lines().skip(1).take_while(|line| !line.is_empty());
        let list = list.map(|line| line.to_owned() + "\n").collect();
        Self { shipped, facts, list, manifest, written: json!({}) }
    }

    /// The same with what somebody else than syncguard writes into Patroni's dynamic configuration.
    pub fn with(mut self, written: &Value) -> Self {
        merge(&mut self.written, written);
        self
    }

    /// The name of the cluster.
    pub fn name(&self) -> &str {
        self.facts["name"].as_str().unwrap()
    }

    /// The members in the order of their ordinals: names and tags.
    pub fn members(&self) -> Vec<(String, Value)> {
        let mut members = self.facts["members"].as_array().unwrap().clone();
        members.sort_by_key(|member| member["ordinal"].as_i64());
        members.iter().map(|member| (member["name"].as_str().unwrap().to_owned(), tags(member))).collect()
    }

    /// The members that may be promoted.
    pub fn may_be_promoted(&self, member: &str) -> bool {
        let of_member = self.members().into_iter().find(|(name, _)| name == member);
        of_member.is_some_and(|(_, tags)| tags.get("nofailover").is_none())
    }

    /// Patroni's dynamic configuration.
    pub fn dynamic_configuration(&self) -> Value {
        let said = self.facts["patroni"].as_object().unwrap();
        let known = DYNAMIC.iter().filter_map(|name| Some(((*name).to_owned(), said.get(*name)?.clone())));
        let mut configuration: Map<_, _> = known.collect();
        let timeout = said["wal_sender_timeout_ms"].as_u64().unwrap();
        configuration.insert(
            "postgresql".to_owned(),
            json!({
                "use_pg_rewind": true,
                "parameters": {
                    "wal_sender_timeout": format!("{timeout}ms"),
                    "synchronous_commit": self.facts["synchronous_commit"],
                },
            }),
        );
        let mut configuration = Value::Object(configuration);
        merge(&mut configuration, &self.written);
        configuration
    }

    /// A setting of Patroni as it is predicted to be in effect.
    pub fn predicted(&self, setting: &str) -> i64 {
        self.facts["patroni"][setting].as_i64().unwrap_or_else(|| panic!("explain tells {setting}"))
    }

    /// The state in which a standby is listed that follows.
    pub fn standby_state(&self) -> &str {
        let members = self.facts["members"].as_array().unwrap();
        let standby = members.iter().find(|member| member["role"] != "Leader");
        standby.map_or("streaming", |standby| standby["state"].as_str().unwrap())
    }

    /// How many standbys commits wait for while all pods run.
    pub fn awaited(&self) -> usize {
        let members = self.facts["members"].as_array().unwrap().iter();
        members.filter(|member| member["role"] == "Sync Standby").count()
    }

    /// Whether a commit may not go without a second copy.
    pub fn is_strict(&self) -> bool {
        self.facts["patroni"]["synchronous_mode_strict"] == true
    }

    /// Whether commits wait for fewer standbys than there are, so that it matters who comes first.
    pub fn is_counted(&self) -> bool {
        self.awaited() > 0 && self.awaited() + 1 < self.members().len()
    }

    /// `synchronous_standby_names` while all pods run.
    pub fn standby_names(&self) -> &str {
        self.facts["synchronous_standby_names"].as_str().unwrap()
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patroni {}, {}with {}", self.shipped.patroni, self.manifest, self.written)
    }
}

/// Objects are merged, whatever else there is replaced.
fn merge(into: &mut Value, from: &Value) {
    let Some(from) = from.as_object() else {
        *into = from.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in from {
        merge(&mut into[key], value);
    }
}

fn tags(member: &Value) -> Value {
    let tags = member["tags"].as_array().into_iter().flatten();
    Value::Object(tags.map(|tag| (tag.as_str().unwrap().to_owned(), json!(true))).collect())
}

fn explain(manifest: &str, format: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_syncguard"))
        .args(["explain", "-o", format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("syncguard can be run");
    program.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "syncguard explains this manifest:\n{manifest}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}
