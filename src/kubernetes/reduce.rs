//! From an object as the API server sends it to the part of it that is kept.

use kube::core::DynamicObject;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::review::ANNOTATION;
use crate::stored::StoredObject;
use crate::view::{Given, Kind, Parameters};

/// What the operator says of a cluster, as far as a judgement looks at it.
const STATUS: [&str; 2] = ["podStatuses", "dbOps"];
/// What belongs to an object but says nothing about it.
const LEFT_OUT: [&str; 2] = ["managedFields", "annotations"];

/// The object without what nobody reads: a thousand clusters are kept in memory.
pub(super) fn reduced(kind: Kind, object: DynamicObject) -> StoredObject {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (namespace, name) = (text(&object.metadata.namespace), text(&object.metadata.name));
    let resource_version = text(&object.metadata.resource_version);
    let (json, parameters) = if kind == Kind::PostgresConfig {
        (Box::default(), Some(parameters(&object.data)))
    } else {
        (cluster(kind, object).to_string().into_bytes().into_boxed_slice(), None)
    };
    StoredObject { kind, namespace, name, resource_version, json, parameters }
}

fn parameters(data: &Value) -> Parameters<'static> {
    let written = data.get("spec").and_then(|spec| spec.get("postgresql.conf"));
    match written.map(Given::<Parameters<'_>>::deserialize) {
        Some(Ok(Given::Is(parameters))) => parameters.into_owned(),
        _ => Parameters::default(),
    }
}

fn cluster(kind: Kind, mut object: DynamicObject) -> Value {
    let ignore = object.metadata.annotations.take().and_then(|mut all| all.remove(ANNOTATION));
    let mut metadata = serde_json::to_value(&object.metadata).unwrap_or_default();
    if let Some(metadata) = metadata.as_object_mut() {
        for key in LEFT_OUT {
            metadata.remove(key);
        }
        metadata.extend(ignore.map(|ignore| ("annotations".to_owned(), json!({ ANNOTATION: ignore }))));
    }
    let mut take = |key: &str| object.data.get_mut(key).map(Value::take).unwrap_or_default();
    let (spec, mut seen) = (take("spec"), take("status"));
    let status: Map<String, Value> =
        STATUS.into_iter().filter_map(|key| Some((key.to_owned(), seen.get_mut(key)?.take()))).collect();
    json!({
        "apiVersion": kind.api_version(), "kind": kind.name(),
        "metadata": metadata, "spec": spec, "status": status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Body;

    fn stored(kind: Kind, object: Value) -> StoredObject {
        reduced(kind, serde_json::from_value(object).unwrap())
    }

    #[test]
    fn of_a_cluster_everything_stays_that_a_judgement_reads() {
        let metadata = json!({
            "name": "a", "namespace": "b", "resourceVersion": "7",
            "annotations": {ANNOTATION: "fsync-off", "kubectl.kubernetes.io/last-applied-configuration": "{…}"},
            "managedFields": [{"manager": "kubectl"}],
            "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": true}],
        });
        let status =
            json!({"podStatuses": [{"name": "a-0", "primary": true}], "dbOps": {}, "conditions": [1]});
        let spec = json!({"instances": 3});
        let object = json!({"metadata": metadata, "spec": spec, "status": status});
        let stored = stored(Kind::Cluster, object);
        assert_eq!((stored.namespace.as_str(), stored.name.as_str()), ("b", "a"));
        assert_eq!(stored.resource_version, "7");
        let kept: Value = serde_json::from_slice(&stored.json).unwrap();
        assert_eq!(kept["metadata"]["annotations"], json!({ANNOTATION: "fsync-off"}));
        assert_eq!(kept["metadata"]["ownerReferences"][0]["controller"], true);
        assert_eq!(kept["metadata"].get("managedFields"), None);
        assert_eq!(kept["spec"], spec);
        assert_eq!(kept["status"], json!({"podStatuses": status["podStatuses"], "dbOps": {}}));
        assert_eq!(stored.read().get().and_then(Body::known_kind), Some(Kind::Cluster));
    }

    #[test]
    fn of_an_sgpostgresconfig_the_settings_stay() {
        let object = |spec: Value| json!({"metadata": {"name": "a", "namespace": "b"}, "spec": spec});
        let stored_config =
            stored(Kind::PostgresConfig, object(json!({"postgresql.conf": {"Fsync": "off"}})));
        let parameters = stored_config.parameters.unwrap();
        assert!(parameters.get("fsync").is_some(), "a setting in any case");
        assert_eq!(
            stored(Kind::PostgresConfig, object(json!("nonsense"))).parameters,
            Some(Parameters::default())
        );
    }
}
