//! The account that the settings of an installation name as the operator's, looked for in the API server.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::api::ListParams;
use kube::{Api, Client};

use super::{Endpoint, Existence, Operator, service_account, user_name};
use crate::{
    causes::in_full,
    kubernetes::{Target, in_words},
    settings::Settings,
};
use syncguard_core::policy::OPERATOR_ACCOUNT;

/// Where the chart keeps the settings: the key in a ConfigMap that is called as the Service is.
const SETTINGS_KEY: &str = "settings.yaml";

/// The account of this user name, or of the settings of the installation that is called at these places, and whether it exists.
///
/// # Errors
///
/// Which settings the installation uses cannot be told, and why.
pub(super) async fn operator(
    client: &Client,
    user: Option<&str>,
    endpoints: &[Endpoint],
) -> Result<Operator, String> {
    let user = match user {
        Some(user) => user.to_owned(),
        None => installed(client, endpoints).await?,
    };
    let existence = existence(client, &user).await;
    Ok(Operator { user, existence })
}

/// What the settings beside the Service say.
async fn installed(client: &Client, endpoints: &[Endpoint]) -> Result<String, String> {
    let service = endpoints.iter().find_map(|endpoint| match &endpoint.target {
        Target::Service { namespace, name, .. } => Some((namespace, name)),
        Target::Url(_) => None,
    });
    let Some((namespace, name)) = service else {
        return Err("no Service is called, beside which the chart's ConfigMap would be".to_owned());
    };
    let map = Api::<ConfigMap>::namespaced(client.clone(), namespace).get_opt(name).await;
    let map = map.map_err(|error| in_words(&error))?;
    let text = map.and_then(|map| map.data).and_then(|mut data| data.remove(SETTINGS_KEY));
    let Some(text) = text else {
        return Err(format!("there is no {SETTINGS_KEY} in a ConfigMap {namespace}/{name}"));
    };
    let file = format!("{SETTINGS_KEY} of the ConfigMap {namespace}/{name}");
    let settings = Settings::parse(&file, text.as_bytes(), false);
    let settings = settings.map_err(|error| in_full(&error))?;
    Ok(settings.policy.operator_account)
}

async fn existence(client: &Client, user: &str) -> Existence {
    let Some((namespace, name)) = service_account(user) else { return Existence::NoServiceAccount };
    let found = Api::<ServiceAccount>::namespaced(client.clone(), namespace).get_metadata_opt(name).await;
    match found {
        Ok(Some(_)) => Existence::Found,
        Ok(None) => Existence::Missing { others: others(client, namespace, name).await },
        Err(error) => Existence::Unknown(in_words(&error)),
    }
}

/// The user names of those that could have been meant, as far as they may be listed: all of the namespace, and elsewhere those
/// of the same and of the usual name.
async fn others(client: &Client, namespace: &str, name: &str) -> Vec<String> {
    let usual = service_account(OPERATOR_ACCOUNT).map_or(name, |(_, usual)| usual);
    let called = |name: &str| ListParams::default().fields(&format!("metadata.name={name}"));
    // They are one where somebody has left the setting as it is.
    let names = BTreeSet::from([name, usual]);
    let everywhere = names.into_iter().map(|name| (Api::<ServiceAccount>::all(client.clone()), called(name)));
    let here = (Api::namespaced(client.clone(), namespace), ListParams::default());
    let mut found = BTreeSet::new();
    for (api, wish) in everywhere.chain([here]) {
        let listed = api.list_metadata(&wish).await.map(|list| list.items).unwrap_or_default();
        let names = listed.into_iter().filter_map(|one| Some((one.metadata.namespace?, one.metadata.name?)));
        found.extend(names.map(|(namespace, name)| user_name(&namespace, &name)));
    }
    found.into_iter().collect()
}
