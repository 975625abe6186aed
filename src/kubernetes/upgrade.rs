//! Whether a major version upgrade is running: the SGDbOps of this name, as it is stored.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::Value;

use syncguard_core::view::Kind;

/// The SGCluster on which the major version upgrade of this name is running; none where there is no such upgrade, where it has
/// ended, or where it has yet to begin.
///
/// # Errors
///
/// The API server does not answer, or refuses to.
pub(super) async fn running(
    client: Client,
    namespace: &str,
    name: &str,
) -> Result<Option<String>, kube::Error> {
    let named = GroupVersionKind::gvk(Kind::Cluster.group(), "v1", "SGDbOps");
    let resource = ApiResource::from_gvk_with_plural(&named, "sgdbops");
    let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource);
    Ok(api.get_opt(name).await?.and_then(|upgrade| upgraded(&upgrade.data)))
}

/// The SGCluster that an SGDbOps upgrades at this moment: its operation, and the condition `Running` that the operator sets
/// while the job of an SGDbOps runs (StackGres 1.18 and 1.19).
fn upgraded(object: &Value) -> Option<String> {
    let (spec, conditions) = (&object["spec"], &object["status"]["conditions"]);
    let is_running = |condition: &Value| condition["type"] == "Running" && condition["status"] == "True";
    let is_running = conditions.as_array().is_some_and(|all| all.iter().any(is_running));
    let is_upgrade = spec["op"] == "majorVersionUpgrade";
    (is_upgrade && is_running).then(|| spec["sgCluster"].as_str().map(str::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::upgraded;

    #[test]
    fn an_upgrade_runs_while_the_operator_says_so() {
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status});
        for (op, conditions, cluster) in [
            ("majorVersionUpgrade", json!([condition("Running", "True")]), Some("db")),
            (
                "majorVersionUpgrade",
                json!([condition("Completed", "False"), condition("Running", "True")]),
                Some("db"),
            ),
            (
                "majorVersionUpgrade",
                json!([condition("Running", "False"), condition("Completed", "True")]),
                None,
            ),
            ("majorVersionUpgrade", json!([]), None),
            ("majorVersionUpgrade", json!(null), None),
            ("restart", json!([condition("Running", "True")]), None),
        ] {
            let object = json!({"spec": {"op": op, "sgCluster": "db"}, "status": {"conditions": conditions}});
            assert_eq!(upgraded(&object).as_deref(), cluster, "{object}");
        }
    }
}
