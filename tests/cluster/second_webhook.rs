//! A second mutating webhook, as other teams have theirs: it changes objects after ours or before it.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use syncguard::{
    certificates::{Authority, CA_LIFETIME, CertificateSource, Checks, LEAF_LIFETIME, SelfIssued},
    http::{Answer, Call, Handler, Limits, Options, Server, Stop},
    webhook::Reply,
};
use time::OffsetDateTime;

use crate::{namespace::Namespace, webhook::base64};

/// What it makes of an object.
pub type Change = fn(&mut Value);

struct Second(Change);

impl Handler for Second {
    fn answer<'h>(&'h self, call: Call<'h>) -> Answer<'h> {
        let review: Value = serde_json::from_slice(call.body).unwrap();
        let before = &review["request"]["object"];
        let mut after = before.clone();
        (self.0)(&mut after);
        let patch = json!([{"op": "replace", "path": "/spec", "value": after["spec"]}]);
        let mut response = json!({"uid": review["request"]["uid"], "allowed": true});
        if after != *before {
            response["patchType"] = json!("JSONPatch");
            response["patch"] = json!(base64(patch.to_string().as_bytes()));
        }
        let answer =
            json!({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response});
        Box::pin(ready(Reply::json(200, answer.to_string().into_bytes())))
    }
}

/// Runs it until this process ends, and registers it under this name for the namespace. The API server may take a moment to
/// call it.
pub fn register(namespace: &Namespace, name: &str, change: Change) {
    let (address, ca) = serve(change);
    let webhook = json!({
        "name": "sgcluster.operator.example.com",
        "clientConfig": {"url": format!("https://{address}/mutate"), "caBundle": base64(ca.as_bytes())},
        "rules": [{
            "apiGroups": ["stackgres.io"], "apiVersions": ["v1"], "resources": ["sgclusters"],
            "operations": ["CREATE", "UPDATE"],
        }],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"operator": name}},
    });
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name}, "webhooks": [webhook],
    });
    namespace.expect(&["create", "-f", "-"], &configuration.to_string());
    namespace.label("operator", name);
}

/// Where it listens, and its CA.
fn serve(change: Change) -> (SocketAddr, String) {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let ca = authority.certificate().to_owned();
    let names = vec!["127.0.0.1".parse().unwrap()];
    let options = Options {
        clients: None,
        listen: any_port,
        health_listen: any_port,
        source: CertificateSource::SelfIssued(Box::new(SelfIssued {
            authority,
            names,
            lifetime: LEAF_LIFETIME,
        })),
        tls12: false,
        drain_delay: Duration::ZERO,
        limits: Limits::default(),
        checks: Checks::default(),
        metrics: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::bind(options, Arc::new(Second(change)))).unwrap();
    let address = server.https_address();
    let forever = std::future::pending::<Stop>();
    thread::spawn(move || runtime.block_on(server.run(forever)));
    (address, ca)
}
