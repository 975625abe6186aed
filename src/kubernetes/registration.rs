//! A webhook configuration as the API server has it: what is called for what, and which certificates are believed.

use k8s_openapi::api::admissionregistration::v1::{RuleWithOperations, WebhookClientConfig};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::DynamicObject;
use serde::Deserialize;

use crate::doctor::{Rule, Target};

/// One entry of the list `webhooks`, validating or mutating alike.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) client_config: WebhookClientConfig,
    #[serde(default)]
    pub(super) namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub(super) rules: Vec<RuleWithOperations>,
}

impl Entry {
    /// The webhooks of a configuration; what the API server would not have stored is left out.
    pub(super) fn all_of(configuration: &DynamicObject) -> Vec<Self> {
        let webhooks = configuration.data.get("webhooks").and_then(serde_json::Value::as_array);
        let read = |webhook: &serde_json::Value| Self::deserialize(webhook).ok();
        webhooks.into_iter().flatten().filter_map(read).collect()
    }

    /// What is trusted, as PEM text; empty where nothing of its own is.
    pub(super) fn bundle(&self) -> String {
        let bytes = self.client_config.ca_bundle.as_ref().map(|bundle| bundle.0.as_slice());
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// Where it is called.
    pub(super) fn target(&self) -> Target {
        let config = &self.client_config;
        match &config.service {
            Some(service) => Target::Service {
                namespace: service.namespace.clone(),
                name: service.name.clone(),
                port: service.port.unwrap_or(443),
                path: service.path.clone().unwrap_or_else(|| "/".to_owned()),
            },
            None => Target::Url(config.url.clone().unwrap_or_default()),
        }
    }

    /// What it is called for, as the API server names it.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let read = |rule: &RuleWithOperations| Rule {
            resources: list(&rule.resources),
            versions: list(&rule.api_versions),
        };
        self.rules.iter().map(read).collect()
    }
}
