//! A namespace of one test: what is done in it, what is said about it, and what is stored in it.

use serde_json::Value;

use crate::{
    api_server::ApiServer,
    child_process::until,
    kubectl::Said,
    webhook::{LABEL, Setup},
};

/// A namespace of one test.
pub struct Namespace {
    name: &'static str,
    server: &'static ApiServer,
}

impl Namespace {
    /// One that nobody guards yet: what is broken was stored before there was a webhook.
    pub fn unguarded(name: &'static str) -> Self {
        Self::on(ApiServer::shared(), name)
    }

    fn on(server: &'static ApiServer, name: &'static str) -> Self {
        let namespace = Self { name, server };
        namespace.expect(&["create", "namespace", name], "");
        namespace
    }

    /// One that syncguard guards, of another API server than the one that tests share.
    pub fn guarded_on(server: &'static ApiServer, name: &'static str, setup: &Setup) -> Self {
        let namespace = Self::on(server, name);
        namespace.guard(setup);
        namespace
    }

    /// One that syncguard guards.
    pub fn guarded(name: &'static str, setup: &Setup) -> Self {
        let namespace = Self::unguarded(name);
        namespace.guard(setup);
        namespace
    }

    /// From now on syncguard guards it; returns when the API server knows.
    pub fn guard(&self, setup: &Setup) {
        setup.run(self.server);
        self.label(LABEL, setup.name);
        let broken =
            cluster("probe", "{instances: 1, replication: {mode: strict-sync-all, syncInstances: 1}}");
        let incomplete = cluster("probe", "{instances: 3, replication: {mode: strict-sync-all}}");
        let dry_run = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
        let is_judged = || self.kubectl(&dry_run, &broken).stderr.contains("strict-sync-all-without-standby");
        let is_completed = || self.kubectl(&dry_run, &incomplete).stdout.contains("syncInstances");
        let guarded = until(|| (is_judged() && is_completed()).then_some(()));
        let said = self.kubectl(&dry_run, &broken);
        assert!(guarded.is_some(), "the API server was to ask syncguard within a minute, and says: {said:?}");
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Labels the namespace itself.
    pub fn label(&self, key: &str, value: &str) {
        self.expect(&["label", "namespace", self.name, &format!("{key}={value}")], "");
    }

    /// Takes a label of the namespace away.
    pub fn unlabel(&self, key: &str) {
        self.expect(&["label", "namespace", self.name, &format!("{key}-")], "");
    }

    /// Runs kubectl in this namespace.
    pub fn kubectl(&self, args: &[&str], input: &str) -> Said {
        let mut all = vec!["--namespace", self.name];
        all.extend(args);
        self.server.kubectl.run(&all, input)
    }

    /// Runs kubectl, which must succeed.
    #[track_caller]
    pub fn expect(&self, args: &[&str], input: &str) -> Said {
        let said = self.kubectl(args, input);
        assert_eq!(said.code, Some(0), "kubectl {args:?} was to succeed, and said: {}", said.stderr);
        said
    }

    /// Runs kubectl, which must succeed and say exactly this on stderr.
    #[track_caller]
    pub fn passes(&self, args: &[&str], input: &str, warnings: &[&str]) {
        let said = self.expect(args, input);
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(lines, warnings, "what kubectl {args:?} says on stderr");
    }

    /// Runs kubectl, which must be refused with exactly this on stderr.
    #[track_caller]
    pub fn is_refused(&self, args: &[&str], input: &str, refusal: &[&str]) {
        let said = self.kubectl(args, input);
        assert_eq!(said.code, Some(1), "kubectl {args:?} was to be refused, and said: {}", said.stdout);
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(lines, refusal, "what kubectl {args:?} says on stderr");
    }

    /// What is stored of an SGCluster; none where there is no such cluster.
    #[track_caller]
    pub fn stored(&self, name: &str) -> Option<Value> {
        let said = self.expect(&["get", "sgcluster", name, "--ignore-not-found", "-o", "json"], "");
        (!said.stdout.is_empty()).then(|| serde_json::from_str(&said.stdout).unwrap())
    }

    /// The `spec` of an SGCluster that is stored.
    #[track_caller]
    pub fn spec(&self, name: &str) -> Value {
        let stored = self.stored(name);
        stored.unwrap_or_else(|| panic!("SGCluster {name} was to be stored, and is not"))["spec"].clone()
    }

    /// The path of the API under which its SGClusters are.
    pub fn path(&self) -> String {
        format!("/apis/stackgres.io/v1/namespaces/{}/sgclusters", self.name)
    }

    /// The port on which plain HTTP is taken for the API server.
    pub fn proxy(&self) -> u16 {
        self.server.proxy
    }
}

/// The manifest of an SGCluster; `spec` is YAML on one line.
pub fn cluster(name: &str, spec: &str) -> String {
    format!("apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}
