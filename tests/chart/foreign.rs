//! CRDs of other projects' kinds, open ones: the chart's objects of these kinds must be taken, and nothing acts on them.

use serde_json::{Value, json};

/// Group, version, kind and plural.
const KINDS: [(&str, &str, &str, &str); 5] = [
    ("cert-manager.io", "v1", "Certificate", "certificates"),
    ("cert-manager.io", "v1", "Issuer", "issuers"),
    ("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
];

/// The names under which kubectl finds them.
pub fn resources() -> impl Iterator<Item = String> {
    KINDS.into_iter().map(|(group, _, _, plural)| format!("{plural}.{group}"))
}

/// All of them, as one `List`.
pub fn all() -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": KINDS.map(definition)})
}

fn definition((group, version, kind, plural): (&str, &str, &str, &str)) -> Value {
    let spec = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let schema = json!({"type": "object", "required": ["spec"], "properties": {"spec": spec}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{
                "name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}
