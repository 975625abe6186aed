//! What the templates say of the program, compared with the program: paths, resources, flags, settings, metrics.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use syncguard::{causes::in_full, settings::Settings, webhook::Webhook};
use syncguard_core::view::{Given, Kind, admission_review::AdmissionRequest};

use crate::{
    child_process::ChildProcess,
    helm::{NAMESPACE, RELEASE, files, object, objects, rendered, repository},
};

/// Every metric, without what Prometheus adds to the names of histograms.
const METRICS: [&str; 10] = [
    "syncguard_build_info",
    "syncguard_ca_bundle_in_sync",
    "syncguard_certificate_expiry_timestamp_seconds",
    "syncguard_findings_total",
    "syncguard_in_flight",
    "syncguard_panics_total",
    "syncguard_request_duration_seconds",
    "syncguard_requests_total",
    "syncguard_shed_total",
    "syncguard_tls_handshake_failures_total",
];

fn render(file: &str) -> Vec<Value> {
    objects(&rendered(RELEASE, NAMESPACE, file))
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_syncguard"))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The configuration of this kind asks this webhook about these kinds, and of each only when it is stored.
#[track_caller]
fn check_registration(configuration: &str, webhook: Webhook, kinds: &[Kind]) {
    let objects = render("defaults");
    let entries = object(&objects, configuration, RELEASE)["webhooks"].as_array().unwrap();
    let registered: Vec<_> = entries.iter().map(|entry| texts(&entry["rules"][0]["resources"])).collect();
    let served: Vec<_> = kinds.iter().map(|kind| vec![kind.resource()]).collect();
    assert_eq!(registered, served, "the resources of the {configuration}");
    for (entry, kind) in entries.iter().zip(kinds) {
        let (rule, resource) = (&entry["rules"][0], kind.resource());
        assert_eq!(entry["clientConfig"]["service"]["path"], webhook.path(), "the path of {resource}");
        // A scale is registered under the version of what is scaled.
        let of = if *kind == Kind::Scale { Kind::Cluster } else { *kind };
        let (groups, versions) = (texts(&rule["apiGroups"]), texts(&rule["apiVersions"]));
        assert_eq!(groups, [of.group()], "the group of {resource}");
        assert_eq!(
            versions,
            of.versions(),
            "every version of {resource}, for what is not named is handed over as another"
        );
        assert_eq!(texts(&rule["operations"]), stored_by(*kind), "the operations of {resource}");
    }
}

/// The operations that the program judges and the API server has for a kind; nobody creates a scale.
fn stored_by(kind: Kind) -> Vec<&'static str> {
    let stores = |operation: &&str| {
        let text = json!({"operation": operation}).to_string();
        let request: Given<'_, AdmissionRequest<'_>> = serde_json::from_str(&text).unwrap();
        request.get().unwrap().stores()
    };
    let operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"].into_iter().filter(stores);
    operations.filter(|operation| kind != Kind::Scale || *operation != "CREATE").collect()
}

#[test]
fn everything_that_is_judged_is_registered() {
    let judged = [Kind::Cluster, Kind::ShardedCluster, Kind::Scale, Kind::PostgresConfig];
    assert!(Kind::ALL.iter().all(|kind| judged.contains(kind)), "a kind that is judged was to be registered");
    check_registration("ValidatingWebhookConfiguration", Webhook::Validate, &judged);
}

#[test]
fn what_is_completed_is_registered() {
    check_registration("MutatingWebhookConfiguration", Webhook::Mutate, &[Kind::Cluster]);
}

#[test]
fn the_program_takes_the_flags() {
    for file in files() {
        let objects = render(&file);
        let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let args = texts(&container["args"]);
        // Help is printed only if all before it can be read.
        let said = Command::new(program()).args(&args).arg("--help").output().unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "`syncguard {args:?}` of {file} was to be understood: {stderr}");
    }
}

#[test]
fn the_program_takes_the_settings() {
    for file in files() {
        let objects = render(&file);
        let holds = |object: &&Value| object["data"]["settings.yaml"].is_string();
        let settings = &objects.iter().find(holds).unwrap()["data"]["settings.yaml"];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.yaml");
        fs::write(&path, settings.as_str().unwrap()).unwrap();
        if let Err(error) = Settings::read(&path, false) {
            panic!("the settings of {file} were to be taken: {}", in_full(&error));
        }
    }
}

#[test]
fn the_chart_is_for_the_programs_version() {
    let text = fs::read_to_string(repository("chart/Chart.yaml")).unwrap();
    let chart = &objects(&text)[0];
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"), "appVersion in Chart.yaml");
}

/// `helm test` dry-runs a cluster; offline it has exactly these errors.
#[track_caller]
fn check_tested_cluster(name: &str, errors: &[&str]) {
    let objects = render("defaults");
    let manifest = &object(&objects, "ConfigMap", "syncguard-test")["data"][name];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, manifest.as_str().unwrap()).unwrap();
    let said = Command::new(program()).args(["validate", "-o", "json"]).arg(&path).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap().iter();
    let found: Vec<_> =
        findings.filter(|finding| finding["severity"] == "error").map(|finding| &finding["rule"]).collect();
    assert_eq!(found, errors, "the errors in {name}");
}

#[test]
fn helm_test_dry_runs_a_sound_and_an_unsound_cluster() {
    check_tested_cluster("sound.yaml", &[]);
    check_tested_cluster("unsound.yaml", &["strict-sync-all-without-standby"]);
}

#[test]
fn the_program_answers_the_probes() {
    let args = ["serve", "--listen=127.0.0.1:0", "--health-listen=127.0.0.1:0", "--log-format=json"];
    let serve = ChildProcess::start(ChildProcess::directory("serve"), program(), &args);
    let address = serve.until("listening", || health_address(&serve.wrote("stderr"))).unwrap();
    let objects = render("defaults");
    let container = &object(&objects, "Deployment", RELEASE)["spec"]["template"]["spec"]["containers"][0];
    for probe in ["livenessProbe", "readinessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        let status = || get(&address, path).filter(|answer| answer.starts_with("HTTP/1.1 200 "));
        serve.until(&format!("answering {path} with 200"), status).unwrap();
    }
}

fn health_address(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut listening = lines.filter(|line| line["message"] == "listening");
    Some(listening.next()?["health"].as_str()?.to_owned())
}

/// The answer to a request over plain HTTP.
fn get(address: &str, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Every word of a text that is the name of a metric of ours.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("syncguard_"));
    ours.map(|word| word.strip_suffix("_bucket").unwrap_or(word)).collect()
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    for file in ["chart/templates/prometheusrule.yaml", "chart/files/dashboard.json"] {
        let text = fs::read_to_string(repository(file)).unwrap();
        let unknown: Vec<_> = metrics(&text).into_iter().filter(|name| !METRICS.contains(name)).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}, which nobody tells");
    }
    let dashboard = fs::read_to_string(repository("chart/files/dashboard.json")).unwrap();
    let shown = metrics(&dashboard);
    let hidden: Vec<_> = METRICS.iter().filter(|name| !shown.contains(*name)).collect();
    assert!(hidden.is_empty(), "the dashboard was to show {hidden:?} too");
}
