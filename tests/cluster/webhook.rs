//! syncguard itself, running, and its registration with the API server.

use std::fs;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};
use syncguard_manifest as manifest;

use serde_json::{Value, json};

use crate::{api_server::ApiServer, child_process::ChildProcess};

/// One way to run and to register syncguard, for the namespaces that are labeled with its name.
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
    running: OnceLock<Result<ChildProcess, String>>,
}

/// As the chart installs it.
pub static STANDARD: LazyLock<Setup> = LazyLock::new(|| Setup::as_the_chart("standard"));

/// Everything is sent to the webhook.
pub static WITHOUT_MATCH_CONDITIONS: LazyLock<Setup> =
    LazyLock::new(|| Setup { match_conditions: false, ..Setup::as_the_chart("without-match-conditions") });

/// On a laptop: registered by URL, without a way to the API server.
pub static WITHOUT_ACCESS: LazyLock<Setup> =
    LazyLock::new(|| Setup { access: false, ..Setup::as_the_chart("without-access") });

/// The same, and what cannot be judged is refused, scales too.
pub static STRICT: LazyLock<Setup> =
    LazyLock::new(|| Setup { scale_failure_policy: "Fail", access: false, ..Setup::as_the_chart("strict") });

/// A platform that is still being told.
pub static WARNING: LazyLock<Setup> =
    LazyLock::new(|| Setup { settings: "enforcement: warn\n", ..Setup::as_the_chart("warning") });

/// What the chart renders without any values; tests/chart holds it to the templates.
pub const CHART: &str = include_str!("../golden/chart/defaults.yaml");

/// The label of a namespace that names its setup.
pub const LABEL: &str = "setup";

impl Setup {
    /// What the chart installs, under this name.
    pub fn as_the_chart(name: &'static str) -> Self {
        Self {
            name,
            settings: "",
            match_conditions: true,
            scale_failure_policy: "Ignore",
            access: true,
            running: OnceLock::new(),
        }
    }

    /// Runs and registers it, if that has not been done.
    pub fn run(&self, server: &ApiServer) {
        let running = self.running.get_or_init(|| self.start(server));
        assert!(running.is_ok(), "{}", running.as_ref().err().unwrap());
    }

    /// What it has logged.
    pub fn wrote(&self) -> String {
        self.running
            .get()
            .and_then(|running| running.as_ref().ok())
            .map_or_else(String::new, |it| it.wrote("stderr"))
    }

    fn start(&self, server: &ApiServer) -> Result<ChildProcess, String> {
        let directory = ChildProcess::directory("serve");
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
        let serve = ChildProcess::start(directory, Path::new(env!("CARGO_BIN_EXE_syncguard")), &args);
        let address = serve.until("listening", || address(&serve.wrote("stderr")))?;
        let watched = || {
            (serve.wrote("stderr").matches("\"message\":\"watch established\"").count() == 3).then_some(())
        };
        if self.access {
            serve.until("watching all three kinds", watched)?;
        }
        self.register(server, &address, &fs::read(ca).unwrap())?;
        Ok(serve)
    }

    /// Registers whatever listens at this address.
    pub fn register(&self, server: &ApiServer, address: &str, ca: &[u8]) -> Result<(), String> {
        let read = manifest::parse(CHART);
        let objects = read.documents.iter().map(|document| document.read::<Value>().unwrap());
        let configurations = objects
            .filter(|object| {
                object["kind"].as_str().is_some_and(|kind| kind.ends_with("WebhookConfiguration"))
            })
            .map(|configuration| self.configuration(configuration, address, ca));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": configurations.collect::<Vec<_>>()})
            .to_string();
        let said = server.kubectl.run(&["create", "-f", "-"], &list);
        if said.code == Some(0) {
            return Ok(());
        }
        Err(format!("the API server was to take the webhook configurations, and said: {}", said.stderr))
    }

    /// A configuration of the chart, for this setup and for a server outside of any cluster.
    fn configuration(&self, mut configuration: Value, address: &str, ca: &[u8]) -> Value {
        configuration["metadata"] = json!({"name": format!("syncguard-{}", self.name)});
        for webhook in configuration["webhooks"].as_array_mut().unwrap() {
            let path = webhook["clientConfig"]["service"]["path"].as_str().unwrap();
            let url = format!("https://{address}{path}");
            webhook["clientConfig"] = json!({"url": url, "caBundle": base64(ca)});
            // Tests with other setups share the API server.
            let own = json!({"key": LABEL, "operator": "In", "values": [self.name]});
            webhook["namespaceSelector"]["matchExpressions"].as_array_mut().unwrap().push(own);
            if !self.match_conditions {
                webhook["matchConditions"] = json!([]);
            }
            if webhook["rules"][0]["resources"][0] == "sgclusters/scale" {
                webhook["failurePolicy"] = json!(self.scale_failure_policy);
            }
        }
        configuration
    }
}

/// Where `serve` says that it listens.
pub fn address(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut listening = lines.filter(|line| line["message"] == "listening");
    Some(listening.next()?["https"].as_str()?.to_owned())
}

/// As JSON carries bytes.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
