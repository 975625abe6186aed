//! The policy that leaves the service account nothing of webhook configurations but `caBundle`, in force on a real API server.

use serde_json::{Value, json};
use syncguard::certificates::{Authority, CA_LIFETIME};
use time::OffsetDateTime;

use crate::{
    api_server::ApiServer,
    applied::{
        APPLY, APPLY_CA_BUNDLE, CONFIGURATIONS, expect, in_its_namespace, server, stored, with_ca_bundle,
    },
    child_process::until,
    helm::{NAMESPACE, RELEASE, template},
    kubectl::Said,
};

/// A file of values that asks for the policy.
const VALUES: &str = "existing-secret";
/// As each refusal begins.
const REFUSAL: &str = "syncguard's account may";
/// Certificates that are none; the API server stores any text, as base64.
const BUNDLE: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";

/// The account of a release whose policy is in force.
struct Account {
    server: &'static ApiServer,
    release: &'static str,
    flag: String,
}

impl Account {
    fn of(release: &'static str) -> Self {
        let server = server();
        expect(server, &APPLY, &in_its_namespace(server, release, VALUES));
        let account =
            Self { server, release, flag: format!("--as=system:serviceaccount:{release}:{release}") };
        let label = json!([{"op": "add", "path": "/metadata/labels/in-force", "value": "yes"}]);
        let mut said = None;
        let in_force = until(|| {
            let all = CONFIGURATIONS.map(|kind| account.tries(kind, release, &label));
            let refused = all.iter().all(|said| said.stderr.contains(REFUSAL));
            said = Some(all);
            refused.then_some(())
        });
        assert!(in_force.is_some(), "the policy was to be in force within a minute: {said:?}");
        account
    }

    /// What is said of a change (RFC 6902) of a configuration as a dry run, by this account.
    fn tries(&self, kind: &str, name: &str, change: &Value) -> Said {
        self.runs(&patch(kind, name, &change.to_string()), "")
    }

    fn runs(&self, args: &[&str], input: &str) -> Said {
        self.server.kubectl.run(&[args, &[&self.flag]].concat(), input)
    }

    /// The account may not make this change; whoever else may is let.
    #[track_caller]
    fn check(&self, kind: &str, what: &str, change: &Value) {
        let said = self.tries(kind, self.release, change);
        assert!(
            said.code != Some(0) && said.stderr.contains(REFUSAL),
            "the account was not to have {what} in the {kind}: {said:?}"
        );
        expect(self.server, &patch(kind, self.release, &change.to_string()), "");
    }
}

fn patch<'p>(kind: &'p str, name: &'p str, change: &'p str) -> [&'p str; 7] {
    ["patch", kind, name, "--type=json", "--dry-run=server", "-p", change]
}

/// A webhook that the API server takes, and calls for nothing.
fn foreign_webhook() -> Value {
    json!({
        "name": "foreign.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": "https://thief.example/"},
    })
}

/// Changes of either configuration that are more than one of `caBundle`.
fn changes() -> Vec<(&'static str, Value)> {
    let at = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    let of_webhook = |field: &str, value: Value| at("add", &format!("/webhooks/0/{field}"), value);
    let without = |path: &str| json!([{"op": "remove", "path": path}]);
    let service =
        |field: &str, value: &str| of_webhook(&format!("clientConfig/service/{field}"), json!(value));
    vec![
        ("rules emptied", of_webhook("rules", json!([]))),
        ("no rules", without("/webhooks/0/rules")),
        ("fewer operations", of_webhook("rules/0/operations", json!(["CREATE"]))),
        ("everything sent", of_webhook("rules/0/resources", json!(["*/*"]))),
        (
            "a URL instead of the Service",
            of_webhook("clientConfig", json!({"url": "https://thief.example/"})),
        ),
        ("another Service", service("name", "thief")),
        ("a Service elsewhere", service("namespace", "default")),
        ("another path", service("path", "/healthz")),
        ("no path", without("/webhooks/0/clientConfig/service/path")),
        ("another port", of_webhook("clientConfig/service/port", json!(8444))),
        ("no namespace selected", of_webhook("namespaceSelector", json!({"matchLabels": {"no": "one"}}))),
        ("all namespaces selected", without("/webhooks/0/namespaceSelector")),
        ("no object selected", of_webhook("objectSelector", json!({"matchLabels": {"no": "one"}}))),
        ("no matchConditions", without("/webhooks/0/matchConditions")),
        ("a condition that never holds", of_webhook("matchConditions/0/expression", json!("false"))),
        (
            "one condition more",
            at("add", "/webhooks/0/matchConditions/-", json!({"name": "never", "expression": "false"})),
        ),
        ("another matchPolicy", of_webhook("matchPolicy", json!("Exact"))),
        ("other sideEffects", of_webhook("sideEffects", json!("NoneOnDryRun"))),
        ("another timeout", of_webhook("timeoutSeconds", json!(1))),
        ("other review versions", of_webhook("admissionReviewVersions", json!(["v1", "v1beta1"]))),
        ("a webhook renamed", of_webhook("name", json!("renamed.syncguard.dev"))),
        ("a webhook removed", without("/webhooks/0")),
        ("all webhooks removed", without("/webhooks")),
        ("a webhook added", at("add", "/webhooks/-", foreign_webhook())),
        ("a webhook added in front", at("add", "/webhooks/0", foreign_webhook())),
        ("a label more", at("add", "/metadata/labels/more", json!("yes"))),
        ("a label changed", at("replace", "/metadata/labels/app.kubernetes.io~1name", json!("other"))),
        ("no labels", without("/metadata/labels")),
        (
            "an annotation",
            at("add", "/metadata/annotations", json!({"cert-manager.io/inject-ca-from": "a/b"})),
        ),
        ("a finalizer", at("add", "/metadata/finalizers", json!(["example.com/never"]))),
        (
            "an owner, with whom it would be deleted",
            at(
                "add",
                "/metadata/ownerReferences",
                json!([{"apiVersion": "v1", "kind": "Namespace", "name": "a", "uid": "b"}]),
            ),
        ),
        (
            "caBundle, and a rule beside it",
            json!([
                {"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": BUNDLE},
                {"op": "add", "path": "/webhooks/0/rules", "value": []},
            ]),
        ),
    ]
}

#[test]
fn the_account_may_change_nothing_but_the_ca_bundle() {
    let account = Account::of("held-syncguard");
    for kind in CONFIGURATIONS {
        for (what, change) in changes() {
            account.check(kind, what, &change);
        }
    }
    let [mutating, validating] = CONFIGURATIONS;
    let set = |field: &str, value: &str| json!([{"op": "replace", "path": format!("/webhooks/0/{field}"), "value": value}]);
    account.check(mutating, "another failurePolicy", &set("failurePolicy", "Fail"));
    account.check(mutating, "another reinvocationPolicy", &set("reinvocationPolicy", "Never"));
    account.check(validating, "another failurePolicy", &set("failurePolicy", "Ignore"));
    let swapped = json!([{"op": "move", "from": "/webhooks/0", "path": "/webhooks/1"}]);
    account.check(validating, "two webhooks in another order", &swapped);
}

#[test]
fn the_account_writes_the_ca_bundle_as_the_program_does() {
    let account = Account::of("writes-syncguard");
    let authority = || Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
    for kind in CONFIGURATIONS {
        for what in ["the first", "the next"] {
            let ca = authority();
            let wanted = with_ca_bundle(&stored(account.server, kind, account.release), ca.certificate());
            let said = account.runs(&APPLY_CA_BUNDLE, &wanted.to_string());
            assert_eq!(said.code, Some(0), "{what} caBundle of the {kind} was to be taken: {}", said.stderr);
            let bundle = |object: &Value| object["webhooks"][0]["clientConfig"]["caBundle"].clone();
            let now = stored(account.server, kind, account.release);
            assert_eq!(bundle(&now), bundle(&wanted), "{what} caBundle of the {kind} was to be stored");
        }
        let damaged = json!([{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": BUNDLE}]);
        let removed = json!([{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]);
        // Somebody else may have taken it away, and the next write has to put it back.
        for (what, change) in [("another", damaged), ("no", removed)] {
            let said = account.tries(kind, account.release, &change);
            assert_eq!(said.code, Some(0), "{what} caBundle was to be taken: {}", said.stderr);
        }
    }
}

#[test]
fn more_rights_give_the_account_no_other_configuration() {
    let account = Account::of("strong-syncguard");
    let named = |kind: &str, name: &str| {
        let meta = json!({"name": name});
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": meta, "webhooks": [foreign_webhook()]})
            .to_string()
    };
    for kind in CONFIGURATIONS {
        expect(account.server, &["create", "-f", "-"], &named(kind, "somebody-elses"));
    }
    let subject = format!("--serviceaccount={0}:{0}", account.release);
    expect(
        account.server,
        &["create", "clusterrolebinding", account.release, "--clusterrole=cluster-admin", &subject],
        "",
    );
    let may_all = || (account.runs(&["auth", "can-i", "*", "*"], "").code == Some(0)).then_some(());
    assert!(until(may_all).is_some(), "RBAC was to let the account do everything within a minute");
    for kind in CONFIGURATIONS {
        let bundle =
            json!([{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": BUNDLE}]).to_string();
        let (new, dry_run) = (named(kind, "new"), "--dry-run=server");
        for (what, args, input) in [
            ("change another", &patch(kind, "somebody-elses", &bundle)[..], ""),
            ("create one", &["create", dry_run, "-f", "-"], new.as_str()),
            ("apply a new one", &["apply", "--server-side", dry_run, "-f", "-"], &new),
            ("delete another", &["delete", dry_run, kind, "somebody-elses"], ""),
            ("delete its own", &["delete", dry_run, kind, account.release], ""),
        ] {
            let said = account.runs(args, input);
            assert!(
                said.code != Some(0) && said.stderr.contains(REFUSAL),
                "the account was not to {what} ({kind}): {said:?}"
            );
        }
    }
}

#[test]
fn where_somebody_else_writes_the_ca_bundle_there_is_no_policy() {
    for (source, is_there) in [("own", true), ("certManager", false)] {
        let source = format!("--set=certificates.source={source}");
        let said = template(RELEASE, NAMESPACE, &["--set=caBundlePolicy.enabled=true", &source]);
        assert!(said.succeeded, "the chart was to render: {}", said.stderr);
        assert_eq!(said.stdout.contains("kind: ValidatingAdmissionPolicy\n"), is_there, "{source}");
    }
}
