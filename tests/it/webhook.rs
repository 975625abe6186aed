//! The answers to reviews that a real API server sent, held against what an API server requires of answers.

use serde_json::{Value, json};
use syncguard::{
    settings::Settings,
    webhook::{self, Reply, Webhook},
};

use crate::wire::{apply, is_acceptable};

macro_rules! review {
    ($name:literal) => {
        (concat!($name, ".json"), include_str!(concat!("../fixtures/reviews/", $name, ".json")))
    };
}

const REVIEWS: [(&str, &str); 10] = [
    review!("create.mutate"),
    review!("create.validate"),
    review!("delete"),
    review!("mode-patch.validate"),
    review!("scale-6-to-1.mutate"),
    review!("scale-6-to-1.validate"),
    review!("server-side-apply.mutate"),
    review!("server-side-apply.validate"),
    review!("status-only-update.mutate"),
    review!("status-only-update.validate"),
];

fn captured(name: &str) -> Value {
    let (_, text) = REVIEWS.iter().find(|(file, _)| *file == format!("{name}.json")).unwrap();
    serde_json::from_str(text).unwrap()
}

fn send(webhook: Webhook, review: &Value) -> Reply {
    webhook::reply(webhook, review.to_string().as_bytes(), &Settings::default())
}

/// The response of an answer that an API server would take.
#[track_caller]
fn response(webhook: Webhook, review: &Value) -> Value {
    let reply = send(webhook, review);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.content_type, "application/json");
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    is_acceptable(webhook, review, &answer);
    answer["response"].clone()
}

#[test]
fn every_captured_review_is_answered_as_an_api_server_requires() {
    for (file, text) in REVIEWS {
        let review: Value = serde_json::from_str(text).unwrap();
        for webhook in [Webhook::Validate, Webhook::Mutate] {
            // Of a Scale nothing is completed, so only a judgment needs to know its cluster.
            if file.starts_with("scale") && webhook == Webhook::Validate {
                let reply = send(webhook, &review);
                assert_eq!(reply.status, 503, "{file}: while no cluster is known, failurePolicy must decide");
                let status: Value = serde_json::from_slice(&reply.body).unwrap();
                assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(503)), "{file}");
            } else {
                assert_eq!(
                    response(webhook, &review)["allowed"],
                    file != "mode-patch.validate.json" || webhook == Webhook::Mutate,
                    "{file}"
                );
            }
        }
    }
}

#[test]
fn the_documentations_example_is_admitted_as_it_stands_with_three_warnings() {
    let response = response(Webhook::Validate, &captured("create.validate"));
    let warnings: Vec<_> =
        response["warnings"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for (path, id) in [
        ("spec.replication.syncInstances", "[ignored-sync-instances]"),
        ("spec.nonProductionOptions.disableClusterPodAntiAffinity", "[strict-standbys-share-node]"),
        ("spec.postgres.version", "[stuck-commit-bug]"),
    ] {
        let found = warnings.iter().any(|warning| warning.starts_with(path) && warning.ends_with(id));
        assert!(found, "a warning at {path} of {id}, among {warnings:#?}");
    }
    assert_eq!(
        response["auditAnnotations"]["rules-raised"],
        "ignored-sync-instances,strict-standbys-share-node,stuck-commit-bug"
    );
    let mutated = self::response(Webhook::Mutate, &captured("create.mutate"));
    assert_eq!(mutated.get("patch"), None, "there is nothing to complete");
}

#[test]
fn a_denial_tells_every_error_in_causes_and_in_its_message() {
    let mut review = captured("create.validate");
    let spec = &mut review["request"]["object"]["spec"];
    spec["instances"] = json!(1);
    spec["replication"]["role"] = json!("reader");
    let response = response(Webhook::Validate, &review);
    let status = &response["status"];
    assert_eq!(response["allowed"], false);
    assert_eq!((&status["code"], &status["reason"]), (&json!(422), &json!("Invalid")));
    assert_eq!(status["details"]["kind"], "SGCluster");
    assert_eq!(status["details"]["group"], "stackgres.io");
    assert_eq!(status["details"]["name"], "sync-cluster");
    for (field, id) in
        [("spec.instances", "strict-sync-all-without-standby"), ("spec.replication.role", "unknown-role")]
    {
        let causes = status["details"]["causes"].as_array().unwrap();
        let cause =
            causes.iter().find(|cause| cause["reason"] == id).unwrap_or_else(|| panic!("a cause {id}"));
        assert_eq!(cause["field"], field);
        let message = cause["message"].as_str().unwrap();
        assert!(message.ends_with(&format!("[{id}]")), "kubectl prints field and message only: {message}");
        assert!(status["message"].as_str().unwrap().contains(message), "Helm prints the message only");
    }
}

#[test]
fn what_is_missing_is_completed() {
    for (remove, expected) in [
        (
            "/spec/replication/syncInstances",
            json!({"mode": "strict-sync-all", "role": "ha-read", "syncInstances": 5}),
        ),
        ("/spec/replication", json!({"mode": "async", "role": "ha-read"})),
    ] {
        let mut review = captured("create.mutate");
        let (parent, key) = remove.rsplit_once('/').unwrap();
        review["request"]["object"].pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        let response = response(Webhook::Mutate, &review);
        let object = apply(&review, &response["patch"]);
        assert_eq!(object["spec"]["replication"], expected, "without {remove}");
        assert!(
            response["auditAnnotations"]["defaults-applied"].as_str().is_some_and(|paths| !paths.is_empty())
        );
    }
}

#[test]
fn a_status_write_passes_without_news_even_on_a_broken_cluster() {
    let review = captured("status-only-update.validate");
    assert_eq!(
        review["request"]["object"]["spec"]["instances"], 1,
        "strict-sync-all on one instance is broken"
    );
    let validated = response(Webhook::Validate, &review);
    assert_eq!(validated["allowed"], true);
    let warnings = validated["warnings"].as_array().unwrap();
    for warning in warnings {
        assert!(
            warning.as_str().unwrap().contains("already present before"),
            "only the ratcheted errors are repeated: {warning}"
        );
    }
    let mut incomplete = captured("status-only-update.mutate");
    for object in ["object", "oldObject"] {
        incomplete["request"][object]["spec"].as_object_mut().unwrap().remove("replication");
    }
    assert_eq!(
        response(Webhook::Mutate, &incomplete).get("patch"),
        None,
        "spec is unchanged, so nothing is filled in"
    );
}

#[test]
fn an_update_of_any_field_of_spec_is_completed() {
    for (field, before, now, is_completed) in [
        ("/metadata/labels", json!({"a": "1"}), json!({"a": "2"}), false),
        ("/spec/instances", json!(6), json!(5), true),
        ("/spec/distributedLogs", json!({"retention": "7 days"}), json!({"retention": "8 days"}), true),
        // What is no whole number takes another way through the reader.
        ("/spec/distributedLogs", json!({"part": 1.5}), json!({"part": 1.5}), false),
        ("/spec/distributedLogs", json!({"part": 1.5}), json!({"part": 2.5}), true),
    ] {
        let mut review = captured("status-only-update.mutate");
        for (object, value) in [("oldObject", &before), ("object", &now)] {
            let object = &mut review["request"][object];
            object["spec"].as_object_mut().unwrap().remove("replication");
            let (parent, key) = field.rsplit_once('/').unwrap();
            object.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        let is_patched = response(Webhook::Mutate, &review).get("patch").is_some();
        assert_eq!(is_patched, is_completed, "{field} from {before} to {now}");
    }
}

#[test]
fn a_body_that_is_no_review_is_refused_with_a_reason() {
    for (body, reason) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not an AdmissionReview"),
        ("{}", "not an AdmissionReview"),
        (r#"{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview"}"#, "admission.k8s.io/v2"),
        (r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#, "no request"),
        (r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}"#, "no uid"),
        (
            r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE",
                "kind":{"group":"stackgres.io","kind":"SGCluster"},"object":null}}"#,
            "no object",
        ),
        (
            r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE",
                "kind":{"group":"stackgres.io","kind":"SGCluster"},"object":{"apiVersion":"v1","kind":"Pod"}}}"#,
            "something else",
        ),
        (&"[".repeat(100_000), "not JSON"),
        (&format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)), "not an AdmissionReview"),
    ] {
        let reply = webhook::reply(Webhook::Validate, body.as_bytes(), &Settings::default());
        let text = String::from_utf8_lossy(&reply.body);
        let shown: String = body.chars().take(80).collect();
        assert_eq!(reply.status, 400, "{shown}");
        assert!(text.contains(reason), "{shown} should be told {reason:?}, and is told {text:?}");
    }
}

#[test]
fn an_old_version_is_answered_in_its_own_version() {
    let mut review = captured("create.validate");
    review["apiVersion"] = json!("admission.k8s.io/v1beta1");
    assert_eq!(response(Webhook::Validate, &review)["allowed"], true);
}

#[test]
fn a_panic_is_answered_with_the_uid() {
    let review = captured("create.validate");
    let reply = webhook::reply_to_panic(review.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    is_acceptable(Webhook::Validate, &review, &answer);
    assert_eq!(answer["response"]["status"]["code"], 500);
    assert_eq!(webhook::reply_to_panic(b"nonsense").status, 500);
}

#[test]
fn where_the_settings_say_warn_an_error_is_a_warning_that_says_so() {
    let mut settings = Settings::default();
    settings.enforcement.add("fail*", syncguard::settings::Action::Warn).unwrap();
    let mut review = captured("create.validate");
    review["request"]["object"]["spec"]["instances"] = json!(1);
    for (namespace, allowed) in [("failover", true), ("production", false)] {
        review["request"]["namespace"] = json!(namespace);
        let reply = webhook::reply(Webhook::Validate, review.to_string().as_bytes(), &settings);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        is_acceptable(Webhook::Validate, &review, &answer);
        assert_eq!(answer["response"]["allowed"], allowed, "in {namespace}");
        let warnings = answer["response"]["warnings"].to_string();
        assert_eq!(warnings.contains("the settings say to warn"), allowed, "in {namespace}: {warnings}");
    }
}

/// An SGShardedCluster whose workers are described under this name.
fn described_in(workers: &str) -> Value {
    let workers = (workers.to_owned(), json!({"clusters": 2, "instancesPerCluster": 1}));
    let spec = serde_json::Map::from_iter([("coordinator".to_owned(), json!({"instances": 1})), workers]);
    json!({
        "apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster",
        "metadata": {"name": "db", "namespace": "n"}, "spec": spec,
    })
}

#[test]
fn an_object_that_becomes_unexplained_passes_with_a_warning_and_is_counted_and_logged() {
    const RULE: &str = "unserved-version";
    let update = |now: &str| {
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "1", "kind": {"group": "stackgres.io", "version": "v1beta1", "kind": "SGShardedCluster"},
            "name": "db", "namespace": "n", "operation": "UPDATE",
            "object": described_in(now), "oldObject": described_in("workers"),
        }})
    };
    for (workers, told) in [("workers", false), ("pools", true)] {
        let (log, review) = (tempfile::NamedTempFile::new().unwrap(), update(workers));
        let logged = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(log.reopen().unwrap()))
            .finish();
        let reply = tracing::subscriber::with_default(logged, || send(Webhook::Validate, &review));
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        let warnings = answer["response"]["warnings"].to_string();
        assert_eq!(reply.facts.allowed, Some(true), "{workers}: {warnings}");
        assert_eq!(warnings.contains(RULE), told, "what a person is told of {workers}: {warnings}");
        let counted = reply.facts.raised.iter().any(|(rule, _)| *rule == RULE);
        assert_eq!(counted, told, "what is counted of {workers}: {:?}", reply.facts.raised);
        let log = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(log.contains(" WARN ") && log.contains(RULE), told, "what is logged of {workers}: {log}");
    }
}
