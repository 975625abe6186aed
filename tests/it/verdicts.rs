//! Parity with the operator of StackGres 1.18: where its own webhook denies an object we raise an error at a field at fault,
//! and where it allows one, an error of ours is one that the operator does not know.

use serde::Deserialize;
use serde_json::Value;
use syncguard_core::{
    policy::Policy,
    review::{self, Origin, Request},
    rule::{Finding, Related, Severity},
    view::Object,
};

/// One object, and what the operator's code said of it.
#[derive(Deserialize)]
struct Case {
    object: Value,
    operator: String,
    /// The fields at fault; none where it does not say.
    fields: Option<Vec<String>>,
    /// What it fills in, by path.
    patch: Option<serde_json::Map<String, Value>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../fixtures/operator-verdicts.json")).unwrap()
}

/// The errors of an object as the webhook finds them after completion, without ratcheting, which the operator lacks.
fn errors<T>(case: &Case, see: impl Fn(&[Finding<'_>]) -> T) -> T {
    let object = Object::deserialize(&case.object).unwrap();
    let mut body = object.get().unwrap().clone();
    review::complete(&mut body, None, &Policy::default(), || false);
    let request = Request::new(&body, Origin::Admission);
    let mut findings = review::judge(&request, &Policy::default());
    findings.retain(|finding| finding.severity == Severity::Error);
    see(&findings)
}

/// The places of a finding: its own, and the other value of the comparison.
fn places(finding: &Finding<'_>) -> Vec<String> {
    let other = match &finding.related {
        Some(Related::Here { place, .. }) => Some(place.path().to_string()),
        _ => None,
    };
    [finding.path.to_string()].into_iter().chain(other).collect()
}

#[test]
fn what_the_operator_denies_is_an_error_at_a_field_at_fault() {
    for case in cases().iter().filter(|case| case.operator == "deny") {
        errors(case, |errors| {
            let fields = case.fields.as_deref().unwrap_or_default();
            let hit =
                errors.iter().flat_map(places).any(|place| fields.is_empty() || fields.contains(&place));
            assert!(
                hit,
                "the operator denies {} for {fields:?}; our errors: {errors:?}",
                case.object["spec"]
            );
        });
    }
}

#[test]
fn where_the_operator_allows_an_error_is_one_that_it_does_not_know() {
    for case in cases().iter().filter(|case| case.operator == "allow") {
        errors(case, |errors| {
            let known: Vec<_> = errors.iter().filter(|error| error.rule.operator_denies).collect();
            assert!(known.is_empty(), "the operator allows {}; our errors: {known:?}", case.object["spec"]);
        });
    }
}

/// What the operator recomputes, which we warn of and never fill in ourselves.
fn is_recomputed(path: &str) -> bool {
    path.ends_with("].instances")
}

#[test]
fn the_defaults_of_an_sgcluster_are_the_operators() {
    for case in cases().iter().filter(|case| case.operator == "allow" && case.object["kind"] == "SGCluster") {
        let object = Object::deserialize(&case.object).unwrap();
        let mut body = object.get().unwrap().clone();
        let mut policy = Policy::default();
        policy.derive_sync_instances = false;
        let operations = review::complete(&mut body, None, &policy, || false);
        for (path, value) in case.patch.iter().flatten().filter(|(path, _)| !is_recomputed(path)) {
            let filled = operations.iter().find(|operation| operation.path.to_string() == *path);
            assert_eq!(
                filled.map(|operation| &operation.value),
                Some(value),
                "{path} of {}",
                case.object["spec"]
            );
        }
    }
}
