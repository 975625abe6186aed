//! An object as the API server sends it, and the part of it that is kept.
//!
//! Of its contents only the text is taken: it may be nested deeper than a tree of values can be, and one such object would
//! make a list of all of them unreadable.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::{ApiResource, DynamicResourceScope, ObjectMeta};
use kube::{Api, Client, Resource};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::reduction::reduced;
use super::served::Served;
use crate::stored::StoredObject;
use syncguard_core::view::{Annotations, Given, Kind, Object, Parameters, Spec, Status, Typed};

/// One object of a list or a watch.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sent {
    #[serde(deserialize_with = "what_is_judged")]
    metadata: ObjectMeta,
    spec: Option<Box<RawValue>>,
    status: Option<Box<RawValue>>,
}

/// The metadata that means something to a judgment. What is not named here is skipped, `managedFields` above all: a
/// thousand clusters are kept in memory.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    resource_version: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<OwnerReference>>,
}

fn what_is_judged<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    let read = Metadata::deserialize(deserializer)?;
    let annotations = read.annotations.map(|mut all| {
        all.retain(|name, _| Annotations::KEYS.contains(&name.as_str()));
        all
    });
    Ok(ObjectMeta {
        name: read.name,
        namespace: read.namespace,
        resource_version: read.resource_version,
        annotations: annotations.filter(|all| !all.is_empty()),
        owner_references: read.owner_references,
        ..ObjectMeta::default()
    })
}

impl Sent {
    /// Where the objects of a kind are asked for: those of all namespaces, or of one.
    pub(super) fn api(client: &Client, served: Served, namespace: Option<&str>) -> Api<Self> {
        match namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &served.resource()),
            None => Api::all_with(client.clone(), &served.resource()),
        }
    }

    /// Its namespace; empty where it has none.
    pub(super) fn namespace(&self) -> String {
        self.metadata.namespace.clone().unwrap_or_default()
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.metadata.name.clone().unwrap_or_default()
    }

    /// The object as JSON, of its status only what is read. The items of a list need not say what they are. The version is
    /// the one that was asked for: it says what the API server has filled in.
    pub(super) fn json(&self, served: Served) -> Vec<u8> {
        self.with_spec(served, self.spec.as_deref())
    }

    fn with_spec(&self, served: Served, spec: Option<&RawValue>) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Kept<'a> {
            api_version: &'a str,
            kind: &'a str,
            metadata: &'a ObjectMeta,
            spec: Option<&'a RawValue>,
            status: Option<&'a RawValue>,
        }
        let status = self.status.as_ref().map(|status| reduced(Status::SHAPE, status));
        let kept = Kept {
            api_version: &served.api_version(),
            kind: served.kind.name(),
            metadata: &self.metadata,
            spec,
            status: status.as_deref(),
        };
        // Strings and texts that are JSON already always serialize.
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    /// What is judged of it.
    pub(super) fn reduced(&self, served: Served) -> StoredObject {
        let kind = served.kind;
        let spec = self.spec.as_ref().map(|spec| reduced(Spec::SHAPE, spec));
        let json = self.with_spec(served, spec.as_deref());
        let (json, parameters) = match kind {
            Kind::PostgresConfig => (Vec::new(), Some(parameters(&json))),
            Kind::Cluster | Kind::ShardedCluster | Kind::Scale => (json, None),
        };
        StoredObject {
            kind,
            namespace: self.namespace(),
            name: self.name(),
            resource_version: self.metadata.resource_version.clone().unwrap_or_default(),
            json: json.into_boxed_slice(),
            parameters,
        }
    }
}

fn parameters(config: &[u8]) -> Parameters<'static> {
    let Ok(Given::Is(config)) = serde_json::from_slice::<Object<'_>>(config) else {
        return Parameters::default();
    };
    match config.spec {
        Given::Is(spec) => {
            spec.postgresql_conf.get().cloned().map(Parameters::into_owned).unwrap_or_default()
        }
        Given::Absent | Given::Other(_) => Parameters::default(),
    }
}

impl Resource for Sent {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use kube::core::ObjectList;
    use serde_json::{Value, json};

    use super::*;
    use syncguard_core::{review::ANNOTATION, view::Body};

    const OPERATOR: &str = "stackgres.io/operatorVersion";

    /// Of what this API server serves.
    fn served(kind: Kind) -> Served {
        Served::all(kind).next().unwrap()
    }

    fn stored(kind: Kind, object: &Value) -> StoredObject {
        serde_json::from_str::<Sent>(&object.to_string()).unwrap().reduced(served(kind))
    }

    #[test]
    fn of_a_cluster_everything_stays_that_a_judgment_reads() {
        let metadata = json!({
            "name": "a", "namespace": "b", "resourceVersion": "7",
            "annotations": {ANNOTATION: "fsync-off", OPERATOR: "1.18.6", "kubectl.kubernetes.io/last-applied-configuration": "{…}"},
            "managedFields": [{"manager": "kubectl"}],
            "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": true}],
        });
        let status = json!({"postgresVersion": "17.9", "podStatuses": [{"name": "a-0", "primary": true}], "conditions": [1]});
        let spec = json!({"instances": 3});
        let written = json!({"instances": 3, "distributedLogs": {"retention": "7 days"}});
        let stored = stored(Kind::Cluster, &json!({"metadata": metadata, "spec": written, "status": status}));
        assert_eq!((stored.namespace.as_str(), stored.name.as_str()), ("b", "a"));
        assert_eq!(stored.resource_version, "7");
        let kept: Value = serde_json::from_slice(&stored.json).unwrap();
        assert_eq!(kept["metadata"]["annotations"], json!({ANNOTATION: "fsync-off", OPERATOR: "1.18.6"}));
        assert_eq!(kept["metadata"]["ownerReferences"][0]["controller"], true);
        assert_eq!(kept["metadata"].get("managedFields"), None);
        assert_eq!(kept["spec"], spec);
        let judged = json!({"postgresVersion": "17.9", "podStatuses": status["podStatuses"]});
        assert_eq!(kept["status"], judged);
        let object = stored.read();
        let body = object.get().unwrap();
        assert_eq!(Body::known_kind(body), Some(Kind::Cluster));
    }

    #[test]
    fn an_object_is_of_the_version_that_was_asked_for() {
        let sent: Sent =
            serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": {"coordinator": {}}})).unwrap();
        let read = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap()["apiVersion"].clone();
        for (served, version) in Served::all(Kind::ShardedCluster).zip(Kind::ShardedCluster.versions()) {
            for json in [&*sent.json(served), &*sent.reduced(served).json] {
                assert_eq!(read(json), format!("stackgres.io/{version}"));
            }
        }
    }

    #[test]
    fn of_an_sgpostgresconfig_the_settings_stay() {
        let object = |spec: Value| json!({"metadata": {"name": "a", "namespace": "b"}, "spec": spec});
        let config = stored(Kind::PostgresConfig, &object(json!({"postgresql.conf": {"Fsync": "off"}})));
        assert!(config.parameters.unwrap().get("fsync").is_some(), "a setting in any case");
        let nonsense = stored(Kind::PostgresConfig, &object(json!("nonsense")));
        assert_eq!(nonsense.parameters, Some(Parameters::default()));
    }

    #[test]
    fn a_list_is_read_however_deep_and_odd_one_of_its_objects_is() {
        let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        let metadata = format!("{{\"name\": \"deep\", \"managedFields\": [{{\"fieldsV1\": {deep}}}]}}");
        let spec = format!(
            "{{\"instances\": 3, \"configurations\": {{\"patroni\": {{\"dynamicConfig\": {deep}}}}}}}"
        );
        let list = format!(
            "{{\"kind\": \"SGClusterList\", \"apiVersion\": \"stackgres.io/v1\", \"metadata\": {{}}, \"items\": [
                {{\"metadata\": {metadata}, \"spec\": {spec}, \"status\": {deep}}}, {{\"metadata\": {{}}, \"status\": 3}}
            ]}}"
        );
        let list: ObjectList<Sent> = serde_json::from_str(&list).unwrap();
        let [deep, odd] = [0, 1].map(|index: usize| list.items[index].reduced(served(Kind::Cluster)));
        let instances = |object: &StoredObject| object.read().get()?.spec.get()?.instances.integer();
        assert_eq!((deep.name.as_str(), instances(&deep)), ("deep", Some(3)));
        assert_eq!((odd.name.as_str(), instances(&odd)), ("", None));
    }
}
