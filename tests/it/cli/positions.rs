//! Lines and columns are those of the file, whatever it is written in.

use super::{ALONE, OTHER, SOUND, folder::Folder, folder::repository};

const RULE: &str = "error[strict-sync-all-without-standby]";

/// `SGCluster` alone as the item of a list.
fn listed() -> String {
    let items = [OTHER, ALONE].map(|text| format!("- {}", text.replace('\n', "\n  ").trim_end()));
    format!("apiVersion: v1\nkind: List\nitems:\n{}\n", items.join("\n"))
}

#[track_caller]
fn is_at(what: &str, file: &str, text: impl AsRef<[u8]>, places: &[&str]) {
    let folder = Folder::with(&[(file, text.as_ref())]);
    let expected: Vec<_> = places.iter().map(|place| format!("{file}:{place} {RULE}")).collect();
    assert_eq!(folder.run(&format!("validate -o concise {file}")).places(), expected, "the places in {what}");
    let full = folder.run(&format!("validate {file}")).out;
    for place in places {
        assert!(
            full.contains(&format!("--> {file}:{place}\n")),
            "the full output of {what} points at {place}:\n{full}"
        );
    }
}

#[test]
fn findings_point_at_the_value_in_every_kind_of_text() {
    let json = r#"{"apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "c"},
  "spec": {"instances": 1, "replication": {"mode": "strict-sync-all"}}}"#;
    let flow = "{apiVersion: stackgres.io/v1, kind: SGCluster, spec: {instances: 1, replication: {mode: strict-sync-all}}}";
    for (what, text, places) in [
        ("a single document", ALONE.to_owned(), vec!["6:14"]),
        ("the second of two documents", format!("{SOUND}---\n{ALONE}"), vec!["17:14"]),
        ("two documents", format!("---\n{ALONE}---\n{ALONE}"), vec!["7:14", "16:14"]),
        (
            "documents with empty ones between",
            format!("---\n---\n# nothing\n---\n{ALONE}...\n---\n"),
            vec!["10:14"],
        ),
        ("a text with Windows line ends", ALONE.replace('\n', "\r\n"), vec!["6:14"]),
        (
            "two documents with Windows line ends",
            format!("{ALONE}---\n{ALONE}").replace('\n', "\r\n"),
            vec!["6:14", "15:14"],
        ),
        ("a text that begins with a byte order mark", format!("\u{feff}{ALONE}"), vec!["6:14"]),
        ("one line behind a byte order mark", format!("\u{feff}{flow}"), vec!["1:66"]),
        ("one line", flow.to_owned(), vec!["1:66"]),
        ("a list", listed(), vec!["13:16"]),
        ("JSON in a YAML file", json.to_owned(), vec!["2:25"]),
        (
            "a line with letters of several bytes",
            ALONE.replace("instances: 1", "\"instances\" : 1 # Bär"),
            vec!["6:17"],
        ),
        (
            "a key behind letters of several bytes",
            flow.replace("{apiVersion", "{ä: ü, apiVersion"),
            vec!["1:72"],
        ),
    ] {
        is_at(what, "db.yaml", text, &places);
    }
    is_at("JSON", "db.json", json, &["2:25"]);
    is_at("JSON behind a byte order mark", "db.json", format!("\u{feff}{json}"), &["2:25"]);
    is_at("two objects of JSON", "db.json", format!("{json}\n{json}\n"), &["2:25", "4:25"]);
}

#[test]
fn the_template_that_helm_names_is_said() {
    let text = format!(
        "---\n# Source: shop/templates/cm.yaml\n{OTHER}---\n# Source: shop/charts/db/templates/db.yaml\n{ALONE}"
    );
    let folder = Folder::with(&[("out.yaml", text.as_str())]);
    assert_eq!(folder.run("validate -o concise out.yaml").places(), [format!("out.yaml:14:14 {RULE}")]);
    let full = folder.run_with("validate", &text).out;
    assert!(
        full.contains("= note: made from shop/charts/db/templates/db.yaml"),
        "the template is named:\n{full}"
    );
    let line = folder.run_with("validate -o jsonl", &text).out;
    assert!(
        line.contains(r#""template":"shop/charts/db/templates/db.yaml""#),
        "the template is named: {line}"
    );
}

#[test]
fn an_admission_review_is_judged_at_the_lines_of_its_object() {
    let places = |name: &str| {
        let file = repository(&format!("tests/fixtures/reviews/{name}.json"));
        let said = super::folder::syncguard(&format!("validate -o concise {}", file.display()));
        let prefix = format!("{}:", file.display());
        said.places().iter().map(|place| place.trim_start_matches(&prefix).to_owned()).collect::<Vec<_>>()
    };
    for (name, expected) in [
        (
            "create.validate",
            vec![
                "125:39 warning[strict-standbys-share-node]",
                "150:17 warning[stuck-commit-bug]",
                "156:23 warning[ignored-sync-instances]",
            ],
        ),
        ("mode-patch.validate", vec!["185:23 error[sync-instances-not-below-instances]"]),
        ("status-only-update.validate", vec!["148:18 warning[strict-sync-all-without-standby]"]),
        ("delete", vec![]),
    ] {
        assert_eq!(places(name), expected, "the findings of the captured review {name}");
    }
}

#[test]
fn a_field_that_should_not_be_there_is_marked_at_its_name() {
    let sharded = "apiVersion: stackgres.io/v1alpha1\nkind: SGShardedCluster\nspec:\n  replication:\n    groups:\n    - {}\n";
    for (what, text, place) in [
        ("a misspelt field", SOUND.replace("syncInstances:", "syncInstance:"), "10:5 error[unknown-field]"),
        (
            "a misspelt field whose value is on the next line",
            SOUND.replace("syncInstances: 2", "syncInstance:\n      2"),
            "10:5 error[unknown-field]",
        ),
        ("a field of another kind", sharded.to_owned(), "5:5 error[unknown-field]"),
        (
            "a removed field",
            SOUND.replace("  instances:", "  prometheusAutobind: true\n  instances:"),
            "6:3 warning[removed-field]",
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", text.as_str())]);
        let places = folder.run("validate -o concise db.yaml").places();
        let expected = format!("db.yaml:{place}");
        assert!(
            places.contains(&expected),
            "{what} is marked at {expected}, and not at {places:?} in\n{text}"
        );
    }
}

#[test]
fn an_absent_field_is_missed_at_its_nearest_ancestors_key() {
    for (text, place) in [
        (
            "apiVersion: stackgres.io/v1\nkind: SGCluster\nspec:\n  profile: testing\n",
            "db.yaml:3:1 warning[invalid-instances]",
        ),
        ("apiVersion: stackgres.io/v1\nkind: SGCluster\n", "db.yaml:1:1 error[invalid-instances]"),
    ] {
        let folder = Folder::with(&[("db.yaml", text)]);
        assert_eq!(folder.run("validate -o concise db.yaml").places(), [place], "the findings of {text:?}");
    }
}

#[test]
fn a_syntax_error_is_a_finding_at_its_place_and_the_documents_around_it_are_judged() {
    let folder = Folder::with(&[("db.yaml", format!("{ALONE}---\nkind: [\n---\n{ALONE}"))]);
    let said = folder.run("validate -o concise db.yaml");
    let expected = [
        format!("db.yaml:6:14 {RULE}"),
        "db.yaml:10:7 error[invalid-yaml]".to_owned(),
        format!("db.yaml:17:14 {RULE}"),
    ];
    assert_eq!(said.places(), expected);
}

#[test]
fn a_key_that_stands_twice_is_reported_where_the_last_one_is() {
    let text = ALONE.replace("  instances: 1\n", "  instances: 1\n  instances: 3\n");
    let folder = Folder::with(&[("db.yaml", text)]);
    let said = folder.run("validate -o concise db.yaml");
    assert_eq!(said.places(), ["db.yaml:7:3 warning[duplicate-key]"], "the last one, 3, is in effect");
    let full = folder.run("validate db.yaml").out;
    assert!(full.contains("written here first"), "the earlier one is shown too:\n{full}");
}

#[test]
fn the_column_in_a_long_line_is_the_same_in_every_form() {
    let long = format!(
        r#"{{"apiVersion":"stackgres.io/v1","metadata":{{"annotations":{{"a":"{}é"}}}},"kind":"SGCluster","spec":{{"instances":1,"replication":{{"mode":"strict-sync-all"}}}}}}"#,
        "x".repeat(500)
    );
    let column = long.split("\"instances\":").next().unwrap().chars().count() + 13;
    let folder = Folder::with(&[("db.json", long)]);
    for form in ["concise", "full"] {
        let said = folder.run(&format!("validate -o {form} db.json")).out;
        assert!(
            said.contains(&format!("db.json:1:{column}")),
            "-o {form} points at column {column}:\n{said}"
        );
    }
}
