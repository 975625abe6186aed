//! `syncguard doctor`, with one thing broken at a time: it names that, and nothing that is whole.

mod operator;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use syncguard::certificates::{Authority, CA_LIFETIME};
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

use crate::{
    api_server::ApiServer,
    child_process::{ChildProcess, until},
    namespace::Namespace,
    second_webhook,
    webhook::{STANDARD, address, base64},
};

const KINDS: [&str; 2] = ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"];

/// What is to be said: a check, what becomes of it, and words of its message or help.
type Expected<'e> = (&'e str, &'e str, &'e str);

/// The configurations of the standard setup under another name, for the namespace of that name, changed.
fn install(name: &'static str, change: impl Fn(&mut Value)) -> Namespace {
    let server = ApiServer::shared();
    STANDARD.run(server);
    for kind in KINDS {
        let said = server.kubectl.run(&["get", kind, "syncguard-standard", "-o", "json"], "");
        let mut configuration: Value = serde_json::from_str(&said.stdout).unwrap();
        configuration["metadata"] = json!({ "name": name });
        for webhook in configuration["webhooks"].as_array_mut().unwrap() {
            webhook["namespaceSelector"] = json!({"matchLabels": {"doctor": name}});
            change(webhook);
        }
        let said = server.kubectl.run(&["create", "-f", "-"], &configuration.to_string());
        assert_eq!(
            said.code,
            Some(0),
            "the API server was to take {configuration:#}, and said: {}",
            said.stderr
        );
    }
    let namespace = Namespace::unguarded(name);
    namespace.label("doctor", name);
    namespace
}

/// Of this installation doctor says what is expected, and of everything else that it is as it should be.
#[track_caller]
fn check(namespace: &Namespace, configuration: &str, expected: &[Expected]) {
    let settings = settings(operator());
    check_with(
        namespace,
        configuration,
        &ApiServer::shared().kubectl.kubeconfig(),
        Some(&settings),
        expected,
    );
}

/// The same for whoever has this kubeconfig, with these settings.
#[track_caller]
fn check_with(
    namespace: &Namespace,
    configuration: &str,
    kubeconfig: &Path,
    settings: Option<&NamedTempFile>,
    expected: &[Expected],
) {
    let (name, kubeconfig) = (namespace.name(), kubeconfig.display());
    let settings = settings.map(|file| format!("--settings={}", file.path().display()));
    let mut args = vec![
        format!("--namespace={name}"),
        format!("--webhook-configuration={configuration}"),
        format!("--kubeconfig={kubeconfig}"),
    ];
    args.extend(settings);
    let mut said = Value::Null;
    // The API server takes a moment to follow its own configurations.
    let as_expected = until(|| {
        said = doctor(&args);
        let checks = said["checks"].as_array()?;
        checks.iter().all(|check| is_expected(check, expected)).then_some(())
    });
    assert!(
        as_expected.is_some(),
        "of {configuration} this was to be said: {expected:?}, and it is: {said:#}"
    );
}

/// Settings that name this account as the operator's.
fn settings(operator: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({"operatorAccount": operator}).to_string()).unwrap();
    file
}

/// The account of an operator, which exists.
fn operator() -> &'static str {
    static THERE: OnceLock<()> = OnceLock::new();
    THERE.get_or_init(|| {
        Namespace::unguarded("doctor-operator").expect(&["create", "serviceaccount", "sg"], "");
    });
    "system:serviceaccount:doctor-operator:sg"
}

fn is_expected(check: &Value, expected: &[Expected]) -> bool {
    let text = |key: &str| check[key].as_str().unwrap_or_default();
    let said = [text("message"), text("help")].concat();
    let about = expected.iter().find(|(name, ..)| *name == text("check"));
    let (_, outcome, words) = about.unwrap_or(&("", "ok", ""));
    text("outcome") == *outcome && said.contains(words)
}

fn doctor(args: &[String]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_syncguard"))
        .args(["doctor", "-o", "json"])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|error| {
        panic!("doctor writes JSON, but {error}: {}", String::from_utf8_lossy(&output.stderr))
    });
    let is_wrong = said["checks"].as_array().unwrap().iter().any(|check| check["outcome"] == "wrong");
    assert_eq!(
        output.status.code(),
        Some(i32::from(is_wrong)),
        "the exit code says whether something is wrong: {said:#}"
    );
    said
}

fn url(webhook: &Value) -> String {
    webhook["clientConfig"]["url"].as_str().unwrap().to_owned()
}

fn path(webhook: &Value) -> String {
    let url = url(webhook);
    url[url.rfind('/').unwrap()..].to_owned()
}

#[test]
fn nothing_is_wrong_with_what_works() {
    check(&install("doctor-sound", |_| {}), "doctor-sound", &[]);
}

#[test]
fn nothing_is_registered_under_that_name() {
    let namespace = install("doctor-named", |_| {});
    check(
        &namespace,
        "doctor-other",
        &[
            ("registration", "wrong", "doctor-named"),
            ("versions", "unknown", "nothing is registered"),
            ("namespace", "unknown", "nothing is registered"),
            ("service", "unknown", "nothing is registered"),
            ("endpoints", "unknown", "nothing is registered"),
            ("certificate", "unknown", "nothing is registered"),
            ("expiry", "unknown", ""),
        ],
    );
}

#[test]
fn a_version_that_is_served_is_not_registered() {
    let namespace = install("doctor-version", |webhook| {
        let rule = &mut webhook["rules"][0];
        if rule["resources"][0] == "sgshardedclusters" {
            rule["apiVersions"] = json!(["v1alpha1"]);
        }
    });
    let unregistered = ("versions", "wrong", "does not name v1beta1 of sgshardedclusters");
    check(&namespace, "doctor-version", &[unregistered]);
}

#[test]
fn somebody_elses_path_is_called() {
    let namespace = install("doctor-foreign", |webhook| {
        webhook["clientConfig"]["url"] = json!(url(webhook).replace("/mutate", "/somewhere"));
    });
    check(
        &namespace,
        "doctor-foreign",
        &[
            ("registration", "wrong", "calls /somewhere"),
            // The failurePolicy of completion is Ignore: writes go on, uncompleted.
            ("completion", "wrong", "is not filled in"),
        ],
    );
}

#[test]
fn the_namespace_is_excluded() {
    let namespace = install("doctor-excluded", |_| {});
    namespace.unlabel("doctor");
    let wrong = [
        ("namespace", "wrong", "the namespace doctor-excluded is excluded by the namespaceSelector of"),
        ("judgment", "wrong", "passes without a word"),
        ("completion", "wrong", "the mutating webhook is not asked"),
    ];
    check(&namespace, "doctor-excluded", &wrong);
}

#[test]
fn the_ca_bundle_is_somebody_elses() {
    let foreign = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let namespace = install("doctor-bundle", |webhook| {
        webhook["clientConfig"]["caBundle"] = json!(base64(foreign.certificate().as_bytes()));
    });
    check(
        &namespace,
        "doctor-bundle",
        &[
            ("certificate", "wrong", "does not verify the serving certificate"),
            ("call", "wrong", "see `certificate`"),
            ("judgment", "unknown", "x509"),
            ("completion", "unknown", ""),
        ],
    );
}

#[test]
fn the_certificate_has_expired() {
    let yesterday = OffsetDateTime::now_utc() - Duration::days(1);
    let authority = Authority::issue(CA_LIFETIME, yesterday).unwrap();
    let names = ["127.0.0.1".parse().unwrap()];
    let pair = authority.issue_leaf(&names, Duration::hours(2), yesterday).unwrap();
    let directory = ChildProcess::directory("serve");
    let (certificate, key) = (directory.join("tls.crt"), directory.join("tls.key"));
    std::fs::write(&certificate, &pair.certificate).unwrap();
    std::fs::write(&key, &pair.key).unwrap();
    let certificate = format!("--tls-cert={}", certificate.display());
    let key = format!("--tls-key={}", key.display());
    let args = [
        "serve",
        "--listen=127.0.0.1:0",
        "--health-listen=127.0.0.1:0",
        "--log-format=json",
        &certificate,
        &key,
    ];
    let serve = ChildProcess::start(directory, Path::new(env!("CARGO_BIN_EXE_syncguard")), &args);
    let address = serve.until("listening", || address(&serve.wrote("stderr"))).unwrap();
    let namespace = install("doctor-expired", |webhook| {
        webhook["clientConfig"] = json!({
            "url": format!("https://{address}{}", path(webhook)),
            "caBundle": base64(authority.certificate().as_bytes()),
        });
    });
    check(
        &namespace,
        "doctor-expired",
        &[
            ("certificate", "wrong", "expired"),
            ("expiry", "wrong", "is valid from"),
            ("call", "wrong", "see `certificate`"),
            ("judgment", "unknown", "expired"),
            ("completion", "unknown", ""),
        ],
    );
}

#[test]
fn nothing_answers_at_the_url() {
    // Taken and given back: nobody listens there.
    let port = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let namespace = install("doctor-gone", |webhook| {
        webhook["clientConfig"]["url"] = json!(format!("https://127.0.0.1:{port}{}", path(webhook)));
    });
    check(
        &namespace,
        "doctor-gone",
        &[
            ("endpoints", "wrong", "nothing answers at https://127.0.0.1"),
            ("certificate", "unknown", "not seen from here"),
            ("expiry", "unknown", ""),
            ("call", "wrong", "nothing listens there"),
            ("judgment", "unknown", "connection refused"),
            ("completion", "unknown", ""),
        ],
    );
}

/// A Service of this name with port 443 and no pods.
fn service(name: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"port": 443}], "selector": {"app": name}},
    })
    .to_string()
}

/// Webhooks behind a Service of this name and port, in the namespace of the same name.
fn install_service(name: &'static str, port: u16) -> Namespace {
    install(name, |webhook| {
        let service = json!({"namespace": name, "name": "syncguard", "port": port, "path": path(webhook)});
        webhook["clientConfig"] =
            json!({"service": service, "caBundle": webhook["clientConfig"]["caBundle"]});
    })
}

/// What can be said besides where the Service leads nowhere.
const NOWHERE: [Expected; 5] = [
    ("certificate", "unknown", "not seen from here"),
    ("expiry", "unknown", ""),
    ("call", "wrong", "failed calling webhook"),
    ("judgment", "unknown", ""),
    ("completion", "unknown", ""),
];

#[test]
fn there_is_no_such_service() {
    let missing = ("service", "wrong", "there is no Service doctor-no-service/syncguard");
    let expected = [&[missing, ("endpoints", "unknown", "")], &NOWHERE[..]].concat();
    check(&install_service("doctor-no-service", 443), "doctor-no-service", &expected);
}

#[test]
fn the_service_has_another_port() {
    let namespace = install_service("doctor-port", 8443);
    namespace.expect(&["create", "-f", "-"], &service("syncguard"));
    let port = ("service", "wrong", "call port 8443 of the Service doctor-port/syncguard, which has 443");
    let expected = [&[port, ("endpoints", "wrong", "")], &NOWHERE[..]].concat();
    check(&namespace, "doctor-port", &expected);
}

#[test]
fn no_pod_is_ready() {
    let namespace = install_service("doctor-endpoints", 443);
    namespace.expect(&["create", "-f", "-"], &service("syncguard"));
    let none = ("endpoints", "wrong", "no pod behind the Service doctor-endpoints/syncguard is ready");
    check(&namespace, "doctor-endpoints", &[&[none], &NOWHERE[..]].concat());
}

#[test]
fn another_webhook_undoes_ours() {
    let namespace = install("doctor-undone", |_| {});
    second_webhook::register(&namespace, "later-than-doctor", |object| {
        object["spec"]["replication"]["syncInstances"] = json!(1);
    });
    let undone = "syncInstances becomes 1";
    let by = "sgcluster.operator.example.com of later-than-doctor";
    check(&namespace, "doctor-undone", &[("completion", "wrong", undone)]);
    check(&namespace, "doctor-undone", &[("completion", "wrong", by)]);
}
