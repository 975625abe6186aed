//! The account that the settings name as the operator's: found, missing, or not to be read.

use serde_json::json;
use tempfile::NamedTempFile;

use super::{Expected, NOWHERE, check_with, install, install_service, operator, service, settings};
use crate::{api_server::ApiServer, child_process::until};

#[test]
fn the_operators_account_is_another() {
    let namespace = install("doctor-elsewhere", |_| {});
    namespace.expect(&["create", "serviceaccount", "operator-of-doctor"], "");
    let settings = settings("system:serviceaccount:nowhere:operator-of-doctor");
    let kubeconfig = ApiServer::shared().kubectl.kubeconfig();
    for words in [
        "there is no service account system:serviceaccount:nowhere:operator-of-doctor",
        "to system:serviceaccount:doctor-elsewhere:operator-of-doctor, which exists",
    ] {
        let wrong = ("operator", "wrong", words);
        check_with(&namespace, "doctor-elsewhere", &kubeconfig, Some(&settings), &[wrong]);
    }
}

#[test]
fn the_settings_are_those_of_the_chart() {
    let namespace = install_service("doctor-config", 443);
    namespace.expect(&["create", "-f", "-"], &service("syncguard"));
    namespace.expect(&["create", "serviceaccount", "sg-operator"], "");
    let kubeconfig = ApiServer::shared().kubectl.kubeconfig();
    let none = ("endpoints", "wrong", "no pod behind the Service doctor-config/syncguard is ready");
    let check = |of_operator: Expected| {
        let expected = [&[none, of_operator], &NOWHERE[..]].concat();
        check_with(&namespace, "doctor-config", &kubeconfig, None, &expected);
    };
    check(("operator", "unknown", "there is no settings.yaml in a ConfigMap doctor-config/syncguard"));
    let text = "--from-literal=settings.yaml=operatorAccount: system:serviceaccount:doctor-config:sg-opertor";
    namespace.expect(&["create", "configmap", "syncguard", text], "");
    check(("operator", "wrong", "to system:serviceaccount:doctor-config:sg-operator, which exists"));
}

#[test]
fn by_url_nobody_says_which_settings_are_in_use() {
    let namespace = install("doctor-unsaid", |_| {});
    let kubeconfig = ApiServer::shared().kubectl.kubeconfig();
    let unknown = ("operator", "unknown", "--settings FILE");
    check_with(&namespace, "doctor-unsaid", &kubeconfig, None, &[unknown]);
}

#[test]
fn accounts_may_not_be_read() {
    let server = ApiServer::shared();
    let namespace = install("doctor-reader", |_| {});
    namespace.expect(&["create", "serviceaccount", "reader"], "");
    let rules = json!([
        {
            "apiGroups": ["admissionregistration.k8s.io"], "verbs": ["list"],
            "resources": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        },
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
        {"apiGroups": ["stackgres.io"], "resources": ["sgclusters"], "verbs": ["create"]},
    ]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": namespace.name()}, "rules": rules,
    });
    namespace.expect(&["create", "-f", "-"], &role.to_string());
    let (name, subject) = (namespace.name(), "--serviceaccount=doctor-reader:reader");
    namespace.expect(&["create", "clusterrolebinding", name, &format!("--clusterrole={name}"), subject], "");
    let token = namespace.kubectl(&["create", "token", "reader"], "").stdout;
    let kubeconfig = NamedTempFile::new().unwrap();
    let text = server.kubeconfig_for(server.port, token.trim(), name).to_string();
    std::fs::write(kubeconfig.path(), text).unwrap();
    // RBAC, too, is followed after a moment only.
    let may = || {
        let account = "--as=system:serviceaccount:doctor-reader:reader";
        let list = ["auth", "can-i", "list", "mutatingwebhookconfigurations", account];
        (namespace.kubectl(&list, "").code == Some(0)).then_some(())
    };
    assert!(until(may).is_some(), "RBAC was to let the account list configurations within a minute");
    let unknown = ("operator", "unknown", "cannot get resource \"serviceaccounts\"");
    check_with(&namespace, name, kubeconfig.path(), Some(&settings(operator())), &[unknown]);
}
