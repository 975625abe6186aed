//! What is taken from a settings file, what is said of one that is refused, and that the schema says the same.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{Settings, schema};
use crate::causes::in_full;
use syncguard_core::rules;

/// What is gone by, or all that is said.
fn parse(text: &str) -> String {
    match Settings::parse("s.yaml", text.as_bytes(), false) {
        Ok(settings) => format!("{settings:?}"),
        Err(error) => in_full(&error),
    }
}

#[test]
fn a_settings_file_is_taken_whole_or_refused_with_what_to_change() {
    for (text, said) in [
        ("", "derive_sync_instances: true, honor_ignores: false"),
        (
            "deriveSyncInstances: false\nhonorIgnores: true",
            "derive_sync_instances: false, honor_ignores: true",
        ),
        ("rules: {strict-sync-all-without-standby: off}", "\"strict-sync-all-without-standby\": None"),
        (
            "rules: {strict-sync-all-without-standbys: warning}",
            "did you mean strict-sync-all-without-standby?",
        ),
        ("rules: {strict-sync-all-without-standby: fatal}", "\"fatal\" is not a severity"),
        ("rules: {fsync-off: 1}", "s.yaml: rules.fsync-off: \"1\" is not a severity"),
        ("rules: [fsync-off]", "s.yaml: rules: invalid type: sequence, expected a map"),
        ("rules: # {fsync-off: off}", "severities: {}"),
        ("enforcement: warn\nenforcement: deny", "have enforcement twice"),
        ("rules: {fsync-off: off, fsync-off: error}", "have rules.fsync-off twice"),
        ("enforcement: warn\n---\nenforcement: deny", "more than one document"),
        ("---\n---\nenforcement: warn", "everywhere: Warn"),
        ("honourIgnores: true", "unknown key \"honourIgnores\"; did you mean honorIgnores?"),
        ("rules.fsync-off: off", "unknown key \"rules.fsync-off\""),
        ("honorIgnores: yep", "s.yaml: honorIgnores: invalid type: string \"yep\", expected a boolean"),
        ("honorIgnores:", "s.yaml: honorIgnores: invalid type: null, expected a boolean"),
        ("enforcement: warn", "everywhere: Warn"),
        ("enforcement: off", "s.yaml: enforcement: invalid type: boolean `false`, expected deny or warn"),
        ("enforcement: {warn: null}", "s.yaml: enforcement: invalid type: map, expected deny or warn"),
        ("starts: 1", "s.yaml: starts: invalid type: integer `1`, expected deny or warn"),
        ("starts: deny", "starts: Deny"),
        ("namespaces: {prod-*: warn}", "Warn"),
        ("namespaces:", "namespaces: []"),
        ("namespaces: {'prod-[': deny}", "namespaces: error parsing glob"),
        (
            "namespaces: {prod: denied}",
            "s.yaml: namespaces.prod: unknown variant `denied`, expected `deny` or `warn`",
        ),
        ("operatorAccount: me", "operator_account: \"me\""),
        ("operatorAccount: 1", "s.yaml: operatorAccount: invalid type: integer `1`, expected a string"),
        ("stackGresVersion: ''", "stackgres_version: None"),
        ("stackGresVersion: '1.18'", "stackgres_version: Some(Release(1, 18, 8))"),
        ("stackGresVersion: 1.18.6", "stackgres_version: Some(Release(1, 18, 6))"),
        (
            "stackGresVersion: 1.19",
            "s.yaml: stackGresVersion: invalid type: floating point `1.19`, expected a version in quotes, such as \"1.18\"",
        ),
        ("stackGresVersion: '1.81'", "\"1.81\" is no known version of StackGres; did you mean 1.18?"),
        ("stackGresVersion: 1.18.6.1", "is no known version of StackGres"),
        ("stackGresVersion: 1.18.x", "is no known version of StackGres"),
        ("stackGresVersion: 1.18.300", "is no known version of StackGres"),
        ("stackGresVersion: '1.18.'", "is no known version of StackGres"),
        ("stackGresVersion: 1.19.0-rc5", "stackgres_version: Some(Release(1, 19, 0))"),
        ("[1]", "must be an object"),
        ("[{}, false]", "must be an object"),
        ("enforcement", "must be an object"),
        ("a: [", "s.yaml are not YAML: the bracket that opens here is never closed"),
    ] {
        assert!(parse(text).contains(said), "{text:?} should give {said:?}, and gives {:?}", parse(text));
    }
}

#[test]
fn a_reason_is_said_once() {
    for text in [
        "a: [",
        "honorIgnores: yep",
        "rules: {fsync-off: 1}",
        "namespaces: {'[': deny}",
        "stackGresVersion: '1'",
    ] {
        let said = parse(text);
        let reason = said.rsplit(": ").next().unwrap();
        assert_eq!(said.matches(reason).count(), 1, "{reason:?} stands once in {said:?}");
    }
}

/// The words that a schema lists.
fn words(schema: &Value) -> Vec<Value> {
    let listed = |key: &str| schema[key].as_array().into_iter().flatten();
    let words: Vec<_> = listed("enum").chain(listed("oneOf").map(|word| &word["const"])).cloned().collect();
    assert!(!words.is_empty(), "this was to list words: {schema}");
    words
}

#[test]
fn every_word_that_the_schema_lists_is_taken() {
    let schema = schema();
    let keys = &schema["properties"];
    let mut files = Vec::new();
    for key in ["enforcement", "starts"] {
        files.extend(words(&keys[key]).iter().map(|word| json!({key: word})));
    }
    let actions = words(&keys["namespaces"]["additionalProperties"]);
    files.extend(actions.iter().map(|word| json!({"namespaces": {"prod-*": word}})));
    for rule in rules::ALL {
        let severities = words(&keys["rules"]["properties"][rule.id]);
        files.extend(severities.iter().map(|word| json!({"rules": {rule.id: word}})));
    }
    for file in files {
        let taken = Settings::parse("s.yaml", file.to_string().as_bytes(), false);
        assert!(taken.is_ok(), "the schema offers {file}: {}", parse(&file.to_string()));
    }
}

#[test]
fn the_defaults_of_the_schema_are_what_is_gone_by_without_a_file() {
    let without = format!("{:?}", Settings::default());
    assert_eq!(parse(""), without);
    for (key, property) in schema()["properties"].as_object().unwrap() {
        let Some(default) = property.get("default") else { continue };
        let file = json!({key: default}).to_string();
        assert_eq!(parse(&file), without, "{file} says what is so without it");
    }
}

/// The keys of the settings in a text of the repository.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_readme_and_the_chart_know_every_key() {
    let repository = |path| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let schema = schema();
    let known = keys(&schema["properties"]);

    let chart: Value = serde_json::from_str(&repository("chart/values.schema.json")).unwrap();
    let of_chart = &chart["properties"]["settings"]["properties"];
    assert_eq!(keys(of_chart), known, "the settings in chart/values.schema.json");
    for key in ["enforcement", "starts"] {
        assert_eq!(
            words(&of_chart[key]),
            words(&schema["properties"][key]),
            "{key} in chart/values.schema.json"
        );
    }
    let severities = words(&of_chart["rules"]["additionalProperties"]);
    assert_eq!(
        severities,
        words(&schema["properties"]["rules"]["properties"][rules::ALL[0].id]),
        "its severities"
    );

    let values = repository("chart/values.yaml");
    let values: Value = syncguard_manifest::parse(&values).documents[0].read().unwrap();
    assert_eq!(keys(&values["settings"]), known, "the settings in chart/values.yaml");

    let readme = repository("README.md");
    let (_, settings) = readme.split_once("### Settings").unwrap();
    let example = settings.split("```").nth(1).unwrap().strip_prefix("yaml").unwrap();
    let shown: Value = syncguard_manifest::parse(example).documents[0].read().unwrap();
    assert_eq!(keys(&shown), known, "the settings in README.md");
    assert!(Settings::parse("README.md", example.as_bytes(), false).is_ok(), "{}", parse(example));
}
