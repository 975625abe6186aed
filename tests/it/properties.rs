//! What holds for every object, however wrong: nothing panics, nothing that was written is lost, and the same object
//! is judged alike wherever it comes from.

mod shapes;
mod written;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use syncguard::{
    settings::Settings,
    webhook::{self, Webhook, patch},
};
use syncguard_core::{
    policy::Policy,
    review::{self, Origin, Request},
    rule::{Check, Finding, Severity},
    view::{Body, Object},
};
use syncguard_lint::{Judge, KnownObjects, pieces::documents, source::Source};
use syncguard_manifest as manifest;
use syncguard_manifest::{SetValue, path::Step};

use crate::wire::is_acceptable;
use written::{any_json, cluster, object, sharded};

fn view(object: &Value) -> Body<'_> {
    Object::deserialize(object).unwrap().get().cloned().unwrap_or_default()
}

/// What is raised on an object as it is, by rule, severity and path.
fn findings(object: &Value, before: Option<&Value>, origin: Origin) -> Vec<(&'static str, Severity, String)> {
    let (now, before) = (view(object), before.map(view));
    let name = |finding: &Finding<'_>| (finding.rule.id, finding.severity, finding.path.to_string());
    judged(&now, before.as_ref(), origin).iter().map(name).collect()
}

fn judged<'a>(now: &'a Body<'a>, before: Option<&'a Body<'a>>, origin: Origin) -> Vec<Finding<'a>> {
    let request = Request { before, ..Request::new(now, origin) };
    review::judge(&request, &Policy::default())
}

fn errors(object: &Value, before: Option<&Value>) -> Vec<(&'static str, String)> {
    let all = findings(object, before, Origin::File).into_iter();
    all.filter(|(_, severity, _)| *severity == Severity::Error).map(|(rule, _, path)| (rule, path)).collect()
}

/// The object as the defaults leave it, the view of it, and whether anything was filled in.
fn completed(object: &Value, before: Option<&Value>) -> (Value, Vec<SetValue>) {
    let (mut now, before) = (view(object), before.map(view));
    let operations = review::complete(&mut now, before.as_ref(), &Policy::default(), || false);
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &patch::patch(&operations)).expect("the patch of the defaults applies");
    assert_eq!(now, view(&patched), "the completed view of {object} is that of the patched object");
    (patched, operations)
}

fn review_of(object: &Value, before: Option<&Value>) -> Value {
    let operation = if before.is_some() { "UPDATE" } else { "CREATE" };
    let kind = json!({"group": "stackgres.io", "version": "v1", "kind": object["kind"]});
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "7f1b", "kind": kind, "name": "db", "operation": operation, "object": object, "oldObject": before},
    })
}

/// The response to a review, seen to be one that an API server takes.
fn answered(webhook: Webhook, review: &Value) -> Value {
    let reply = webhook::reply(webhook, review.to_string().as_bytes(), &Settings::default());
    assert_eq!(reply.status, 200, "{} is answered with {}", review, String::from_utf8_lossy(&reply.body));
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    is_acceptable(webhook, review, &answer);
    answer["response"].clone()
}

type Found = BTreeSet<(&'static str, &'static str, String)>;

/// What `validate` finds in a text, but for what only a file can show.
fn offline(text: &str, inside: &str) -> Found {
    // What a program has made is no fragment, as a file may be.
    let source = Source::of_text("it.yaml", text.as_bytes().to_vec());
    let (policy, known) = (Policy::default(), KnownObjects::default());
    let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: true };
    let mut found = Found::new();
    for piece in source.pieces().unwrap() {
        let diagnostics = judge.piece(&source, &piece.unwrap()).diagnostics;
        let shared = diagnostics.into_iter().filter(|it| !is_of_files(it.rule));
        found.extend(shared.map(|it| {
            (it.rule.id, it.severity.name(), it.path.strip_prefix(inside).unwrap_or(&it.path).to_owned())
        }));
    }
    found
}

fn is_of_files(rule: &syncguard_core::rule::Rule) -> bool {
    rule.checks.iter().any(|check| matches!(check, Check::Manifest(_) | Check::Text))
}

/// A value in block style, its texts in double quotes, as a person could write it.
fn yaml(value: &Value, indent: usize) -> String {
    let quoted = |text: &str| {
        text.chars().fold("\"".to_owned(), |all, c| {
            if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') {
                all + &c.to_string()
            } else {
                format!("{all}\\U{:08x}", u32::from(c))
            }
        }) + "\""
    };
    let inside = |value: &Value| format!("\n{}", yaml(value, indent + 2));
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().fold(String::new(), |all, item| format!("{all}{:indent$}-{}\n", "", inside(item)))
        }
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().fold(String::new(), |all, (key, value)| {
                format!("{all}{:indent$}{}:{}\n", "", quoted(key), inside(value))
            })
        }
        Value::String(text) => format!("{:indent$}{}", "", quoted(text)),
        other => format!("{:indent$}{other}", ""),
    }
}

/// Every value that was written is still there, but for the one that follows the number of instances.
fn check_kept(before: &Value, after: &Value, path: &str) {
    match (before, after) {
        (Value::Null, _) => {}
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let now = new.get(key).unwrap_or_else(|| panic!("{path}.{key} was written, and is gone"));
                check_kept(value, now, &format!("{path}.{key}"));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            assert_eq!(old.len(), new.len(), "{path} has as many elements as it had");
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                check_kept(old, new, &format!("{path}[{index}]"));
            }
        }
        _ => assert_eq!(before, after, "{path} was written, and must stay"),
    }
}

fn derived(object: &Value) -> &Value {
    &object["spec"]["replication"]["syncInstances"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_object_is_judged_and_answered(now in object(), before in object(), any in any_json()) {
        for (now, before) in [(&now, None), (&now, Some(&before)), (&now, Some(&any)), (&any, Some(&now)), (&any, None)] {
            findings(now, before, Origin::File);
            findings(now, before, Origin::Admission);
        }
        for before in [None, Some(&before), Some(&any)] {
            answered(Webhook::Validate, &review_of(&now, before));
            answered(Webhook::Mutate, &review_of(&now, before));
        }
        for text in [any.to_string(), review_of(&any, Some(&now)).to_string(), format!("{now}\n---\n{any}\n")] {
            offline(&text, "");
            let bytes = text.as_bytes();
            let split: usize = documents(bytes).map(|(document, _)| document.len()).sum();
            prop_assert_eq!(split, bytes.len(), "the documents of a text are all of it");
            prop_assert!([200, 400].contains(&webhook::reply(Webhook::Validate, bytes, &Settings::default()).status));
        }
    }

    #[test]
    fn defaults_fill_gaps_and_touch_nothing_else(now in cluster(), before in cluster()) {
        for before in [None, Some(&before)] {
            let (patched, _) = completed(&now, before);
            let (again, more) = completed(&patched, before);
            prop_assert!(more.is_empty(), "a second pass over {patched} would fill in {more:?}");
            prop_assert_eq!(&again, &patched);
            let mut expected = now.clone();
            // A value that was derived once follows the number of instances.
            let follows = before.is_some_and(|before| derived(before).as_f64() == derived(&now).as_f64());
            if follows && !derived(&now).is_null() && derived(&now) != derived(&patched) {
                expected["spec"]["replication"]["syncInstances"] = derived(&patched).clone();
            }
            check_kept(&expected, &patched, "");
            let known = errors(&now, before);
            let new: Vec<_> = errors(&patched, before).into_iter().filter(|error| !known.contains(error)).collect();
            prop_assert!(new.is_empty(), "completing {now} (before: {before:?}) gives new errors: {new:?}");
        }
    }

    #[test]
    fn an_sgshardedcluster_gets_no_defaults(now in sharded()) {
        prop_assert!(completed(&now, None).1.is_empty());
    }

    #[test]
    fn one_object_is_judged_alike_from_yaml_json_and_a_review(now in object()) {
        let json = offline(&now.to_string(), "");
        prop_assert_eq!(&offline(&yaml(&now, 0), ""), &json, "through YAML, of {}", now);
        let review = offline(&review_of(&now, None).to_string(), "");
        prop_assert_eq!(&review, &json, "through an AdmissionReview, of {}", now);
        let text = yaml(&now, 0);
        let read = manifest::parse(&text);
        prop_assert_eq!(read.documents.len(), 1, "{} is one document", text);
    }

    #[test]
    fn what_was_so_before_is_never_denied(now in object(), status in any_json()) {
        prop_assert_eq!(errors(&now, Some(&now)), Vec::new(), "an update of {} to itself", now);
        let mut written = now.clone();
        written["status"] = status;
        written["extra"] = json!("changed");
        let review = review_of(&written, Some(&now));
        prop_assert_eq!(&answered(Webhook::Validate, &review)["allowed"], true);
        prop_assert!(answered(Webhook::Mutate, &review).get("patch").is_none(), "spec is as it was");
    }

    #[test]
    fn what_no_known_version_explains_is_never_denied((before, now) in shapes::reshaped()) {
        for before in [None, Some(&before), Some(&now)] {
            let errors: Vec<_> = findings(&now, before, Origin::Admission)
                .into_iter()
                .filter(|(_, severity, _)| *severity == Severity::Error)
                .collect();
            prop_assert!(errors.is_empty(), "{} is of another version, and is denied for {:?}", now, errors);
        }
    }

    #[test]
    fn a_finding_is_at_a_value_or_where_one_is_missing(now in object()) {
        let body = view(&now);
        for finding in judged(&body, None, Origin::File) {
            let mut here = &now;
            for step in finding.path.steps() {
                here = match (*step, here) {
                    (Step::Key(key), Value::Object(fields)) => match fields.get(key) {
                        Some(inside) => inside,
                        None => break,
                    },
                    (Step::Key(_), Value::Null) => break,
                    (Step::Index(index), Value::Array(elements)) if index < elements.len() => &elements[index],
                    _ => return Err(TestCaseError::fail(format!("{finding:?} is nowhere in {now}"))),
                };
            }
        }
    }
}

/// Whether something is written at a path of an object, as the paths of findings have it.
fn is_written(object: &Value, path: &str) -> bool {
    let body = view(object);
    let found = judged(&body, None, Origin::Admission);
    let steps = found.iter().find(|finding| finding.path.to_string() == path).map(|it| it.path.pointer());
    steps.is_some_and(|pointer| object.pointer(&pointer).is_some_and(|value| !value.is_null()))
}

#[test]
fn fields_that_nobody_knows_do_not_stop_the_judgment_of_those_that_are_known() {
    for (rule, object) in shapes::unsound() {
        let now = shapes::with_new_fields(&object, "newInThisVersion");
        let found = findings(&now, None, Origin::Admission);
        for finding in findings(&object, None, Origin::Admission) {
            let stays = found.contains(&finding) || !is_written(&object, &finding.2);
            assert!(stays, "{finding:?} of the example of {} with new fields in it: {found:?}", rule.id);
        }
    }
}
