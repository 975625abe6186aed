//! The checks of certificates: whether the one that is served is trusted, how long it is valid, and whether the clocks agree.

use std::time::Duration;

use super::registered::{nothing_registered, place, registrations};
use super::{CheckResult, Endpoint, Seen, Shown};
use crate::{certificates::utc, kubernetes::Target};

/// The clocks of two machines differ by less; certificates are valid from an hour before they are issued.
const SKEW: Duration = Duration::from_mins(1);
/// Of a certificate's life, how much may be left before somebody should have renewed it.
const LAST_PART: i32 = 20;

pub(super) fn certificate(seen: &Seen) -> CheckResult {
    const CHECK: &str = "certificate";
    let mut unseen = nothing_registered(seen).map(str::to_owned);
    for (_, kind, registration) in registrations(seen) {
        for one in registration.into_iter().flat_map(|registration| &registration.webhooks) {
            match shown(seen, &one.target) {
                Some(Shown::Certificate(chain)) => {
                    if let Err(error) = chain.verify(&one.target.host(), &one.bundle, seen.now) {
                        let message = format!(
                            "the caBundle of {kind}/{} ({}) does not verify the serving certificate: {error}",
                            seen.configuration, one.name
                        );
                        let help = "put the CA that issued the certificate there; with --ca-secret or --ca-bundle \
                                    syncguard does so itself";
                        return CheckResult::wrong(CHECK, message, help);
                    }
                }
                Some(Shown::Nothing(reason)) => unseen = Some(format!("not seen from here: {reason}")),
                None => {}
            }
        }
    }
    match unseen {
        Some(unseen) => CheckResult::unknown(
            CHECK,
            unseen,
            "run doctor where the Service can be reached, or see what `call` says",
        ),
        None => CheckResult::ok(CHECK, "each caBundle verifies the serving certificate"),
    }
}

fn shown<'s>(seen: &'s Seen, target: &Target) -> Option<&'s Shown> {
    let same = |endpoint: &&Endpoint| place(&endpoint.target) == place(target);
    seen.endpoints.iter().find(same).map(|endpoint| &endpoint.shown)
}

pub(super) fn expiry(seen: &Seen) -> CheckResult {
    const CHECK: &str = "expiry";
    let mut first_end = None;
    for endpoint in &seen.endpoints {
        let Shown::Certificate(chain) = &endpoint.shown else { continue };
        let Ok((begin, end)) = chain.validity() else { continue };
        let place = place(&endpoint.target);
        let help = "see the log of syncguard: it says why the certificate is not renewed";
        if !(begin..=end).contains(&seen.now) {
            let message =
                format!("the certificate shown at {place} is valid from {} to {} only", utc(begin), utc(end));
            return CheckResult::wrong(CHECK, message, help);
        }
        if end - seen.now < (end - begin) / LAST_PART {
            let message =
                format!("the certificate shown at {place} ends at {}, and has not been renewed", utc(end));
            return CheckResult::wrong(CHECK, message, help);
        }
        first_end = first_end.filter(|earlier| *earlier < end).or(Some(end));
    }
    match first_end {
        Some(end) => CheckResult::ok(CHECK, format!("the serving certificate is valid until {}", utc(end))),
        None => CheckResult::unknown(CHECK, "no certificate is seen from here", ""),
    }
}

pub(super) fn clock(seen: &Seen) -> CheckResult {
    const CHECK: &str = "clock";
    let Some(server) = seen.server_time else {
        return CheckResult::unknown(CHECK, "the API server does not say what time it is", "");
    };
    let skew = (seen.now - server).unsigned_abs();
    if skew > SKEW {
        let message = format!("the clock here and that of the API server are {} s apart", skew.as_secs());
        return CheckResult::wrong(CHECK, message, "set both by NTP: certificates are valid by the clock");
    }
    CheckResult::ok(CHECK, "the clock here and that of the API server agree")
}
