//! `explain` and the rules are asked about the same manifests, and never contradict each other.

use proptest::{prelude::*, sample::select};
use serde::Deserialize;
use serde_json::{Value, json};
use syncguard_core::{
    cluster::no_postgres_configs,
    policy::Policy,
    prediction::{ClusterPrediction, Event, Running, Writes, predict},
    review::{self, Origin, Request},
    view::Object,
};

/// What is said of a manifest: the rules with severity and path, and what the cluster will be, where it runs.
struct Said {
    findings: Vec<(&'static str, &'static str, String)>,
    running: Option<Running>,
}

impl Said {
    fn of(manifest: &Value) -> Self {
        let object = Object::deserialize(manifest).unwrap();
        let body = object.get().unwrap();
        let request = Request::new(body, Origin::File);
        let findings = review::judge(&request, &Policy::default()).into_iter();
        let findings = findings.map(|it| (it.rule.id, it.severity.name(), it.path.to_string())).collect();
        let clusters = predict(body, &no_postgres_configs, None).unwrap().clusters;
        let running = clusters.into_iter().find_map(|cluster| match cluster {
            ClusterPrediction::Running(running) => Some(*running),
            ClusterPrediction::Stopped { .. } | ClusterPrediction::Undetermined { .. } => None,
        });
        Self { findings, running }
    }

    fn raises(&self, rule: &str) -> bool {
        self.findings.iter().any(|(id, ..)| *id == rule)
    }

    fn raises_at(&self, rule: &str, end: &str) -> bool {
        self.findings.iter().any(|(id, _, path)| *id == rule && path.ends_with(end))
    }

    fn raises_as(&self, rule: &str, severity: &str) -> bool {
        self.findings.iter().any(|(id, as_, _)| *id == rule && *as_ == severity)
    }
}

fn maybe(values: Vec<Value>) -> BoxedStrategy<Value> {
    prop_oneof![2 => Just(Value::Null), 3 => select(values)].boxed()
}

/// Clusters whose settings are mostly extreme.
fn manifest() -> impl Strategy<Value = Value> {
    let mode = select(vec!["async", "sync", "strict-sync", "sync-all", "strict-sync-all"]);
    let group = select(vec![
        json!([]),
        json!([{"role": "readonly", "instances": 1}]),
        json!([{"role": "ha", "instances": 1}]),
    ]);
    let numbers =
        || maybe(vec![json!(-1), json!(0), json!("0"), json!(1), json!("90"), json!(20), json!(2_000_000)]);
    let timings = (numbers(), numbers(), numbers(), numbers(), numbers(), numbers());
    let commit = maybe(["off", "on", "remote_apply", "local", "remote_write"].map(Value::from).to_vec());
    let delay = || maybe(["-1", "0", "20s", "10min"].map(Value::from).to_vec());
    let names = maybe(vec![json!("*"), json!("")]);
    let version =
        maybe(["14.2", "15.0", "16.0", "16.1", "16.9", "17.11", "latest", "17"].map(Value::from).to_vec());
    let follows = maybe(vec![json!({"instance": {"sgCluster": "main"}})]);
    ((mode, 1_i64..5, 1_i64..4, group), timings, (commit, delay(), delay(), delay(), names), (version, follows)).prop_map(
        |((mode, n, k, groups), (ttl, wait, retry, start, failover, syncnode), (commit, sender, apply, streaming, names), (version, follows))| {
            json!({
                "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "db"},
                "spec": {
                    "instances": n,
                    "postgres": {"version": version},
                    "replicateFrom": follows,
                    "replication": {"mode": mode, "syncInstances": k, "groups": groups},
                    "configurations": {
                        "patroni": {"dynamicConfig": {
                            "ttl": ttl, "loop_wait": wait, "retry_timeout": retry, "primary_start_timeout": start,
                            "maximum_lag_on_failover": failover, "maximum_lag_on_syncnode": syncnode,
                        }},
                        "postgres": {"postgresql.conf": {
                            "synchronous_commit": commit, "wal_sender_timeout": sender, "recovery_min_apply_delay": apply,
                            "max_standby_streaming_delay": streaming, "synchronous_standby_names": names,
                        }},
                    },
                },
            })
        },
    )
}

fn writes(running: &Running, id: Event) -> Option<Writes> {
    running.failures.iter().find(|failure| failure.id == id).map(|failure| failure.writes)
}

/// What one side says and the other denies, in words; nothing where they agree.
fn contradictions(said: &Said, running: &Running) -> Vec<&'static str> {
    let checks =
        [about_promotion(said, running), about_commits(said, running), about_settings(said, running)];
    checks.concat().into_iter().filter_map(|(contradicts, words)| contradicts.then_some(words)).collect()
}

/// Whether two statements contradict each other, and which they are.
type Checks = Vec<(bool, &'static str)>;

fn is_in_effect(running: &Running) -> bool {
    running.patroni.synchronous_mode && !running.follows_another_cluster
}

fn about_promotion(said: &Said, running: &Running) -> Checks {
    let promises = running.failures.iter().any(|failure| failure.leader.can_be_another());
    let can_be_promoted =
        running.pods.iter().filter(|pods| pods.can_be_promoted).map(|pods| pods.count).sum::<i64>() >= 2;
    let negative = running.patroni.timing.maximum_lag_on_failover < 0;
    let by_hand = running.standby_names_set_by_hand;
    vec![
        (said.raises("no-promotable-standby") && promises, "no standby may be promoted, and one is"),
        (negative && promises, "the lag limit promotes nobody, and somebody is promoted"),
        (
            is_in_effect(running) && !negative && can_be_promoted && !by_hand && !promises,
            "somebody may be promoted, and nobody is",
        ),
        (
            running.patroni.synchronous_mode && negative && !said.raises("failover-lag-blocks-promotion"),
            "explain promotes nobody for the lag limit, and no rule says so",
        ),
    ]
}

fn about_commits(said: &Said, running: &Running) -> Checks {
    let by_hand = running.standby_names_set_by_hand;
    let waits = running.synchronous_commit.waits_for_standbys();
    let hangs_of_one = matches!(writes(running, Event::OneStandbyCrashes), Some(Writes::Hang { .. }));
    let for_ever = writes(running, Event::OneStandbyHangs) == Some(Writes::BlockForever);
    let replay_is_held = writes(running, Event::StandbyReplayHeld) == Some(Writes::BlockForever);
    let blocks = running.failures.iter().any(|failure| {
        matches!(failure.writes, Writes::Block { .. } | Writes::BlockForever | Writes::Hang { .. })
    });
    vec![
        (
            for_ever && !said.raises("dead-standby-never-noticed"),
            "commits wait for ever, and no rule says so",
        ),
        (
            said.raises("synchronous-commit-off") && blocks && !running.follows_another_cluster,
            "no commit waits for a standby, and writes block",
        ),
        (
            is_in_effect(running)
                && waits
                && hangs_of_one != said.raises_at("strict-with-one-standby", "spec.instances")
                && !by_hand,
            "whether one crash hangs the writes",
        ),
        (
            said.raises_as("synchronous-standby-names-set", "error")
                && !(by_hand && running.instances == 1 && waits)
                && !running.follows_another_cluster,
            "names set by hand hang every commit, and they are not passed on",
        ),
        (
            is_in_effect(running)
                && said.raises("replay-delays-commits")
                    != (replay_is_held || running.replay_delay_ms.is_some()),
            "whether commits wait for replay without limit",
        ),
    ]
}

fn about_settings(said: &Said, running: &Running) -> Checks {
    let patroni = &running.patroni;
    vec![
        (
            said.raises("strict-sync-all-without-standby") && patroni.synchronous_mode,
            "the mode is switched off, and it is on",
        ),
        (
            said.raises("stuck-commit-bug") != patroni.has_stuck_commit_bug,
            "whether this Patroni has issue 3468",
        ),
        (
            said.raises("lagging-standby-leaves-sync-set")
                && patroni.timing.maximum_lag_on_syncnode.is_none(),
            "a limit lets standbys leave, and there is none",
        ),
        (
            said.raises("standby-cluster-ignores-sync") && !running.follows_another_cluster,
            "it follows another cluster, and it does not",
        ),
    ]
}

/// The three times that are written differ from those in effect exactly where the rule about floors says so.
fn times_agree(said: &Said, manifest: &Value, running: &Running) -> bool {
    let timing = &running.patroni.timing;
    let config = &manifest["spec"]["configurations"]["patroni"]["dynamicConfig"];
    [("ttl", timing.ttl), ("loop_wait", timing.loop_wait), ("retry_timeout", timing.retry_timeout)]
        .into_iter()
        .all(|(name, used)| {
            let written = config[name].as_i64().or_else(|| config[name].as_str()?.parse().ok());
            let differs = written.is_some_and(|written| i128::from(written) != i128::from(used));
            differs == said.raises_at("value-below-patronis-floor", name)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn explain_and_the_rules_never_contradict_each_other(manifest in manifest()) {
        let said = Said::of(&manifest);
        if let Some(running) = &said.running {
            let found = contradictions(&said, running);
            prop_assert!(found.is_empty(), "{:?}: the rules say {:?}, explain {:?}", found, said.findings, running);
            prop_assert!(times_agree(&said, &manifest, running), "the times in effect: {:?}, {:?}", said.findings, running.patroni.timing);
        }
    }
}
