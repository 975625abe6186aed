//! A real API server takes what the chart renders, and keeps it as it was sent.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use syncguard::certificates::{Authority, CA_LIFETIME};
use time::OffsetDateTime;

use crate::{
    api_server::ApiServer,
    child_process::until,
    foreign,
    helm::{files, object, objects, rendered},
    kubectl::Said,
};

/// As Helm applies: by server-side apply, under its name.
pub const APPLY: [&str; 5] = ["apply", "--server-side", "--field-manager=helm", "-f", "-"];
/// As the program writes the caBundle.
pub const APPLY_CA_BUNDLE: [&str; 6] =
    ["apply", "--server-side", "--force-conflicts", "--field-manager=syncguard", "-f", "-"];

/// The kinds of webhook configurations; the chart has one of each.
pub const CONFIGURATIONS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// An API server with the kinds of the projects that the chart has objects for.
pub fn server() -> &'static ApiServer {
    static READY: OnceLock<()> = OnceLock::new();
    let server = ApiServer::shared();
    READY.get_or_init(|| {
        expect(server, &["create", "-f", "-"], &foreign::all().to_string());
        let is_known =
            |kind: String| server.kubectl.run(&["get", &kind, "--all-namespaces"], "").code == Some(0);
        let all_served = until(|| foreign::resources().all(&is_known).then_some(()));
        assert!(all_served.is_some(), "the CRDs of other projects were to be served within a minute");
    });
    server
}

/// Runs kubectl, which must succeed.
#[track_caller]
pub fn expect(server: &ApiServer, args: &[&str], input: &str) -> Said {
    let said = server.kubectl.run(args, input);
    assert_eq!(said.code, Some(0), "kubectl {args:?} was to succeed, and said: {}", said.stderr);
    said
}

/// What a release of this name renders with a file of values, in a namespace of its own name; the namespace is there.
#[track_caller]
pub fn in_its_namespace(server: &ApiServer, release: &str, file: &str) -> String {
    // Pods of a node's network are for namespaces that allow them; all others meet the strictest standard.
    let level = if file == "everything" { "privileged" } else { "restricted" };
    let (enforce, warn) = ("pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/warn");
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": release, "labels": {enforce: level, warn: level}},
    });
    expect(server, &["create", "-f", "-"], &namespace.to_string());
    rendered(release, release, file)
}

#[test]
fn every_object_is_taken_without_a_word() {
    let server = server();
    for file in files() {
        let release = format!("taken-{file}");
        let text = in_its_namespace(server, &release, &file);
        let said = expect(server, &APPLY, &text);
        assert_eq!(said.stderr, "", "the API server was to warn of nothing in {file}");
        let again = expect(server, &APPLY, &text);
        assert_eq!(again.stdout, said.stdout, "{file} was to be taken again alike");
    }
}

#[test]
fn configurations_are_kept_as_they_were_sent() {
    let server = server();
    let release = "kept-syncguard";
    let text = in_its_namespace(server, release, "defaults");
    expect(server, &APPLY, &text);
    for kind in CONFIGURATIONS {
        let sent = object(&objects(&text), kind, release)["webhooks"].clone();
        assert_eq!(stored(server, kind, release)["webhooks"], sent, "the API server was to fill in nothing");
    }
}

#[test]
fn a_ca_bundle_survives_the_next_apply() {
    let server = server();
    let release = "bundled-syncguard";
    let text = in_its_namespace(server, release, "defaults");
    expect(server, &APPLY, &text);
    let ca = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    for kind in CONFIGURATIONS {
        let before = stored(server, kind, release);
        expect(server, &APPLY_CA_BUNDLE, &with_ca_bundle(&before, ca.certificate()).to_string());
        let bundled = stored(server, kind, release);
        expect(server, &APPLY, &text);
        let after = stored(server, kind, release);
        assert_eq!(
            after["webhooks"], bundled["webhooks"],
            "Helm was to leave the caBundle of the {kind} alone"
        );
        assert_eq!(
            after["metadata"]["resourceVersion"], bundled["metadata"]["resourceVersion"],
            "an apply of what is there was to change nothing in the {kind}"
        );
        assert_ne!(bundled["webhooks"], before["webhooks"], "the caBundle was to be stored in the {kind}");
    }
}

/// What the API server has of it.
pub fn stored(server: &ApiServer, kind: &str, name: &str) -> Value {
    let said = expect(server, &["get", kind, name, "-o", "json"], "");
    serde_json::from_str(&said.stdout).unwrap()
}

/// Exactly the caBundle of each entry of a configuration.
pub fn with_ca_bundle(configuration: &Value, ca: &str) -> Value {
    let ca = STANDARD.encode(ca);
    let bundle = |entry: &Value| json!({"name": entry["name"], "clientConfig": {"caBundle": ca}});
    let entries: Vec<_> = configuration["webhooks"].as_array().unwrap().iter().map(bundle).collect();
    json!({
        "apiVersion": configuration["apiVersion"], "kind": configuration["kind"],
        "metadata": {"name": configuration["metadata"]["name"]}, "webhooks": entries,
    })
}
