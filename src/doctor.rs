//! Why a webhook is not called, or fails: from what was seen of an installation to what is wrong with it.
//!
//! `examination` looks, and what follows from what it has seen asks nobody anything; `cli` tells.

mod certificates;
mod checks;
mod examination;
mod handshake;
mod operator;
mod operator_account;
mod probe;
mod registered;
mod seen;
mod versions;

use serde::Serialize;

pub use checks::diagnose;
pub use examination::examine;
pub use operator::{service_account, user_name};
pub use probe::{sound, unsound};
pub use seen::{Answer, Endpoint, Existence, Operator, Registered, Registration, Seen, Service, Shown};

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// This is why the webhook is not called or fails, or will be.
    Wrong,
    /// It cannot be told from here.
    Unknown,
}

impl Outcome {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }
}

/// One check, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// What was found.
    pub message: String,
    /// What to do; empty where there is nothing to be done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
}

impl CheckResult {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, message: message.into(), help: String::new() }
    }

    fn wrong(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Wrong, message: message.into(), help: help.into() }
    }

    fn unknown(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Unknown, message: message.into(), help: help.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::certificates::{Authority, ServingCertificate};
    use crate::kubernetes::{Rule, Target};
    use crate::stored::KINDS;
    use syncguard_core::policy::OPERATOR_ACCOUNT;
    use syncguard_core::view::Kind;

    /// Seconds from 1970 to a day in 2030.
    const MOMENT: i64 = 1_900_000_000;

    fn noon() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(MOMENT).unwrap()
    }

    fn answer(result: Result<Value, (u16, String)>, warnings: &[&str]) -> Answer {
        let warnings = warnings.iter().map(|warning| (*warning).to_owned()).collect();
        Answer { result, warnings, took: std::time::Duration::from_millis(4) }
    }

    /// A resource in all known versions.
    fn rule(resource: &str) -> Rule {
        let kind = Kind::ALL.into_iter().find(|kind| kind.resource() == resource);
        let versions = kind.into_iter().flat_map(Kind::versions).map(|version| (*version).to_owned());
        Rule { resources: vec![resource.to_owned()], versions: versions.collect() }
    }

    /// An installation behind a URL with which nothing is wrong, on a leaf of an hour.
    fn sound_installation() -> Seen {
        let authority = Authority::issue(Duration::days(1), noon()).unwrap();
        let leaf = authority.issue_leaf(&["a.b".parse().unwrap()], Duration::hours(1), noon()).unwrap();
        let chain = ServingCertificate::from_pem(&leaf).unwrap().chain();
        let registration = |path: &str, resources: &[&str]| {
            let target = Target::Url(format!("https://a.b{path}").parse().unwrap());
            let bundle = authority.certificate().to_owned();
            let rules = resources.iter().map(|kind| rule(kind)).collect();
            let name = "w".to_owned();
            let webhook = Registered { name, target, bundle, selects_namespace: true, rules };
            Some(Registration { webhooks: vec![webhook] })
        };
        let [clusters, sharded, configs] =
            [Kind::Cluster, Kind::ShardedCluster, Kind::PostgresConfig].map(Kind::resource);
        let target = Target::Url("https://a.b/validate".parse().unwrap());
        Seen {
            configuration: "syncguard".to_owned(),
            alike: Vec::new(),
            namespace: "n".to_owned(),
            now: noon(),
            server_time: Some(noon()),
            served: Ok(KINDS.iter().flat_map(|kind| served(*kind, kind.versions())).collect()),
            validating: registration("/validate", &[clusters, sharded, configs, "sgclusters/scale"]),
            mutating: registration("/mutate", &[clusters]),
            endpoints: vec![Endpoint { target, service: None, shown: Shown::Certificate(chain) }],
            others: Vec::new(),
            operator: Ok(operator(Existence::Found)),
            sound: answer(Ok(json!({"spec": {"replication": {"syncInstances": 2}}})), &[]),
            unsound: answer(Err((422, "x [strict-sync-all-without-standby]".to_owned())), &[]),
        }
    }

    fn operator(existence: Existence) -> Operator {
        Operator { user: OPERATOR_ACCOUNT.to_owned(), existence }
    }

    fn served(kind: Kind, versions: &[&str]) -> Vec<(Kind, String)> {
        versions.iter().map(|version| (kind, (*version).to_owned())).collect()
    }

    /// After this change the check speaks like this, and every other one is content.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Seen), name: &str, outcome: Outcome, words: &str) {
        let mut seen = sound_installation();
        change(&mut seen);
        for check in diagnose(&seen) {
            let expected = if check.check == name { outcome } else { Outcome::Ok };
            assert_eq!(check.outcome, expected, "{}: {}", check.check, check.message);
            let said = format!("{}; {}", check.message, check.help);
            assert!(check.check != name || said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn what_no_test_can_break_in_a_real_cluster_is_found_too() {
        check(|_| {}, "call", Outcome::Ok, "admitted in 4 ms");
        let behind = |seen: &mut Seen| seen.server_time = Some(noon() - Duration::minutes(5));
        check(behind, "clock", Outcome::Wrong, "300 s apart");
        check(|seen| seen.server_time = None, "clock", Outcome::Unknown, "");
        let late = |seen: &mut Seen| seen.now = noon() + Duration::minutes(57);
        let late_everywhere = |seen: &mut Seen| {
            late(seen);
            seen.server_time = Some(seen.now);
        };
        check(late_everywhere, "expiry", Outcome::Wrong, "has not been renewed");
        let warned = |seen: &mut Seen| {
            seen.unsound = answer(Ok(json!({})), &["x [strict-sync-all-without-standby]"]);
        };
        check(warned, "judgment", Outcome::Ok, "passes with a warning");
        let unsent = |seen: &mut Seen| {
            if let Some(registration) = &mut seen.validating {
                registration.webhooks[0].rules.retain(|rule| rule.resources != ["sgclusters/scale"]);
            }
        };
        check(unsent, "registration", Outcome::Wrong, "does not send sgclusters/scale");
    }

    #[test]
    fn the_operators_account_has_to_exist() {
        let missing = |others: &[&str]| {
            operator(Existence::Missing { others: others.iter().map(|other| (*other).to_owned()).collect() })
        };
        let other = Operator { user: "jane".to_owned(), existence: Existence::NoServiceAccount };
        let nobody = Operator { user: String::new(), existence: Existence::NoServiceAccount };
        let elsewhere = "system:serviceaccount:sg:stackgres-operator";
        for (seen_of_it, outcome, words) in [
            (Ok(operator(Existence::Found)), Outcome::Ok, "stackgres:stackgres-operator exists"),
            (Ok(missing(&[])), Outcome::Wrong, "the account that the operator's pods run as"),
            (
                Ok(missing(&[elsewhere])),
                Outcome::Wrong,
                "system:serviceaccount:sg:stackgres-operator, which exists",
            ),
            (
                Ok(operator(Existence::Unknown("it is forbidden".to_owned()))),
                Outcome::Unknown,
                "it is forbidden",
            ),
            (Ok(other), Outcome::Unknown, "jane, which is no service account"),
            (Ok(nobody), Outcome::Ok, "no account is excused"),
            (Err("there is no ConfigMap".to_owned()), Outcome::Unknown, "--settings FILE"),
        ] {
            check(|seen| seen.operator = seen_of_it, "operator", outcome, words);
        }
    }

    #[test]
    fn what_is_served_is_held_against_what_is_known_and_registered() {
        const CHECK: &str = "versions";
        check(|_| {}, CHECK, Outcome::Ok, "SGShardedCluster v1beta1, SGShardedCluster v1alpha1");
        let older = |seen: &mut Seen| {
            seen.served =
                Ok([served(Kind::Cluster, &["v1"]), served(Kind::ShardedCluster, &["v1alpha1"])].concat());
        };
        check(older, CHECK, Outcome::Ok, "SGShardedCluster v1alpha1");
        let newer = |seen: &mut Seen| {
            seen.served =
                Ok([served(Kind::Cluster, &["v1"]), served(Kind::ShardedCluster, &["v1"])].concat());
        };
        check(newer, CHECK, Outcome::Wrong, "SGShardedCluster as v1, which this syncguard does not know");
        let registered = |versions: &'static [&'static str]| {
            move |seen: &mut Seen| {
                let Some(registration) = &mut seen.validating else { panic!("there is one") };
                let rules = registration.webhooks[0].rules.iter_mut();
                for rule in rules.filter(|rule| rule.resources == [Kind::ShardedCluster.resource()]) {
                    rule.versions = versions.iter().map(|version| (*version).to_owned()).collect();
                }
            }
        };
        check(registered(&["v1alpha1"]), CHECK, Outcome::Wrong, "does not name v1beta1 of sgshardedclusters");
        check(registered(&["*"]), CHECK, Outcome::Ok, "");
        let nothing = |seen: &mut Seen| seen.served = Ok(Vec::new());
        check(nothing, CHECK, Outcome::Wrong, "does not serve SGClusters");
        check(|seen| seen.served = Err("it is forbidden".to_owned()), CHECK, Outcome::Unknown, "forbidden");
    }
}
