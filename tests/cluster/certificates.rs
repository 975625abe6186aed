//! Certificates that look after themselves, in front of a real API server, with the permissions of the chart alone and under its policy:
//! replicas that agree, a CA that changes under load, a Secret that is lost, damaged or expired, a replica that is cut off.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use syncguard_manifest as manifest;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use syncguard::certificates::{Authority, Chain};
use time::{Duration, OffsetDateTime};

use crate::{
    api_server::ApiServer,
    child_process::{ChildProcess, until},
    http,
    kubectl::Said,
    namespace::Namespace,
    tcp_proxy::TcpProxy,
    tls,
    webhook::{CHART, address, base64},
};

/// What the chart gives to the program's service account.
const PERMISSIONS: [&str; 5] = ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
/// What holds it to `caBundle`, where values ask for it.
const POLICY: [&str; 2] = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
/// A render with such values.
const CHART_WITH_POLICY: &str = include_str!("../golden/chart/existing-secret.yaml");

/// A release of the chart, its replicas on this machine instead of in pods.
struct Release {
    name: &'static str,
    namespace: Namespace,
    replicas: Vec<Replica>,
}

/// One replica.
struct Replica {
    serve: ChildProcess,
    https: SocketAddr,
    /// Its way to the API server.
    road: TcpProxy,
}

/// How long CAs and leaves live, and how long a new CA is known before it signs.
const LONG: [&str; 3] = ["--ca-lifetime=1h", "--leaf-lifetime=10m", "--ca-settle=2s"];
const SHORT: [&str; 3] = ["--ca-lifetime=40s", "--leaf-lifetime=10s", "--ca-settle=3s"];

impl Release {
    /// Three replicas that start at once, and are then registered: each answers for a part of the calls.
    fn install(name: &'static str, lifetimes: [&str; 3]) -> Self {
        let namespace = Namespace::unguarded(name);
        let permissions = objects(CHART, name).into_iter().filter(|object| is_one_of(object, &PERMISSIONS));
        let policy = objects(CHART_WITH_POLICY, name).into_iter().filter(|object| is_one_of(object, &POLICY));
        for object in permissions.chain(policy) {
            let is_of_the_helm_test = object["metadata"]["name"].as_str().unwrap().ends_with("-test");
            if !is_of_the_helm_test {
                run(&["create", "-f", "-"], &object.to_string());
            }
        }
        let token = run(&["create", "token", name, "-n", name], "").stdout;
        let replicas: Vec<Replica> =
            ["a", "b", "c"].map(|pod| Replica::start(name, pod, token.trim(), lifetimes)).into();
        let mut release = Self { name, namespace, replicas };
        for replica in &mut release.replicas {
            let listens = || address(&replica.serve.wrote("stderr"));
            replica.https = replica.serve.until("listening", listens).unwrap().parse().unwrap();
        }
        release.register();
        release.is_held();
        release.becomes_sound();
        release
    }

    /// Waits until the policy lets the program's account change nothing but `caBundle`.
    #[track_caller]
    fn is_held(&self) {
        let (name, label) = (self.name, json!({"metadata": {"labels": {"held": "no"}}}).to_string());
        let account = format!("--as=system:serviceaccount:{name}:{name}");
        let kind = "validatingwebhookconfiguration";
        let change = ["patch", kind, name, "--dry-run=server", "-p", &label, &account];
        let mut said = None;
        let is_refused = || {
            let now = said.insert(ApiServer::shared().kubectl.run(&change, ""));
            now.stderr.contains("may change nothing but caBundle").then_some(())
        };
        assert!(until(is_refused).is_some(), "the policy was to be in force within a minute: {said:?}");
    }

    /// The chart's configurations, by URL: clusters are judged by one replica, completed by another, and judged by a third.
    fn register(&self) {
        for mut configuration in objects(CHART, self.name) {
            let is_validating = configuration["kind"] == "ValidatingWebhookConfiguration";
            if !is_validating && configuration["kind"] != "MutatingWebhookConfiguration" {
                continue;
            }
            let webhooks = configuration["webhooks"].as_array_mut().unwrap();
            webhooks.retain(|webhook| webhook["rules"][0]["resources"][0] == "sgclusters");
            if is_validating {
                let mut again = webhooks[0].clone();
                again["name"] = json!("again.syncguard.dev");
                webhooks.push(again);
            }
            for (index, webhook) in webhooks.iter_mut().enumerate() {
                let replica = if is_validating { index } else { 2 };
                let path = webhook["clientConfig"]["service"]["path"].as_str().unwrap();
                webhook["clientConfig"] =
                    json!({"url": format!("https://{}{path}", self.replicas[replica].https)});
                webhook["namespaceSelector"] =
                    json!({"matchLabels": {"kubernetes.io/metadata.name": self.name}});
                webhook["failurePolicy"] = json!("Fail");
            }
            run(&["create", "-f", "-"], &configuration.to_string());
        }
    }

    /// Waits until each replica shows a certificate of the CA in the Secret, and the API server believes all of them.
    #[track_caller]
    fn becomes_sound(&self) {
        let sound = until(|| (self.agrees() && self.completes().0 == 201).then_some(()));
        assert!(
            sound.is_some(),
            "three replicas of one CA were to be believed within a minute; the API server says: {}\n{}",
            self.completes().1,
            self.logs()
        );
    }

    /// What the replicas have said.
    fn logs(&self) -> String {
        self.replicas.iter().map(|replica| replica.serve.wrote("stderr")).collect()
    }

    fn agrees(&self) -> bool {
        let ca = self.secret("ca.crt");
        let shows = |replica: &Replica| {
            let chain = Chain::new(vec![tls::shown(replica.https)]);
            chain.verify("127.0.0.1", &ca, OffsetDateTime::now_utc()).is_ok()
        };
        self.replicas.iter().all(shows)
    }

    /// What the API server says to a sound cluster.
    fn completes(&self) -> (u16, Value) {
        http::dry_run(&self.namespace, &cluster())
    }

    /// A text in the Secret; empty where there is none.
    fn secret(&self, key: &str) -> String {
        let secret = format!("{}-ca", self.name);
        let said =
            ApiServer::shared().kubectl.run(&["get", "secret", &secret, "-n", self.name, "-o", "json"], "");
        let secret: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
        let bytes = BASE64.decode(secret["data"][key].as_str().unwrap_or_default()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Puts another CA into the Secret.
    fn put(&self, certificate: &str, key: &str) {
        let data = json!({"ca.crt": base64(certificate.as_bytes()), "ca.key": base64(key.as_bytes())});
        let patch = json!({ "data": data }).to_string();
        run(&["patch", "secret", &format!("{}-ca", self.name), "-n", self.name, "-p", &patch], "");
    }

    fn bundle(&self) -> String {
        let said = run(
            &[
                "get",
                "validatingwebhookconfiguration",
                self.name,
                "-o",
                "jsonpath={.webhooks[0].clientConfig.caBundle}",
            ],
            "",
        );
        said.stdout
    }
}

impl Replica {
    fn start(release: &str, pod: &str, token: &str, lifetimes: [&str; 3]) -> Self {
        let server = ApiServer::shared();
        let road = TcpProxy::to(server.port);
        let directory = ChildProcess::directory("serve");
        let kubeconfig = directory.join("kubeconfig");
        fs::write(&kubeconfig, server.kubeconfig_for(road.port, token, release).to_string()).unwrap();
        let arguments = [
            format!("POD_NAME={pod}"),
            env!("CARGO_BIN_EXE_syncguard").to_owned(),
            "serve".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            "--health-listen=127.0.0.1:0".to_owned(),
            "--log-format=json".to_owned(),
            format!("--kubeconfig={}", kubeconfig.display()),
            format!("--ca-secret={release}-ca"),
            format!("--service={release}"),
            "--dns-name=127.0.0.1".to_owned(),
            format!("--webhook-configuration={release}"),
            format!("--lease={release}"),
        ];
        let arguments = [&arguments[..], &lifetimes.map(str::to_owned)].concat();
        let serve = ChildProcess::start(directory, Path::new("/usr/bin/env"), &arguments);
        Self { serve, https: SocketAddr::from(([127, 0, 0, 1], 0)), road }
    }

    /// Waits until this is in its log.
    #[track_caller]
    fn says(&self, words: &str) {
        let said = self
            .serve
            .until(&format!("saying {words:?}"), || self.serve.wrote("stderr").contains(words).then_some(()));
        said.unwrap();
    }
}

/// The objects of a render, for a release of this name in a namespace of this name.
fn objects(render: &str, name: &str) -> Vec<Value> {
    let text = render.replace("syncguard", name).replace("platform", name);
    manifest::parse(&text).documents.iter().map(|document| document.read::<Value>().unwrap()).collect()
}

fn is_one_of(object: &Value, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| object["kind"] == *kind)
}

fn cluster() -> Value {
    json!({
        "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "sound"},
        "spec": {"instances": 3, "replication": {"mode": "strict-sync-all"}},
    })
}

#[track_caller]
fn run(args: &[&str], input: &str) -> Said {
    let said = ApiServer::shared().kubectl.run(args, input);
    assert_eq!(said.code, Some(0), "kubectl {args:?} was to succeed, and said: {}", said.stderr);
    said
}

#[test]
fn three_replicas_that_start_at_once_agree_on_one_ca_and_heal_it() {
    let release = Release::install("shared-ca", LONG);
    assert_ne!(release.secret("ca.key"), "", "the CA is in the Secret");

    let bundle = release.bundle();
    let foreign = Authority::issue(Duration::days(1), OffsetDateTime::now_utc()).unwrap();
    let overwritten = json!([{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": base64(foreign.certificate().as_bytes())}]);
    run(
        &[
            "patch",
            "validatingwebhookconfiguration",
            release.name,
            "--type=json",
            "-p",
            &overwritten.to_string(),
        ],
        "",
    );
    assert!(
        until(|| (release.bundle() == bundle).then_some(())).is_some(),
        "a caBundle that somebody overwrites is put right"
    );
    let told = until(|| {
        run(&["get", "events", "-n", "default"], "").stdout.contains("CABundleChanged").then_some(())
    });
    assert!(told.is_some(), "an event tells of it; the replicas say:\n{}", release.logs());
    release.becomes_sound();

    let before = release.secret("ca.crt");
    run(&["delete", "secret", "shared-ca-ca", "-n", release.name], "");
    release.becomes_sound();
    assert_ne!(release.secret("ca.crt"), before, "a Secret that is deleted is made again");

    release.put("nonsense", "nonsense");
    release.becomes_sound();

    let long_ago = OffsetDateTime::now_utc() - Duration::days(2);
    let expired = Authority::issue(Duration::days(1), long_ago).unwrap();
    release.put(expired.certificate(), &expired.key());
    release.becomes_sound();
}

#[test]
fn a_replica_that_is_cut_off_serves_on_and_says_so() {
    let release = Release::install("cut-off", LONG);
    let replica = &release.replicas[0];
    replica.road.cut();
    replica.says("certificate maintenance failed");
    let (status, said) = release.completes();
    assert_eq!(status, 201, "the API server still reaches it, and it still answers: {said}");
    replica.road.mend();
    replica.says("certificate maintenance works again");
}

#[test]
fn a_ca_changes_under_load_and_no_admission_is_lost() {
    let release = Release::install("rotation", SHORT);
    let (first, is_over) = (release.secret("ca.crt"), AtomicBool::new(false));
    thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut answered = 0;
            while !is_over.load(Ordering::Relaxed) {
                let (status, said) = release.completes();
                assert_eq!(status, 201, "no admission is lost while the CA changes, but: {said}");
                answered += 1;
            }
            answered
        });
        let changed = || {
            let signs_alone = release.secret("ca.crt") != first && release.secret("next.crt").is_empty();
            (signs_alone || load.is_finished()).then_some(())
        };
        let changed = until(changed);
        // With the old CA still trusted, and after its end.
        let forgotten = until(|| (release.secret("old.crt").is_empty() || load.is_finished()).then_some(()));
        is_over.store(true, Ordering::Relaxed);
        let answered = load.join().unwrap();
        assert!(
            changed.is_some() && forgotten.is_some(),
            "a CA of 40 s is replaced and forgotten within two minutes"
        );
        assert!(answered > 0, "there was load");
    });
    assert!(release.agrees(), "each replica shows a certificate of the new CA");
}
