//! CRDs of our own, for editors and for API servers without the operator: what is judged has the operator's types,
//! defaults and minimums, the rest is let through. No enumerations: the operator's have none, and rules say more.

#![allow(clippy::needless_pass_by_value, reason = "every value is made where it is passed")]

use serde_json::{Value, json};

use crate::view::Kind;

/// All three, as one `List`.
pub fn crds() -> Value {
    let scale = json!({
        "scale": {"specReplicasPath": ".spec.instances", "statusReplicasPath": ".status.instances"},
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [
        definition(Kind::Cluster, cluster(), scale),
        definition(Kind::ShardedCluster, sharded_cluster(), json!({})),
        definition(Kind::PostgresConfig, postgres_config(), json!({})),
    ]})
}

/// There is no status subresource: the operator writes status with a whole update.
fn definition(kind: Kind, spec: Value, subresources: Value) -> Value {
    let (plural, name) = (kind.resource(), kind.name());
    let (group, version) = kind.api_version().split_once('/').unwrap_or_default();
    let schema = json!({
        "type": "object", "required": ["spec"], "properties": {"spec": spec, "status": anything()},
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "kind": name, "plural": plural, "singular": plural.trim_end_matches('s'), "listKind": format!("{name}List"),
            },
            "versions": [{
                "name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": schema},
                "subresources": subresources,
            }],
        },
    })
}

fn cluster() -> Value {
    let replication = json!({
        "mode": {"type": "string", "default": "async"},
        "role": {"type": "string", "default": "ha-read"},
        "syncInstances": at_least(1),
        "groups": list_of(object(json!({
            "name": string(), "role": string(), "instances": at_least(1), "minInstances": at_least(1),
        }))),
        "initialization": anything(),
    });
    let spec = json!({
        "instances": at_least(0),
        "profile": {"type": "string", "default": "production"},
        "postgres": postgres(),
        "replication": object(replication),
        "autoscaling": autoscaling("all"),
        "replicateFrom": anything(),
        "nonProductionOptions": non_production_options(),
        "configurations": configurations(),
        "postgresServices": anything(),
        "pods": anything(),
        "sgInstanceProfile": string(),
    });
    json!({"type": "object", "required": ["instances"], "properties": spec})
}

fn sharded_cluster() -> Value {
    let replication = |mode: Value| {
        object(json!({"mode": mode, "syncInstances": at_least(1), "initialization": anything()}))
    };
    let asynchronous = || replication(json!({"type": "string", "default": "async"}));
    let coordinator = json!({
        "instances": at_least(0), "configurations": configurations(), "autoscaling": autoscaling("vertical"),
        // The operator makes it sync-all, so nothing is filled in before.
        "replication": replication(string()), "pods": anything(),
    });
    let shard = json!({
        "index": at_least(0), "clusters": at_least(0), "instancesPerCluster": at_least(0),
        "configurations": configurations(), "autoscaling": autoscaling("vertical"),
        "replication": asynchronous(), "pods": anything(),
    });
    let mut shards = shard.clone();
    shards["overrides"] = list_of(object(shard));
    object(json!({
        "database": string(),
        "type": string(),
        "profile": {"type": "string", "default": "production"},
        "postgres": postgres(),
        "replication": asynchronous(),
        "replicateFrom": anything(),
        "nonProductionOptions": non_production_options(),
        "coordinator": object(coordinator),
        "shards": object(shards),
    }))
}

fn postgres_config() -> Value {
    object(json!({"postgresVersion": string(), "postgresql.conf": parameters()}))
}

fn postgres() -> Value {
    open(json!({"version": string(), "flavor": string()}))
}

fn non_production_options() -> Value {
    open(json!({"disableClusterPodAntiAffinity": {"type": "boolean"}}))
}

fn configurations() -> Value {
    open(json!({
        "sgPostgresConfig": string(),
        "postgres": open(json!({"postgresql.conf": parameters()})),
        "patroni": open(json!({"dynamicConfig": anything(), "initialConfig": anything()})),
    }))
}

fn autoscaling(default_mode: &str) -> Value {
    open(json!({
        "mode": {"type": "string", "default": default_mode},
        "minInstances": at_least(2),
        "maxInstances": at_least(2),
        "minAllowed": anything(),
        "maxAllowed": anything(),
    }))
}

fn parameters() -> Value {
    json!({"type": "object", "additionalProperties": string()})
}

fn string() -> Value {
    json!({"type": "string"})
}

fn at_least(minimum: u8) -> Value {
    json!({"type": "integer", "minimum": minimum})
}

fn list_of(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// These fields and no others.
fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// These fields, and any others.
fn open(properties: Value) -> Value {
    json!({"type": "object", "properties": properties, "x-kubernetes-preserve-unknown-fields": true})
}

/// Nothing in it is judged.
fn anything() -> Value {
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        Autoscaling, Configurations, Coordinator, Group, InlinePostgres, NonProductionOptions, Override,
        Patroni, Postgres, Replication, Shards,
    };

    /// The properties at the end of these steps below `spec`; `[]` steps into the items of a list.
    fn properties(kind: Kind, steps: &[&str]) -> Vec<String> {
        let crds = crds();
        let all = crds["items"].as_array().unwrap();
        let crd = all.iter().find(|crd| crd["spec"]["names"]["kind"] == kind.name()).unwrap();
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let step = |schema: &Value, step: &&str| match *step {
            "[]" => schema["items"].clone(),
            key => schema["properties"][key].clone(),
        };
        let found = steps.iter().fold(spec.clone(), |schema, next| step(&schema, next));
        found["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{steps:?} has properties"))
            .keys()
            .cloned()
            .collect()
    }

    #[test]
    fn every_field_that_is_judged_has_a_type() {
        let (cluster, sharded) = (Kind::Cluster, Kind::ShardedCluster);
        for (kind, steps, keys) in [
            (cluster, &["replication"][..], Replication::KEYS),
            (cluster, &["replication", "groups", "[]"], Group::KEYS),
            (cluster, &["autoscaling"], Autoscaling::KEYS),
            (cluster, &["postgres"], Postgres::KEYS),
            (cluster, &["nonProductionOptions"], NonProductionOptions::KEYS),
            (cluster, &["configurations"], Configurations::KEYS),
            (cluster, &["configurations", "postgres"], InlinePostgres::KEYS),
            (cluster, &["configurations", "patroni"], Patroni::KEYS),
            (sharded, &["coordinator"], Coordinator::KEYS),
            (sharded, &["shards"], Shards::KEYS),
            (sharded, &["shards", "overrides", "[]"], Override::KEYS),
        ] {
            let declared = properties(kind, steps);
            for key in keys {
                assert!(declared.iter().any(|it| it == key), "{}: {steps:?} declares {key}", kind.name());
            }
        }
    }
}
