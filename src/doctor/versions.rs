//! What the API server serves, held against what is known here and what is registered.

use super::registered::{ok_if_registered, registrations};
use super::{CheckResult, Seen};
use syncguard_core::view::Kind;

pub(super) fn check(seen: &Seen) -> CheckResult {
    const CHECK: &str = "versions";
    let served = match &seen.served {
        Ok(served) => served,
        Err(reason) => {
            let help = "it needs to read /apis, as the ClusterRole system:discovery lets everybody";
            return CheckResult::unknown(
                CHECK,
                format!("which versions are served is not known: {reason}"),
                help,
            );
        }
    };
    let is_unknown = |(kind, version): &&(Kind, String)| !kind.versions().contains(&version.as_str());
    if let Some((kind, version)) = served.iter().find(is_unknown) {
        let message =
            format!("the API server serves {} as {version}, which this syncguard does not know", kind.name());
        return CheckResult::wrong(CHECK, message, "use a newer syncguard: what is new there is not judged");
    }
    if let Some(message) = unregistered(seen, served) {
        let help = "install the chart of this version: such objects are judged as another version, or, where \
                    matchPolicy is Exact, not at all";
        return CheckResult::wrong(CHECK, message, help);
    }
    if !served.iter().any(|(kind, _)| *kind == Kind::Cluster) {
        let message = "the API server does not serve SGClusters";
        return CheckResult::wrong(CHECK, message, "install StackGres; its CRDs are enough");
    }
    let named = served.iter().map(|(kind, version)| format!("{} {version}", kind.name()));
    let named = named.collect::<Vec<_>>().join(", ");
    ok_if_registered(CHECK, seen, format!("all that is served is known and registered: {named}"))
}

/// The first version that is served, and not named where its resource is registered.
fn unregistered(seen: &Seen, served: &[(Kind, String)]) -> Option<String> {
    registrations(seen).into_iter().find_map(|(_, of, registration)| {
        let is_missing = |(kind, version): &&(Kind, String)| {
            let sent = registration.and_then(|registration| registration.versions_of(kind.resource()));
            sent.is_some_and(|sent| !sent.contains(&version.as_str()) && !sent.contains(&"*"))
        };
        let (kind, version) = served.iter().find(is_missing)?;
        let (name, resource) = (&seen.configuration, kind.resource());
        Some(format!("{of}/{name} does not name {version} of {resource}, which the API server serves"))
    })
}
