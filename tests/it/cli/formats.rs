//! `-o`: the same findings as full text, lines, JSON and JSON lines, on standard output and beside.

use serde_json::{Value, json};

use super::{ALONE, PAIR, SOUND, folder::Folder};

const MESSAGE: &str = "strict-sync-all with 1 instance has no standby to wait for: the cluster runs asynchronous, and an \
                       acknowledged commit exists once";
const HELP: &str = "set it to 3 (2 is the least that keeps a second copy), or choose mode: async";

/// The finding of `ALONE` in `db.yaml`.
fn finding() -> Value {
    json!({
        "rule": "strict-sync-all-without-standby",
        "severity": "error",
        "message": MESSAGE,
        "help": HELP,
        "path": "spec.instances",
        "object": { "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "name": "alone" },
        "file": "db.yaml",
        "line": 6, "column": 14, "end_line": 6, "end_column": 15,
    })
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("this should be JSON, but {error}:\n{text}"))
}

/// Whether a schema describes this value: every key of it, and each that has to be there.
#[track_caller]
fn is_described(value: &Value, schema: &Value, definitions: &Value) {
    let named = schema["$ref"].as_str().or_else(|| schema["anyOf"][0]["$ref"].as_str());
    let schema = named.map_or(schema, |name| &definitions[name.trim_start_matches("#/$defs/")]);
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let property = &schema["properties"][key];
                assert!(!property.is_null(), "{key} is to be in {schema:#}");
                is_described(value, property, definitions);
            }
            for key in schema["required"].as_array().into_iter().flatten() {
                assert!(object.contains_key(key.as_str().unwrap()), "{key} is required, and not in {value}");
            }
        }
        Value::Array(items) => {
            for item in items {
                is_described(item, &schema["items"], definitions);
            }
        }
        _ => {}
    }
}

#[test]
fn json_is_as_the_schema_of_the_report_says() {
    let folder = Folder::with(&[("db.yaml", ALONE), ("other.yaml", "kind: Secret\n")]);
    let schema = json_of(&folder.run("schema report").out);
    for arguments in ["validate -o json db.yaml other.yaml", "validate -o json --no-summary db.yaml"] {
        is_described(&json_of(&folder.run(arguments).out), &schema, &schema["$defs"]);
    }
    let finding = schema["properties"]["findings"]["items"]["$ref"].as_str();
    assert_eq!(finding, Some("#/$defs/Finding"), "a line of -o jsonl has a name of its own");
}

#[test]
fn full_shows_the_lines_with_the_values_marked_and_help() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let expected = format!(
        "error[strict-sync-all-without-standby]: {MESSAGE}
 --> db.yaml:6:14
  |
6 |   instances: 1
  |              ^
7 |   replication:
8 |     mode: strict-sync-all
  |           --------------- promises that no commit is acknowledged without a standby
  |
  = note: SGCluster alone, spec.instances
  = help: {HELP}

1 cluster in 1 document of 1 file: 1 error, 0 warnings
"
    );
    for arguments in ["validate db.yaml", "validate -o full db.yaml", "validate --color never db.yaml"] {
        assert_eq!(folder.run(arguments).out, expected, "the full output of `{arguments}`");
    }
}

#[test]
fn color_is_there_where_it_is_asked_for_and_not_in_a_pipe() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    for (arguments, in_color) in [
        ("validate db.yaml", false),
        ("validate --color auto db.yaml", false),
        ("validate --color never db.yaml", false),
        ("validate --color always db.yaml", true),
    ] {
        let said = folder.run(arguments);
        assert_eq!(said.out.contains('\u{1b}'), in_color, "color in what `{arguments}` writes to a pipe");
    }
}

#[test]
fn concise_is_a_line_for_each_finding() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let line = format!("6:14: error[strict-sync-all-without-standby] spec.instances: {MESSAGE}");
    let summary = "1 cluster in 1 document of 1 file: 1 error, 0 warnings";
    assert_eq!(folder.run("validate -o concise db.yaml").out, format!("db.yaml:{line}\n{summary}\n"));
    assert_eq!(folder.run_with("validate -o concise", ALONE).out, format!("<stdin>:{line}\n{summary}\n"));
}

#[test]
fn json_has_the_agreed_shape() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let report = json_of(&folder.run("validate -o json db.yaml").out);
    assert_eq!(report["findings"], json!([finding()]), "the findings of -o json");
    for (key, number) in [("files", 1), ("documents", 1), ("clusters", 1), ("errors", 1), ("warnings", 0)] {
        assert_eq!(report["summary"][key], number, "{key} of the summary");
    }
}

#[test]
fn json_is_written_in_the_order_in_which_people_read_it() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let said = folder.run("validate -o json db.yaml").out;
    let keys = [
        "\"rule\"",
        "\"severity\"",
        "\"message\"",
        "\"help\"",
        "\"path\"",
        "\"object\"",
        "\"file\"",
        "\"line\"",
    ];
    let places: Vec<_> = keys.iter().map(|key| said.find(key)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "the order of the keys in {said}");
}

#[test]
fn json_lines_are_the_findings_alone() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let said = folder.run("validate -o jsonl db.yaml").out;
    assert_eq!(said.lines().map(json_of).collect::<Vec<_>>(), [finding()]);
}

#[test]
fn what_is_not_known_is_absent_from_json_and_not_null() {
    let folder = Folder::with(&[("sound.yaml", SOUND)]);
    let mut expected = finding();
    expected.as_object_mut().unwrap().remove("file");
    let said = folder.run_with("validate -o json", ALONE);
    assert_eq!(json_of(&said.out)["findings"], json!([expected]), "standard input has no file");
    let said = folder.run_with("validate -o json", ALONE.replace("  name: alone\n", "  namespace: shop\n"));
    assert_eq!(
        json_of(&said.out)["findings"][0]["object"],
        json!({ "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "namespace": "shop" }),
        "an object without a name"
    );
    let said = folder.run_with("validate -o jsonl -", "a: [");
    let finding = json_of(&said.out);
    assert_eq!(finding["rule"], "invalid-yaml");
    for key in ["path", "object", "file", "suggestion"] {
        assert_eq!(finding.get(key), None, "a text that is no YAML has no {key}");
    }
}

#[test]
fn json_without_a_finding_is_still_json() {
    let folder = Folder::with(&[("db.yaml", SOUND)]);
    let report = json_of(&folder.run("validate -o json db.yaml").out);
    assert_eq!(report["findings"], json!([]));
    assert_eq!(report["summary"]["clusters"], 1);
    assert_eq!(folder.run("validate -o jsonl db.yaml").out, "", "no finding, no line");
}

#[test]
fn a_format_with_a_file_is_written_beside() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let said = folder.run("validate -o concise -o json=out.json -o jsonl=out.jsonl db.yaml");
    assert_eq!(said.places(), ["db.yaml:6:14 error[strict-sync-all-without-standby]"]);
    assert_eq!(json_of(&folder.read("out.json"))["findings"], json!([finding()]));
    assert_eq!(json_of(&folder.read("out.jsonl")), finding());
    let said = folder.run("validate -o concise=out.txt db.yaml");
    assert!(
        said.out.contains(" --> db.yaml:6:14"),
        "the full format stays on standard output:\n{}",
        said.out
    );
    assert!(folder.read("out.txt").starts_with("db.yaml:6:14: error["));
}

#[test]
fn quiet_leaves_errors_and_no_summary() {
    let folder = Folder::with(&[("alone.yaml", ALONE), ("pair.yaml", PAIR)]);
    for (arguments, expected) in [
        (
            "validate -o jsonl .",
            vec![
                "error strict-sync-all-without-standby spec.instances",
                "warning strict-with-one-standby spec.instances",
            ],
        ),
        ("validate -o jsonl --quiet .", vec!["error strict-sync-all-without-standby spec.instances"]),
        ("validate -o jsonl -q pair.yaml", vec![]),
    ] {
        assert_eq!(folder.run(arguments).findings(), expected, "what `{arguments}` says");
    }
    assert_eq!(folder.run("validate -q pair.yaml").out, "", "no error, no word");
}

#[test]
fn the_summary_can_be_left_out_and_statistics_put_in() {
    let folder = Folder::with(&[("alone.yaml", ALONE), ("pair.yaml", PAIR), ("other.yaml", super::OTHER)]);
    let summary = "2 clusters in 3 documents of 3 files: 1 error, 1 warning; skipped 1 of other kinds";
    let statistics = "     1  strict-sync-all-without-standby\n     1  strict-with-one-standby\n";
    for (arguments, has_summary, has_statistics) in [
        ("validate -o concise .", true, false),
        ("validate -o concise --no-summary .", false, false),
        ("validate -o concise --statistics .", true, true),
        ("validate --statistics --no-summary .", false, true),
    ] {
        let said = folder.run(arguments).out;
        assert_eq!(said.contains(summary), has_summary, "the summary of `{arguments}`:\n{said}");
        assert_eq!(said.contains(statistics), has_statistics, "the statistics of `{arguments}`:\n{said}");
    }
    let report = json_of(&folder.run("validate -o json --no-summary .").out);
    assert_eq!(report.get("summary"), None, "--no-summary holds for JSON too");
}

#[test]
fn a_person_is_shown_fifty_findings_of_a_rule_in_a_file_and_a_program_all() {
    let many = |number| vec![PAIR; number].join("---\n");
    let folder = Folder::with(&[("a.yaml", many(60)), ("b.yaml", many(50)), ("c.yaml", many(51))]);
    let said = folder.run("validate -o concise -o json=all.json .");
    let shown = |file: &str| said.places().iter().filter(|place| place.starts_with(file)).count();
    for file in ["a.yaml", "b.yaml", "c.yaml"] {
        assert_eq!(shown(file), 50, "the findings of {file} that are shown");
    }
    let rest: Vec<_> = said.out.lines().filter(|line| line.contains(" more of ")).collect();
    assert_eq!(
        rest,
        ["a.yaml: and 10 more of strict-with-one-standby", "c.yaml: and 1 more of strict-with-one-standby"]
    );
    assert!(said.out.contains("0 errors, 161 warnings"), "all of them count:\n{}", said.out);
    assert_eq!(json_of(&folder.read("all.json"))["findings"].as_array().map(Vec::len), Some(161));
    assert_eq!(folder.run("validate -o jsonl .").out.lines().count(), 161, "-o jsonl has them all");
    assert!(folder.run("validate a.yaml").out.contains("\na.yaml: and 10 more of strict-with-one-standby\n"));
}
