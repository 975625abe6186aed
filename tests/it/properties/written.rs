//! What somebody could write: objects that are mostly plausible, and wrong in every place now and then.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// What somebody could write at any field: now and then right, mostly not.
fn anything() -> impl Strategy<Value = Value> {
    let awkward = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(3.0),
        json!(3.5),
        json!("3"),
        json!(""),
        json!("off"),
        json!("sync"),
        json!("strict-sync-all"),
        json!("sync-all"),
        json!("async"),
        json!("ha"),
        json!("readonly"),
        json!("none"),
        json!("16.1"),
        json!("testing"),
        json!("${X}"),
        json!("{{ .Values.n }}"),
        json!("\u{1b}[31mred\u{9b}1m\n"),
        json!([]),
        json!({}),
        json!(2_000_000_000),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!([[null]]),
        json!({"mode": {"groups": [1]}}),
    ];
    prop_oneof![8 => select(awkward), 1 => any_json()]
}

pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key =
            prop_oneof!["[a-z]{1,3}", select(vec!["spec".to_owned(), "mode".to_owned()]), any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A plausible value three times out of four, else anything.
fn mostly(plausible: Vec<Value>) -> BoxedStrategy<Value> {
    prop_oneof![3 => select(plausible), 1 => anything()].boxed()
}

fn counts() -> BoxedStrategy<Value> {
    mostly((0..7).map(Value::from).collect())
}

/// An object with some of these fields, sometimes one that nobody knows, and now and then no object at all.
fn some(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, value)| prop::option::weighted(0.7, value).prop_map(move |value| (key, value)))
        .collect();
    let object =
        (fields, prop::option::weighted(0.2, ("[a-z]{1,12}", any_json()))).prop_map(|(fields, extra)| {
            let written = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            Value::Object(extra.into_iter().chain(written).collect::<Map<_, _>>())
        });
    prop_oneof![12 => object, 1 => anything()].boxed()
}

fn list_of(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![8 => prop::collection::vec(element, 0..4).prop_map(Value::from), 1 => anything()].boxed()
}

fn modes() -> BoxedStrategy<Value> {
    mostly(["async", "sync", "strict-sync", "sync-all", "strict-sync-all"].map(Value::from).into())
}

fn replication() -> BoxedStrategy<Value> {
    let roles = || mostly(["ha-read", "ha", "readonly", "none"].map(Value::from).into());
    let group = some(vec![
        ("name", anything().boxed()),
        ("role", roles()),
        ("instances", counts()),
        ("minInstances", counts()),
    ]);
    some(vec![
        ("mode", modes()),
        ("role", roles()),
        ("syncInstances", counts()),
        ("groups", list_of(group)),
        ("initialization", some(vec![])),
    ])
}

fn autoscaling() -> BoxedStrategy<Value> {
    some(vec![
        ("mode", mostly(["all", "horizontal", "vertical", "none"].map(Value::from).into())),
        ("minInstances", counts()),
        ("maxInstances", counts()),
        ("minAllowed", some(vec![("patroni", anything().boxed())])),
        ("maxAllowed", some(vec![("patroni", anything().boxed())])),
    ])
}

fn configurations() -> BoxedStrategy<Value> {
    let settings = [
        "synchronous_commit",
        "FSYNC",
        "fsync",
        "wal_sender_timeout",
        "max_wal_senders",
        "synchronous_standby_names",
        "recovery_min_apply_delay",
        "max_slot_wal_keep_size",
        "no name",
    ];
    let settings = settings.map(|key| (key, anything().boxed()));
    let dynamic = [
        "ttl",
        "loop_wait",
        "primary_start_timeout",
        "maximum_lag_on_failover",
        "maximum_lag_on_syncnode",
        "synchronous_mode",
        "standby_cluster",
        "postgresql",
    ];
    let dynamic = dynamic.map(|key| (key, anything().boxed()));
    let initial = some(vec![("tags", anything().boxed())]);
    some(vec![
        ("sgPostgresConfig", mostly(vec![json!("config")])),
        ("postgres", some(vec![("postgresql.conf", some(settings.into()))])),
        ("patroni", some(vec![("dynamicConfig", some(dynamic.into())), ("initialConfig", initial)])),
    ])
}

fn common() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    let replicas = some(vec![("replicas", some(vec![("enabled", anything().boxed())]))]);
    let options = some(vec![("disableClusterPodAntiAffinity", mostly(vec![json!(true), json!(false)]))]);
    let postgres = some(vec![
        ("version", mostly(["16.1", "15.5", "17.9", "latest"].map(Value::from).into())),
        ("flavor", mostly(vec![json!("vanilla"), json!("babelfish")])),
    ]);
    vec![
        ("profile", mostly(["production", "testing", "development"].map(Value::from).into())),
        ("postgres", postgres),
        ("postgresServices", replicas),
        ("replication", replication()),
        ("replicateFrom", prop_oneof![3 => Just(Value::Null), 1 => anything()].boxed()),
        ("nonProductionOptions", options),
        ("prometheusAutobind", anything().boxed()),
    ]
}

fn with_metadata(
    api_version: &'static str,
    kind: &'static str,
    spec: BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    let owner = some(vec![
        ("apiVersion", mostly(vec![json!("stackgres.io/v1alpha1")])),
        ("kind", anything().boxed()),
        ("controller", mostly(vec![json!(true)])),
    ]);
    let ignored = mostly(vec![json!("stuck-commit-bug: known, fsync-off"), json!("strict-with-one-standby")]);
    let metadata = some(vec![
        ("name", mostly(vec![json!("db")])),
        ("namespace", mostly(vec![json!("default")])),
        (
            "annotations",
            some(vec![
                ("syncguard.dev/ignore", ignored),
                ("stackgres.io/operatorVersion", mostly(["1.18.6", "1.19.0"].map(Value::from).into())),
            ]),
        ),
        ("ownerReferences", prop_oneof![9 => Just(Value::Null), 1 => list_of(owner)].boxed()),
        ("deletionTimestamp", prop_oneof![9 => Just(Value::Null), 1 => anything()].boxed()),
    ]);
    let pod =
        some(vec![("name", mostly(vec![json!("db-0"), json!("db-1")])), ("primary", anything().boxed())]);
    let status = some(vec![
        ("podStatuses", list_of(pod)),
        (
            "dbOps",
            prop_oneof![9 => Just(Value::Null), 1 => some(vec![("majorVersionUpgrade", some(vec![]))])]
                .boxed(),
        ),
    ]);
    (metadata, spec, status, any_json())
        .prop_map(move |(metadata, spec, status, extra)| {
            json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": status, "extra": extra})
        })
        .boxed()
}

pub fn cluster() -> BoxedStrategy<Value> {
    let mut fields = common();
    fields.extend([
        ("instances", counts()),
        ("autoscaling", autoscaling()),
        ("configurations", configurations()),
    ]);
    with_metadata("stackgres.io/v1", "SGCluster", some(fields))
}

pub fn sharded() -> BoxedStrategy<Value> {
    let part = |counted, others: Vec<(&'static str, BoxedStrategy<Value>)>| {
        let mut fields = vec![
            (counted, counts()),
            ("replication", replication()),
            ("autoscaling", autoscaling()),
            ("configurations", configurations()),
        ];
        fields.extend(others);
        some(fields)
    };
    let names = || mostly(["db-coord", "db-worker", "db-worker1", "db-"].map(Value::from).into());
    let index = mostly([json!(0), json!(2), json!("1-3"), json!("all"), json!("0-4000000000")].into());
    let overrides = list_of(part(
        "instancesPerCluster",
        vec![
            ("index", prop_oneof![2 => counts(), 1 => Just(Value::Null)].boxed()),
            ("indexes", list_of(index)),
            ("type", mostly(["Worker", "QueryRouter"].map(Value::from).into())),
        ],
    ));
    let workers = || {
        let overrides = overrides.clone();
        let fields = vec![("clusters", counts()), ("overrides", overrides), ("clusterNameTemplate", names())];
        part("instancesPerCluster", fields)
    };
    let coordinator = part(
        "instances",
        vec![
            ("queryRouterClusters", counts()),
            ("clusterName", names()),
            ("queryRouterClusterNameTemplate", names()),
            ("queryRouterIndexOffset", mostly(vec![json!(1024)])),
        ],
    );
    let described = |field| {
        let mut fields = common();
        fields.extend([
            ("coordinator", coordinator.clone()),
            ("type", mostly(["citus", "ddp"].map(Value::from).into())),
            (field, workers()),
        ]);
        some(fields)
    };
    let both = (described("workers"), workers()).prop_map(|(mut spec, shards)| {
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("shards".to_owned(), shards);
        }
        spec
    });
    let spec = prop_oneof![4 => described("workers"), 2 => described("shards"), 1 => both].boxed();
    prop_oneof![
        with_metadata("stackgres.io/v1beta1", "SGShardedCluster", spec.clone()),
        with_metadata("stackgres.io/v1alpha1", "SGShardedCluster", spec),
    ]
    .boxed()
}

pub fn object() -> BoxedStrategy<Value> {
    prop_oneof![5 => cluster(), 3 => sharded()].boxed()
}
