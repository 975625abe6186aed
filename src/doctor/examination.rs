//! Looks at an installation of syncguard from outside, for `doctor`: what is registered, and what becomes of a call.

use std::collections::BTreeMap;
use std::time::Instant;

use http_body_util::BodyExt;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::core::v1::{self, Namespace};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::jiff::fmt::rfc2822;
use kube::api::{DynamicObject, ListParams, PostParams};
use kube::client::Body;
use kube::core::{ApiResource, Request, Selector, SelectorExt};
use kube::{Api, Client};
use serde_json::Value;
use time::OffsetDateTime;

use super::operator_account::operator;
use super::{Answer, Endpoint, Registered, Registration, Seen, Service, Shown, handshake, sound, unsound};
use crate::kubernetes::{CallError, Entry, Target, all_served, in_words};
use syncguard_core::view::Kind;

/// What the webhooks of syncguard are called after their resource.
const OUR_NAMES: &str = ".syncguard.dev";

/// Looks at everything; the two probes are dry runs, and nothing is stored. `operator_account` is the user name that the
/// settings in use name; where it is not given, they are read beside the Service.
///
/// # Errors
///
/// The API server does not answer, or does not let us read its webhook configurations.
pub async fn examine(
    client: &Client,
    configuration: &str,
    namespace: &str,
    operator_account: Option<&str>,
) -> Result<Seen, CallError> {
    let labels = labels(client, namespace).await?;
    let validating = all(client, ApiResource::erase::<ValidatingWebhookConfiguration>(&())).await?;
    let mutating = all(client, ApiResource::erase::<MutatingWebhookConfiguration>(&())).await?;
    let of = |all: &[(String, Vec<Entry>)]| {
        let webhooks = all.iter().find(|(name, _)| name == configuration).map(|(_, webhooks)| webhooks);
        webhooks.map(|webhooks| registration(webhooks, &labels))
    };
    let served = all_served(client).await.map_err(|error| in_words(&error));
    let (registered, completing) = (of(&validating), of(&mutating));
    let endpoints = endpoints(client, registered.iter().chain(&completing)).await;
    let operator = operator(client, operator_account, &endpoints).await;
    let (sound, server_time) = probe(client, namespace, &sound()).await?;
    let (unsound, _) = probe(client, namespace, &unsound()).await?;
    Ok(Seen {
        configuration: configuration.to_owned(),
        alike: alike(&validating, configuration),
        namespace: namespace.to_owned(),
        now: OffsetDateTime::now_utc(),
        server_time,
        served,
        validating: registered,
        mutating: completing,
        endpoints,
        others: others(&mutating, configuration),
        operator,
        sound,
        unsound,
    })
}

/// The labels of a namespace; those that every namespace has where it may not be read.
async fn labels(client: &Client, namespace: &str) -> Result<BTreeMap<String, String>, kube::Error> {
    let name = ("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    match Api::<Namespace>::all(client.clone()).get_opt(namespace).await {
        Ok(found) => Ok(found.and_then(|found| found.metadata.labels).unwrap_or_else(|| [name].into())),
        Err(kube::Error::Api(status)) if status.is_forbidden() => Ok([name].into()),
        Err(error) => Err(error),
    }
}

/// All configurations of a kind: their names and webhooks.
async fn all(client: &Client, kind: ApiResource) -> Result<Vec<(String, Vec<Entry>)>, kube::Error> {
    let api = Api::<DynamicObject>::all_with(client.clone(), &kind);
    let listed = api.list(&ListParams::default()).await?;
    let read = |object: DynamicObject| {
        let webhooks = Entry::all_of(&object);
        (object.metadata.name.unwrap_or_default(), webhooks)
    };
    Ok(listed.items.into_iter().map(read).collect())
}

fn registration(webhooks: &[Entry], labels: &BTreeMap<String, String>) -> Registration {
    let registered = |webhook: &Entry| Registered {
        name: webhook.name.clone(),
        target: webhook.target(),
        bundle: webhook.bundle(),
        selects_namespace: selects(webhook.namespace_selector.clone(), labels),
        rules: webhook.rules(),
    };
    Registration { webhooks: webhooks.iter().map(registered).collect() }
}

fn selects(selector: Option<LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    let selector = Selector::try_from(selector.unwrap_or_default());
    selector.is_ok_and(|selector| selector.matches(labels))
}

/// Configurations of other names that look like ours.
fn alike(all: &[(String, Vec<Entry>)], configuration: &str) -> Vec<String> {
    let ours = |webhooks: &[Entry]| webhooks.iter().any(|webhook| webhook.name.ends_with(OUR_NAMES));
    let alike = all.iter().filter(|(name, webhooks)| name != configuration && ours(webhooks));
    alike.map(|(name, _)| name.clone()).collect()
}

/// The mutating webhooks of others that new clusters are sent to.
fn others(all: &[(String, Vec<Entry>)], configuration: &str) -> Vec<String> {
    let called = |webhook: &&Entry| {
        webhook
            .rules()
            .iter()
            .flat_map(|rule| &rule.resources)
            .any(|known| matches!(known.as_str(), "*" | "*/*" | "sgclusters" | "sgclusters/*"))
    };
    let others = all.iter().filter(|(name, _)| name != configuration);
    let named = others.flat_map(|(name, webhooks)| {
        webhooks.iter().filter(called).map(move |webhook| format!("{} of {name}", webhook.name))
    });
    named.collect()
}

/// Each place that is called, once.
async fn endpoints(client: &Client, registrations: impl Iterator<Item = &Registration>) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for one in registrations.flat_map(|registration| &registration.webhooks) {
        let (host, port) = (one.target.host(), one.target.port());
        let is_known = |known: &Endpoint| (known.target.host(), known.target.port()) == (host.clone(), port);
        if endpoints.iter().any(is_known) {
            continue;
        }
        let service = match &one.target {
            Target::Url(_) => None,
            Target::Service { namespace, name, .. } => Some(service(client, namespace, name).await),
        };
        let shown = handshake::shown(&host, port).await.map_or_else(Shown::Nothing, Shown::Certificate);
        endpoints.push(Endpoint { target: one.target.clone(), service, shown });
    }
    endpoints
}

async fn service(client: &Client, namespace: &str, name: &str) -> Service {
    let found = match Api::<v1::Service>::namespaced(client.clone(), namespace).get_opt(name).await {
        Ok(Some(found)) => found,
        Ok(None) => return Service::Missing,
        Err(_) => return Service::Hidden,
    };
    let slices = Api::<EndpointSlice>::namespaced(client.clone(), namespace);
    let wish = ListParams::default().labels(&format!("kubernetes.io/service-name={name}"));
    let Ok(slices) = slices.list(&wish).await else { return Service::Hidden };
    let is_ready = |conditions: Option<&k8s_openapi::api::discovery::v1::EndpointConditions>| {
        conditions.and_then(|conditions| conditions.ready).unwrap_or(true)
    };
    let all = slices.items.iter().flat_map(|slice| &slice.endpoints);
    let ready = all.filter(|endpoint| is_ready(endpoint.conditions.as_ref())).count();
    let ports = found.spec.and_then(|spec| spec.ports).unwrap_or_default();
    Service::Found { ports: ports.iter().map(|port| port.port).collect(), ready }
}

/// Sends an object as a dry run; also what time it is at the API server.
async fn probe(
    client: &Client,
    namespace: &str,
    object: &Value,
) -> Result<(Answer, Option<OffsetDateTime>), kube::Error> {
    let kind = Kind::Cluster;
    let url = format!("/apis/{}/namespaces/{namespace}/{}", kind.api_version(), kind.resource());
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let request = Request::new(url).create(&params, object.to_string().into_bytes());
    let request = request.map_err(kube::Error::BuildRequest)?;
    let started = Instant::now();
    let response = client.send(request.map(Body::from)).await?;
    let took = started.elapsed();
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let object: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let warnings = text("warning").map(warning).collect();
    let server_time = text("date").next().and_then(moment);
    let result = if head.status.is_success() {
        Ok(object)
    } else {
        let message = object["message"].as_str().map(str::to_owned);
        Err((head.status.as_u16(), message.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned())))
    };
    Ok((Answer { result, warnings, took }, server_time))
}

/// The time of a `Date` header.
fn moment(header: &str) -> Option<OffsetDateTime> {
    let seconds = rfc2822::parse(header).ok()?.timestamp().as_second();
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// The text of a `Warning` header: `299 - "text"`.
fn warning(header: &str) -> String {
    let quoted = header.splitn(3, ' ').nth(2).unwrap_or(header);
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    text.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let seconds = moment("Sun, 06 Nov 1994 08:49:37 GMT").map(OffsetDateTime::unix_timestamp);
        assert_eq!(seconds, Some(784_111_777));
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn a_warning_is_read_as_kubectl_prints_it() {
        for (header, text) in [
            ("299 - \"spec.a: b [c]\"", "spec.a: b [c]"),
            ("299 - \"the role is \\\"reader\\\"\"", "the role is \"reader\""),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(warning(header), text);
        }
    }
}
