//! The checks, in the order in which a call can fail: registered, selected, found, trusted, answered, heeded; then who is excused.

use super::probe::{INSTANCES, broken_rule, overwritten_rule};
use super::registered::{ok_if_registered, place, registrations};
use super::{Answer, CheckResult, Endpoint, Seen, Service, Shown, certificates, operator, versions};
use crate::kubernetes::Target;
use crate::webhook::Webhook;
use syncguard_core::view::Kind;

/// All checks; each has one line, whatever was seen.
pub fn diagnose(seen: &Seen) -> Vec<CheckResult> {
    vec![
        registration(seen),
        versions::check(seen),
        namespace(seen),
        service(seen),
        endpoints(seen),
        certificates::certificate(seen),
        certificates::expiry(seen),
        certificates::clock(seen),
        call(seen),
        judgment(seen),
        completion(seen),
        operator::check(seen),
    ]
}

fn registration(seen: &Seen) -> CheckResult {
    const CHECK: &str = "registration";
    for (webhook, kind, registration) in registrations(seen) {
        let name = format!("{kind}/{}", seen.configuration);
        let Some(registration) = registration else {
            let help = match seen.alike.as_slice() {
                [] => "install the chart, or say what it is called with --webhook-configuration".to_owned(),
                alike => format!("--webhook-configuration {} is there", alike.join(" or ")),
            };
            return CheckResult::wrong(
                CHECK,
                format!("there is no {name}: nothing is sent to syncguard"),
                help,
            );
        };
        let path = webhook.path();
        if let Some(foreign) = registration.webhooks.iter().find(|one| one.target.path() != path) {
            let message = format!(
                "{name} is not as syncguard needs it: {} calls {}",
                foreign.name,
                foreign.target.path()
            );
            return CheckResult::wrong(
                CHECK,
                message,
                format!("it has to call {path}; install the chart again"),
            );
        }
        let is_unsent = |resource: &&str| registration.versions_of(resource).is_none();
        if let Some(missing) = judged(webhook).into_iter().find(is_unsent) {
            let message = format!("{name} does not send {missing}");
            return CheckResult::wrong(CHECK, message, "install the chart again");
        }
    }
    CheckResult::ok(
        CHECK,
        format!("both webhook configurations called {} call syncguard", seen.configuration),
    )
}

/// What has to be sent to a webhook, as the API server names it.
fn judged(webhook: Webhook) -> Vec<&'static str> {
    let clusters = Kind::Cluster.resource();
    match webhook {
        Webhook::Validate => vec![
            clusters,
            Kind::ShardedCluster.resource(),
            "sgclusters/scale",
            Kind::PostgresConfig.resource(),
        ],
        // What an SGShardedCluster leaves out is filled in by the operator, cluster by cluster.
        Webhook::Mutate => vec![clusters],
    }
}

fn namespace(seen: &Seen) -> CheckResult {
    const CHECK: &str = "namespace";
    let all = registrations(seen).into_iter().filter_map(|(_, kind, found)| Some((kind, found?)));
    for (kind, registration) in all {
        if let Some(blind) = registration.webhooks.iter().find(|one| !one.selects_namespace) {
            let message = format!(
                "the namespace {} is excluded by the namespaceSelector of {kind}/{} ({})",
                seen.namespace, seen.configuration, blind.name
            );
            return CheckResult::wrong(
                CHECK,
                message,
                "label the namespace, or change webhooks.namespaceSelector of the chart",
            );
        }
    }
    ok_if_registered(CHECK, seen, format!("the namespace {} is selected", seen.namespace))
}

fn service(seen: &Seen) -> CheckResult {
    const CHECK: &str = "service";
    for Endpoint { target, service, .. } in &seen.endpoints {
        let Target::Service { namespace, name, port, .. } = target else { continue };
        match service {
            None | Some(Service::Hidden) => {
                let help = "it needs the permission to get services";
                return CheckResult::unknown(
                    CHECK,
                    format!("the Service {namespace}/{name} may not be read"),
                    help,
                );
            }
            Some(Service::Missing) => {
                let message =
                    format!("there is no Service {namespace}/{name}, and the webhooks are called there");
                return CheckResult::wrong(
                    CHECK,
                    message,
                    "install the chart again, or correct clientConfig.service",
                );
            }
            Some(Service::Found { ports, .. }) if !ports.contains(port) => {
                let ports = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "the webhooks call port {port} of the Service {namespace}/{name}, which has {ports}"
                );
                return CheckResult::wrong(
                    CHECK,
                    message,
                    "correct clientConfig.service.port, or the Service",
                );
            }
            Some(Service::Found { .. }) => {}
        }
    }
    let called: Vec<String> = seen.endpoints.iter().map(|endpoint| place(&endpoint.target)).collect();
    ok_if_registered(CHECK, seen, format!("called at {}", called.join(" and ")))
}

fn endpoints(seen: &Seen) -> CheckResult {
    const CHECK: &str = "endpoints";
    let mut ready_pods = 0;
    for Endpoint { target, service, shown } in &seen.endpoints {
        match (target, service, shown) {
            (Target::Service { namespace, name, .. }, Some(Service::Found { ready: 0, .. }), _) => {
                let message = format!("no pod behind the Service {namespace}/{name} is ready");
                let help = format!(
                    "see `kubectl -n {namespace} get pods`; the /readyz of a pod says what it waits for"
                );
                return CheckResult::wrong(CHECK, message, help);
            }
            (_, Some(Service::Found { ready, .. }), _) => ready_pods += ready,
            (Target::Url(url), _, Shown::Nothing(reason)) => {
                let message = format!("nothing answers at {url}: {reason}");
                return CheckResult::wrong(
                    CHECK,
                    message,
                    "start syncguard there, or correct clientConfig.url",
                );
            }
            (Target::Url(_), _, Shown::Certificate(_)) => ready_pods += 1,
            (Target::Service { .. }, _, _) => {
                return CheckResult::unknown(CHECK, "not looked for: the Service is not known", "");
            }
        }
    }
    ok_if_registered(CHECK, seen, format!("{ready_pods} ready"))
}

fn call(seen: &Seen) -> CheckResult {
    const CHECK: &str = "call";
    match &seen.sound.result {
        Ok(_) => CheckResult::ok(
            CHECK,
            format!("a sound cluster is admitted in {} ms (dry run)", seen.sound.took.as_millis()),
        ),
        Err((_, message)) if calls_failed(message) => {
            CheckResult::wrong(CHECK, format!("the API server cannot call: {message}"), cause(message))
        }
        Err((status, message)) => {
            let message =
                format!("the API server does not take a sound cluster as a dry run ({status}): {message}");
            CheckResult::unknown(
                CHECK,
                message,
                "see what refuses it; --namespace NAME tries another namespace",
            )
        }
    }
}

/// As the API server begins what it says of a webhook that it cannot reach or understand.
fn calls_failed(message: &str) -> bool {
    message.contains("failed calling webhook")
}

/// What to do, by the words that Go's network and TLS libraries use.
fn cause(message: &str) -> &'static str {
    const CAUSES: [(&str, &str); 7] = [
        ("x509:", "the caBundle does not verify the certificate: see `certificate`"),
        ("tls:", "the handshake fails: see `certificate`, and the log of syncguard"),
        ("no endpoints available", "no pod is ready: see `endpoints`"),
        ("not found", "correct clientConfig.service: see `service`"),
        ("connection refused", "nothing listens there: see `service` and `endpoints`"),
        ("no such host", "correct the host in clientConfig.url"),
        (
            "deadline exceeded",
            "let the API server through: a firewall between it and the nodes, or a NetworkPolicy",
        ),
    ];
    let known = CAUSES.iter().find(|(words, _)| message.contains(words));
    known.map_or("see the log of syncguard", |(_, help)| help)
}

fn judgment(seen: &Seen) -> CheckResult {
    const CHECK: &str = "judgment";
    let Answer { result, .. } = &seen.unsound;
    match result {
        _ if seen.unsound.names(broken_rule()) => {
            let how = if result.is_ok() { "passes with a warning" } else { "is refused" };
            CheckResult::ok(CHECK, format!("an unsound cluster {how}"))
        }
        Ok(_) => CheckResult::wrong(
            CHECK,
            "an unsound cluster passes without a word: syncguard is not asked, or fails and failurePolicy is Ignore",
            format!("see what else is wrong here, and whether the settings turn {} off", broken_rule()),
        ),
        Err((status, message)) => CheckResult::unknown(
            CHECK,
            format!("an unsound cluster is refused by somebody else ({status}): {message}"),
            "see what refuses it",
        ),
    }
}

fn completion(seen: &Seen) -> CheckResult {
    const CHECK: &str = "completion";
    let Ok(stored) = &seen.sound.result else {
        return CheckResult::unknown(CHECK, "no sound cluster was admitted", "");
    };
    let filled_in = &stored["spec"]["replication"]["syncInstances"];
    if filled_in.as_u64() == Some(INSTANCES - 1) {
        return CheckResult::ok(CHECK, "what is absent is filled in");
    }
    if seen.sound.names(overwritten_rule()) {
        let others = match seen.others.as_slice() {
            [] => "no other mutating webhook is called for sgclusters; look for a policy engine".to_owned(),
            others => format!("these are called too: {}", others.join(", ")),
        };
        let message = format!("somebody changes what syncguard fills in: syncInstances becomes {filled_in}");
        return CheckResult::wrong(CHECK, message, others);
    }
    let help = "see what else is wrong here, and whether the settings say deriveSyncInstances: false";
    CheckResult::wrong(CHECK, "syncInstances is not filled in: the mutating webhook is not asked", help)
}
