//! CRDs of our own, for editors and for API servers without the operator: the view's fields have their types and the
//! operator's defaults and minimums, and what nobody here reads is let through.
//!
//! No enumerations: the operator's have none, and rules say more.

use serde_json::{Map, Value, json};

use syncguard_core::view::{Kind, Shape, Spec, Typed};

/// All three, as one `List`.
pub fn crds() -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": DEFINITIONS.iter().map(definition).collect::<Vec<_>>()})
}

/// What a kind has of the view, which reads all kinds alike.
struct Definition {
    kind: Kind,
    required: &'static [&'static str],
    /// Fields of its `spec` that are still let through, whatever is in them.
    deprecated: &'static [&'static str],
    /// The keys that its replication objects do not have.
    not_in_replication: &'static [&'static str],
}

const DEFINITIONS: [Definition; 3] = [
    Definition { kind: Kind::Cluster, required: &["instances"], deprecated: &[], not_in_replication: &[] },
    Definition {
        kind: Kind::ShardedCluster,
        required: &[],
        deprecated: &["shards"],
        not_in_replication: &["role", "groups"],
    },
    Definition { kind: Kind::PostgresConfig, required: &[], deprecated: &[], not_in_replication: &[] },
];

/// What the operator's definitions say of a field beyond its type.
#[derive(Clone, Copy)]
enum Constraint {
    AtLeast(u16),
    Default(&'static str),
    Nothing,
}

use Constraint::{AtLeast, Default, Nothing};

/// Fields by the ends of their paths; the first that fits counts.
const SAID: [(&str, Constraint); 19] = [
    ("groups[].instances", AtLeast(1)),
    ("groups[].minInstances", AtLeast(1)),
    ("autoscaling.minInstances", AtLeast(2)),
    ("autoscaling.maxInstances", AtLeast(2)),
    ("instances", AtLeast(0)),
    ("instancesPerCluster", AtLeast(0)),
    ("clusters", AtLeast(0)),
    ("queryRouterClusters", AtLeast(0)),
    ("queryRouterIndexOffset", AtLeast(1024)),
    ("index", AtLeast(0)),
    ("syncInstances", AtLeast(1)),
    ("profile", Default("production")),
    ("replication.role", Default("ha-read")),
    // The operator makes it sync-all.
    ("coordinator.replication.mode", Nothing),
    ("replication.mode", Default("async")),
    ("coordinator.autoscaling.mode", Default("vertical")),
    ("workers.autoscaling.mode", Default("vertical")),
    ("overrides[].autoscaling.mode", Default("vertical")),
    ("autoscaling.mode", Default("all")),
];

fn said(path: &str) -> Constraint {
    let fits = |end: &str| path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    SAID.into_iter().find(|(end, _)| fits(end)).map_or(Nothing, |(_, said)| said)
}

/// There is no status subresource: the operator writes status with a whole update.
fn definition(of: &Definition) -> Value {
    let (plural, name) = (of.kind.resource(), of.kind.name());
    let group = of.kind.group();
    let subresources = match of.kind {
        Kind::Cluster => json!({
            "scale": {"specReplicasPath": ".spec.instances", "statusReplicasPath": ".status.instances"},
        }),
        _ => json!({}),
    };
    // Only the newest version has a schema, and is stored.
    let versions = of.kind.versions().iter().enumerate().map(|(age, version)| {
        json!({
            "name": version, "served": true, "storage": age == 0,
            "schema": {"openAPIV3Schema": if age == 0 { of.whole() } else { without_schema() }},
            "subresources": subresources,
        })
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
            "versions": versions.collect::<Vec<_>>(),
        },
    })
}

/// An older version is served with whatever is stored (StackGres 1.19, the CRD of SGShardedCluster).
fn without_schema() -> Value {
    json!({"type": "object", "required": ["metadata", "spec"], OPEN: true})
}

/// What else stands here is kept.
const OPEN: &str = "x-kubernetes-preserve-unknown-fields";

impl Definition {
    fn whole(&self) -> Value {
        json!({
            "type": "object",
            "required": ["spec"],
            "properties": {"spec": self.spec(), "status": self.schema(Shape::OPAQUE, "status")},
        })
    }

    fn spec(&self) -> Value {
        let mut spec = self.schema(Spec::SHAPE, "");
        for key in self.kind.unread_in_spec().iter().chain(self.deprecated) {
            spec["properties"][key] = json!({OPEN: true});
        }
        if !self.required.is_empty() {
            spec["required"] = json!(self.required);
        }
        spec
    }

    /// What stands at `path` below `spec`.
    fn schema(&self, shape: Shape, path: &str) -> Value {
        let mut schema = match shape {
            Shape::Any => json!({OPEN: true}),
            Shape::Text => json!({"type": "string"}),
            Shape::Flag => json!({"type": "boolean"}),
            Shape::Integer => json!({"type": "integer"}),
            Shape::IntegerOrText => json!({"x-kubernetes-int-or-string": true}),
            Shape::Map(Shape::Any) => json!({"type": "object", OPEN: true}),
            Shape::Map(values) => {
                json!({"type": "object", "additionalProperties": self.schema(*values, path)})
            }
            Shape::List(items) => {
                json!({"type": "array", "items": self.schema(*items, &format!("{path}[]"))})
            }
            Shape::Object { fields, unread, is_closed } => {
                let mut object = self.object(fields, is_closed, path);
                for key in unread {
                    object["properties"][key] = json!({OPEN: true});
                }
                object
            }
        };
        match said(path) {
            AtLeast(least) => schema["minimum"] = json!(least),
            Default(value) => schema["default"] = json!(value),
            Nothing => {}
        }
        schema
    }

    fn object(&self, fields: &[(&str, Shape)], is_closed: bool, path: &str) -> Value {
        let mut properties = Map::new();
        for (key, shape) in fields.iter().filter(|(key, _)| self.has(path, key)) {
            let path = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
            properties.insert((*key).to_owned(), self.schema(*shape, &path));
        }
        let mut object = json!({"type": "object", "properties": properties});
        if !is_closed {
            object[OPEN] = json!(true);
        }
        object
    }

    /// Whether the kind has a field of this name in the object at `path`.
    fn has(&self, path: &str, key: &str) -> bool {
        match path {
            "" => self.kind.read_in_spec().contains(&key),
            _ => !(path.ends_with("replication") && self.not_in_replication.contains(&key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema of one field of a kind, by its path below `spec`.
    fn field(kind: Kind, path: &str) -> Value {
        let crds = crds();
        let all = crds["items"].as_array().unwrap();
        let crd = all.iter().find(|crd| crd["spec"]["names"]["kind"] == kind.name()).unwrap();
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let step = |schema: Value, key: &str| match key.strip_suffix("[]") {
            Some(key) => schema["properties"][key]["items"].clone(),
            None => schema["properties"][key].clone(),
        };
        path.split('.').fold(spec.clone(), step)
    }

    #[test]
    fn a_field_has_the_type_that_the_view_reads_and_what_the_operator_says_of_it() {
        let (cluster, sharded) = (Kind::Cluster, Kind::ShardedCluster);
        for (kind, path, schema) in [
            (cluster, "instances", json!({"type": "integer", "minimum": 0})),
            (cluster, "replication.role", json!({"type": "string", "default": "ha-read"})),
            (cluster, "replication.groups[].minInstances", json!({"type": "integer", "minimum": 1})),
            (cluster, "nonProductionOptions.disableClusterPodAntiAffinity", json!({"type": "boolean"})),
            (cluster, "replicateFrom.storage.path", json!({"type": "string"})),
            (sharded, "coordinator.replication.mode", json!({"type": "string"})),
            (sharded, "workers.overrides[].replication.mode", json!({"type": "string", "default": "async"})),
            (sharded, "workers.overrides[].indexes[]", json!({"x-kubernetes-int-or-string": true})),
            (sharded, "workers.replication.groups", Value::Null),
            (sharded, "workers.pods", json!({OPEN: true})),
            (sharded, "shards", json!({OPEN: true})),
            (sharded, "instances", Value::Null),
            (Kind::PostgresConfig, "replication", Value::Null),
        ] {
            assert_eq!(field(kind, path), schema, "{path} of {}", kind.name());
        }
    }

    #[test]
    fn only_where_every_field_is_known_are_others_dropped() {
        for (path, open) in [
            ("replication", Value::Null),
            ("replication.groups[]", Value::Null),
            ("autoscaling", Value::Null),
            ("pods", json!(true)),
            ("configurations.patroni", json!(true)),
        ] {
            assert_eq!(field(Kind::Cluster, path)[OPEN], open, "whether {path} keeps other fields");
        }
    }

    /// The paths of all fields in a schema.
    fn paths(schema: &Value, path: &str) -> Vec<String> {
        if let Some(items) = schema.get("items") {
            return paths(items, &format!("{path}[]"));
        }
        let inside = schema["properties"].as_object().into_iter().flatten();
        let inside = inside.flat_map(|(key, schema)| paths(schema, &format!("{path}.{key}")));
        [path.to_owned()].into_iter().chain(inside).collect()
    }

    #[test]
    fn what_is_said_of_a_field_is_said_of_one_that_is_there() {
        let all: Vec<_> = DEFINITIONS.iter().flat_map(|of| paths(&of.spec(), "")).collect();
        for (end, _) in SAID {
            assert!(
                all.iter().any(|path| path.ends_with(&format!(".{end}"))),
                "a field at {end}, among {all:?}"
            );
        }
    }
}
