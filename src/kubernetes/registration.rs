//! A webhook configuration as the API server has it: what is called for what, and which certificates are believed.

use axum::http::Uri;
use k8s_openapi::api::admissionregistration::v1::{RuleWithOperations, WebhookClientConfig};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::DynamicObject;
use serde::Deserialize;

/// One entry of the list `webhooks`, validating or mutating alike.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) client_config: WebhookClientConfig,
    #[serde(default)]
    pub(crate) namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub(crate) rules: Vec<RuleWithOperations>,
}

impl Entry {
    /// The webhooks of a configuration; what the API server would not have stored is left out.
    pub(crate) fn all_of(configuration: &DynamicObject) -> Vec<Self> {
        let webhooks = configuration.data.get("webhooks").and_then(serde_json::Value::as_array);
        let read = |webhook: &serde_json::Value| Self::deserialize(webhook).ok();
        webhooks.into_iter().flatten().filter_map(read).collect()
    }

    /// What is trusted, as PEM text; empty where nothing of its own is.
    pub(crate) fn bundle(&self) -> String {
        let bytes = self.client_config.ca_bundle.as_ref().map(|bundle| bundle.0.as_slice());
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// Where it is called.
    pub(crate) fn target(&self) -> Target {
        let config = &self.client_config;
        match &config.service {
            Some(service) => Target::Service {
                namespace: service.namespace.clone(),
                name: service.name.clone(),
                port: service.port.unwrap_or(443),
                path: service.path.clone().unwrap_or_else(|| "/".to_owned()),
            },
            // What is no URL has no path that would be the right one, and is told so.
            None => Target::Url(config.url.as_deref().unwrap_or_default().parse().unwrap_or_default()),
        }
    }

    /// What it is called for, as the API server names it.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let read = |rule: &RuleWithOperations| Rule {
            resources: list(&rule.resources),
            versions: list(&rule.api_versions),
        };
        self.rules.iter().map(read).collect()
    }
}

/// Some of what a webhook is called for.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which resources, as the API server names them (`sgclusters/scale`).
    pub resources: Vec<String>,
    /// In which versions of their API.
    pub versions: Vec<String>,
}

/// Where a webhook is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Somewhere.
    Url(Uri),
    /// In the cluster.
    Service {
        /// Of the Service.
        namespace: String,
        /// Of the Service.
        name: String,
        /// Of the Service.
        port: i32,
        /// What is asked for there.
        path: String,
    },
}

impl Target {
    /// The path that is asked for.
    pub fn path(&self) -> &str {
        match self {
            Self::Service { path, .. } => path,
            Self::Url(url) => url.path(),
        }
    }

    /// The host that a certificate has to be for.
    pub fn host(&self) -> String {
        match self {
            Self::Service { namespace, name, .. } => format!("{name}.{namespace}.svc"),
            // An IPv6 address stands in brackets only in a URL.
            Self::Url(url) => url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
        }
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        match self {
            Self::Service { port, .. } => u16::try_from(*port).unwrap_or_default(),
            Self::Url(url) => url.port_u16().unwrap_or(443),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_host_port_and_path() {
        for (url, host, port, path) in [
            ("https://a.b:8443/validate?timeout=5s", "a.b", 8443, "/validate"),
            ("https://127.0.0.1/mutate", "127.0.0.1", 443, "/mutate"),
            ("https://[::1]:1/x", "::1", 1, "/x"),
            ("https://[::1]", "::1", 443, "/"),
        ] {
            let target = Target::Url(url.parse().unwrap());
            assert_eq!((target.host().as_str(), target.port(), target.path()), (host, port, path), "{url}");
        }
    }
}
