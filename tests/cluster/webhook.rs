//! syncguard itself, running, and its registration with the API server.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::leash::Leash;

/// One way to run and to register syncguard, for the namespaces that are labelled with its name.
pub struct Setup {
    /// Its name.
    pub name: &'static str,
    /// What a platform team puts into the settings file; none where it is empty.
    pub settings: &'static str,
    /// Whether the API server leaves out what need not be judged.
    pub match_conditions: bool,
    /// What happens to a scale that is not answered.
    pub scale_failure_policy: &'static str,
    /// Whether syncguard may ask the API server what is stored.
    pub access: bool,
    running: OnceLock<Result<Leash, String>>,
}

/// As the chart installs it.
pub static STANDARD: Setup = Setup {
    name: "standard",
    settings: "",
    match_conditions: true,
    scale_failure_policy: "Ignore",
    access: true,
    running: OnceLock::new(),
};

/// Everything is sent to the webhook.
pub static WITHOUT_MATCH_CONDITIONS: Setup = Setup {
    name: "without-match-conditions",
    settings: "",
    match_conditions: false,
    scale_failure_policy: "Ignore",
    access: true,
    running: OnceLock::new(),
};

/// On a laptop: registered by URL, without a way to the API server.
pub static WITHOUT_ACCESS: Setup = Setup {
    name: "without-access",
    settings: "",
    match_conditions: true,
    scale_failure_policy: "Ignore",
    access: false,
    running: OnceLock::new(),
};

/// The same, and what cannot be judged is refused, scales too.
pub static STRICT: Setup = Setup {
    name: "strict",
    settings: "",
    match_conditions: true,
    scale_failure_policy: "Fail",
    access: false,
    running: OnceLock::new(),
};

/// A platform that is still being told.
pub static WARNING: Setup = Setup {
    name: "warning",
    settings: "enforcement: warn\n",
    match_conditions: true,
    scale_failure_policy: "Ignore",
    access: true,
    running: OnceLock::new(),
};

/// The label of a namespace that names its setup.
pub const LABEL: &str = "setup";

impl Setup {
    /// Runs and registers it, if that has not been done.
    pub fn run(&self, server: &ApiServer) {
        let running = self.running.get_or_init(|| self.start(server));
        assert!(running.is_ok(), "{}", running.as_ref().err().unwrap());
    }

    fn start(&self, server: &ApiServer) -> Result<Leash, String> {
        let directory = Leash::directory("serve");
        let (ca, settings) = (directory.join("ca.crt"), directory.join("settings.yaml"));
        fs::write(&settings, self.settings).unwrap();
        let (ca_out, settings) = (ca.display().to_string(), settings.display().to_string());
        let mut args = vec!["serve", "--listen=127.0.0.1:0", "--health-listen=127.0.0.1:0"];
        args.extend(["--log-format=json", "--ca-out", &ca_out]);
        if !self.settings.is_empty() {
            args.extend(["--settings", &settings]);
        }
        let kubeconfig = server.kubectl.kubeconfig().display().to_string();
        if self.access {
            args.extend(["--kubeconfig", &kubeconfig]);
        }
        let serve = Leash::start(directory, Path::new(env!("CARGO_BIN_EXE_syncguard")), &args);
        let address = serve.until("listening", || address(&serve.wrote("stderr")))?;
        let watched =
            || (serve.wrote("stderr").matches("\"message\":\"watched\"").count() == 3).then_some(());
        if self.access {
            serve.until("watching all three kinds", watched)?;
        }
        self.register(server, &address, &fs::read(ca).unwrap())?;
        Ok(serve)
    }

    fn register(&self, server: &ApiServer, address: &str, ca: &[u8]) -> Result<(), String> {
        let config = |path: &str| json!({"url": format!("https://{address}/{path}"), "caBundle": base64(ca)});
        let configurations = json!({"apiVersion": "v1", "kind": "List", "items": [
            self.configuration("Mutating", &[self.mutating(&config("mutate"))]),
            self.configuration("Validating", &self.validating(&config("validate"))),
        ]});
        let said = server.kubectl.run(&["create", "-f", "-"], &configurations.to_string());
        if said.code == Some(0) {
            return Ok(());
        }
        Err(format!("the API server was to take the webhook configurations, and said: {}", said.stderr))
    }

    fn configuration(&self, kind: &str, webhooks: &[Value]) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": format!("{kind}WebhookConfiguration"),
            "metadata": {"name": format!("syncguard-{}", self.name)},
            "webhooks": webhooks,
        })
    }

    fn mutating(&self, client_config: &Value) -> Value {
        let mut webhook = self.webhook("sgclusters", "v1", "Ignore", client_config);
        webhook["reinvocationPolicy"] = json!("IfNeeded");
        webhook
    }

    fn validating(&self, client_config: &Value) -> [Value; 4] {
        let scale = self.scale_failure_policy;
        [
            ("sgclusters", "v1", "Fail"),
            ("sgshardedclusters", "v1alpha1", "Fail"),
            ("sgclusters/scale", "v1", scale),
            ("sgpgconfigs", "v1", "Ignore"),
        ]
        .map(|(resource, version, policy)| self.webhook(resource, version, policy, client_config))
    }

    /// One entry, with every field that the API server would fill in.
    fn webhook(&self, resource: &str, version: &str, failure_policy: &str, client_config: &Value) -> Value {
        let is_scale = resource.ends_with("/scale");
        let operations = if is_scale { json!(["UPDATE"]) } else { json!(["CREATE", "UPDATE"]) };
        let name = resource.replace('/', "-");
        json!({
            "name": format!("{name}.syncguard.dev"),
            "clientConfig": client_config,
            "rules": [{
                "apiGroups": ["stackgres.io"], "apiVersions": [version], "resources": [resource],
                "operations": operations, "scope": "Namespaced",
            }],
            "failurePolicy": failure_policy,
            "matchPolicy": "Equivalent",
            "sideEffects": "None",
            "timeoutSeconds": 5,
            "admissionReviewVersions": ["v1"],
            "objectSelector": {},
            "namespaceSelector": {"matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "NotIn",
                 "values": ["kube-system", "kube-node-lease"]},
                // Only here: tests with other setups share the API server.
                {"key": LABEL, "operator": "In", "values": [self.name]},
            ]},
            "matchConditions": if self.match_conditions { match_conditions() } else { json!([]) },
        })
    }
}

/// An error in CEL under `Fail` would be a denial, so every field is asked for before it is read.
fn match_conditions() -> Value {
    json!([
        {"name": "not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"},
        {"name": "spec-changes", "expression":
            "request.operation != 'UPDATE' || !has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec"},
    ])
}

/// Where `serve` says that it listens.
fn address(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut listening = lines.filter(|line| line["message"] == "listening");
    Some(listening.next()?["https"].as_str()?.to_owned())
}

/// As JSON carries bytes.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
