//! etcd and kube-apiserver, started once for all tests of this binary, on ports and in directories of their own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use syncguard::certificates::{Authority, CA_LIFETIME};
use syncguard_lint::render::crd::crds;
use time::OffsetDateTime;

use crate::{
    child_process::{ChildProcess, until},
    kubectl::Kubectl,
};

const TOKEN: &str = "not-a-secret";

/// An API server with our CRDs in it.
pub struct ApiServer {
    /// kubectl for it.
    pub kubectl: Kubectl,
    /// The port on which `kubectl proxy` takes plain HTTP for it.
    pub proxy: u16,
    /// Where it listens, on the loopback.
    pub port: u16,
    ca: PathBuf,
    /// What ends with this process.
    _programs: [ChildProcess; 3],
}

impl ApiServer {
    /// The one that all tests share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<ApiServer, String>> = OnceLock::new();
        // Every test says it, not only the first one: a poisoned lock would explain nothing.
        SHARED.get_or_init(|| Self::with(&crds())).as_ref().unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// A kubeconfig for whoever has this token, by way of another port of this machine.
    pub fn kubeconfig_for(&self, port: u16, token: &str, namespace: &str) -> Value {
        let server = format!("https://127.0.0.1:{port}");
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": self.ca}}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}],
        })
    }

    /// One with these CRDs.
    pub fn with(crds: &Value) -> Result<Self, String> {
        let tools = tools()?;
        let [client, peer, secure] = free_ports();
        let etcd = etcd(&tools, client, peer);
        let directory = ChildProcess::directory("kube-apiserver");
        let api_server = api_server(&tools, directory.clone(), client, secure);
        let ca = directory.join("apiserver.crt");
        let url = format!("https://127.0.0.1:{secure}");
        let kubectl = Kubectl::new(tools.join("kubectl"), &directory, &url, &ca, TOKEN);
        let is_ready = || (kubectl.run(&["get", "--raw", "/readyz"], "").stdout == "ok").then_some(());
        api_server.until("ready", is_ready).map_err(|problem| etcd_too(&problem, &etcd))?;
        install_crds(&kubectl, crds)?;
        let (proxy, port) = proxy(&kubectl)?;
        Ok(Self { kubectl, proxy: port, port: secure, ca, _programs: [etcd, api_server, proxy] })
    }
}

/// Where etcd, kube-apiserver and kubectl are.
fn tools() -> Result<PathBuf, String> {
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/build");
    let found = Command::new(&build).arg("--check").output();
    let found = found.map_err(|error| format!("{} cannot be run: {error}", build.display()))?;
    if found.status.success() {
        return Ok(PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()));
    }
    let said = String::from_utf8_lossy(&found.stderr);
    Err(format!("these tests need a real API server, and there is none yet.\n{said}"))
}

/// Ports that nobody listens on; all are taken before the first is given back.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    listeners.each_ref().map(|listener| listener.local_addr().unwrap().port())
}

fn etcd(tools: &Path, client: u16, peer: u16) -> ChildProcess {
    let directory = ChildProcess::directory("etcd");
    let args = [
        format!("--data-dir={}", directory.join("data").display()),
        // What it stores is not to outlive it.
        "--unsafe-no-fsync".to_owned(),
        format!("--listen-client-urls=http://127.0.0.1:{client}"),
        format!("--advertise-client-urls=http://127.0.0.1:{client}"),
        format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-cluster=default=http://127.0.0.1:{peer}"),
    ];
    ChildProcess::start(directory, &tools.join("etcd"), &args)
}

fn api_server(tools: &Path, directory: PathBuf, etcd: u16, secure: u16) -> ChildProcess {
    let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    let file = |name: &str| directory.join(name);
    let (key, public, tokens) = (file("accounts.key"), file("accounts.crt"), file("tokens.csv"));
    fs::write(&key, authority.key()).unwrap();
    fs::write(&public, authority.certificate()).unwrap();
    fs::write(&tokens, format!("{TOKEN},admin,admin,system:masters\n")).unwrap();
    let args = [
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={secure}"),
        // It need not find out what it could call itself on a network.
        "--advertise-address=127.0.0.1".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--cert-dir={}", directory.display()),
        format!("--token-auth-file={}", tokens.display()),
        "--authorization-mode=RBAC".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", public.display()),
        format!("--service-account-signing-key-file={}", key.display()),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ];
    ChildProcess::start(directory, &tools.join("kube-apiserver"), &args)
}

fn etcd_too(problem: &str, etcd: &ChildProcess) -> String {
    let log = etcd.wrote("stderr");
    format!("{problem}\nand etcd:\n{}", log.lines().last().unwrap_or("nothing"))
}

fn install_crds(kubectl: &Kubectl, crds: &Value) -> Result<(), String> {
    let said = kubectl.run(&["create", "-f", "-"], &crds.to_string());
    if said.code != Some(0) {
        return Err(format!("the API server was to take our CRDs, and said: {}", said.stderr));
    }
    let served = || {
        let kinds = ["sgclusters", "sgshardedclusters", "sgpgconfigs"];
        let listed = |kind: &&str| kubectl.run(&["get", kind, "--all-namespaces"], "").code == Some(0);
        kinds.iter().all(listed).then_some(())
    };
    until(served).ok_or_else(|| "our CRDs were to be served within a minute, and were not".to_owned())
}

/// `kubectl proxy`, and the port that it takes plain HTTP on.
fn proxy(kubectl: &Kubectl) -> Result<(ChildProcess, u16), String> {
    let (program, flags) = kubectl.program_and_flags();
    let args = [flags.as_slice(), &["proxy".to_owned(), "--port=0".to_owned()]].concat();
    let proxy = ChildProcess::start(ChildProcess::directory("kubectl-proxy"), program, &args);
    let port = || {
        let said = proxy.wrote("stdout");
        said.strip_prefix("Starting to serve on 127.0.0.1:")?.strip_suffix('\n')?.parse().ok()
    };
    let port = proxy.until("a proxy", port)?;
    Ok((proxy, port))
}
