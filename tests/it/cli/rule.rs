//! `rule`: the list, a page, and the same for programs and documents.

use serde_json::{Value, json};

use super::folder::syncguard;
use crate::golden;

const ID: &str = "strict-sync-all-without-standby";

#[test]
fn a_page_says_what_a_person_needs() {
    let said = syncguard(&format!("rule {ID}"));
    golden::agrees(&format!("tests/golden/rule-{ID}.txt"), &said.out);
    for part in [
        "\nWhy\n",
        "\nWhat to do\n",
        "\nSource\n",
        "\nLinks\n    https://",
        "\nBad example, at spec.instances\n",
        "\nGood example\n",
    ] {
        assert!(said.out.contains(part), "the page of {ID} has a part {part:?}:\n{}", said.out);
    }
    let said = syncguard("rule synchronous-commit-off").out;
    assert!(
        said.contains("\nLimitations\n"),
        "synchronous_commit can be set by a session, a role or a database:\n{said}"
    );
    assert!(
        said.contains("\nObserved\n    Patroni 3.3.0 and 4.1.0: "),
        "what was seen is told with the versions:\n{said}"
    );
}

#[test]
fn the_list_has_a_line_for_every_rule_that_a_finding_can_name() {
    let said = syncguard("rule").out;
    let page = syncguard("rule -o markdown").out;
    for line in said.lines() {
        let mut words = line.split_whitespace();
        let (id, severity) = (words.next().unwrap(), words.next().unwrap());
        assert!(["error", "warning"].contains(&severity), "the line {line:?} tells the severity");
        assert!(page.contains(&format!("\n## {id}\n")), "{id} has its section in the page of all rules");
    }
    for id in [ID, "invalid-yaml", "duplicate-key", "unused-ignore", "sharded-unused-override"] {
        assert!(said.lines().any(|line| line.split(' ').next() == Some(id)), "the list has {id}:\n{said}");
    }
}

#[test]
fn programs_get_the_same_as_json() {
    let one: Value = serde_json::from_str(&syncguard(&format!("rule -o json {ID}")).out).unwrap();
    assert_eq!((&one["id"], &one["severity"]), (&ID.into(), &"error".into()));
    let seen: Value = serde_json::from_str(&syncguard("rule -o json stuck-commit-bug").out).unwrap();
    let first = &seen["observed"][0];
    assert_eq!((&first["software"], &first["versions"]), (&json!("Patroni"), &json!(["3.3.0"])));
    assert!(
        seen["links"].as_array().unwrap().contains(&json!("https://github.com/patroni/patroni/issues/3468")),
        "the issue that the rule is about: {}",
        seen["links"]
    );
    let all: Value = serde_json::from_str(&syncguard("rule -o json").out).unwrap();
    assert!(all.as_array().unwrap().contains(&one), "the list holds the same facts as the page");
}

#[test]
fn documents_get_the_same_as_markdown() {
    let said = syncguard(&format!("rule -o markdown {ID}")).out;
    assert!(said.starts_with(&format!("## {ID}\n")), "the page is a section:\n{said}");
    assert!(said.contains("```yaml\n"), "the examples are code:\n{said}");
}
