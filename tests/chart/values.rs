//! The values: the same in values.yaml, in its schema, and in the table of the chart's README.

use std::collections::BTreeSet;
use std::fs;
use syncguard_manifest as manifest;

use serde_json::{Map, Value};

use crate::{golden, helm::repository};

/// Between these lines of the README is the table.
const MARKS: [&str; 2] = ["<!-- values -->\n", "<!-- /values -->\n"];

/// A value that can be set.
struct Row {
    /// Its place, `image.tag`.
    path: String,
    /// What it is where nobody sets it, as it is written.
    default: String,
    /// The comment above it.
    about: String,
}

/// The rows of values.yaml: each key with a value of its own, and the comment above it.
fn rows(text: &str) -> Vec<Row> {
    let (mut rows, mut parents, mut about) = (Vec::new(), Vec::<String>::new(), Vec::new());
    for line in text.lines() {
        let content = line.trim_start();
        if let Some(comment) = content.strip_prefix("# ") {
            about.push(comment);
            continue;
        }
        // An element of a list belongs to the key before it.
        if let Some((key, value)) = content.split_once(':').filter(|_| !content.starts_with("- ")) {
            parents.truncate((line.len() - content.len()) / 2);
            parents.push(key.to_owned());
            let (path, default) = (parents.join("."), value.trim().to_owned());
            rows.push(Row { path, default, about: about.join(" ") });
        }
        about.clear();
    }
    let is_parent = |row: &Row| rows.iter().any(|other| other.path.starts_with(&format!("{}.", row.path)));
    let leaves: Vec<_> = rows.iter().map(|row| !is_parent(row)).collect();
    rows.into_iter().zip(leaves).filter_map(|(row, is_leaf)| is_leaf.then_some(row)).collect()
}

fn table(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let default = if row.default.is_empty() { "see values.yaml" } else { row.default.as_str() };
        format!("| `{}` | `{default}` | {} |\n", row.path, row.about.replace('|', "\\|"))
    };
    let head = "| value | default | |\n|---|---|---|\n".to_owned();
    rows.iter().map(line).fold(head, |all, line| all + &line)
}

/// Every place that a schema names; what may hold anything ends a path.
fn places(schema: &Value, root: &Value, path: &str, found: &mut BTreeSet<String>) {
    let definition = schema["$ref"].as_str().and_then(|name| root.pointer(name.trim_start_matches('#')));
    let schema = definition.unwrap_or(schema);
    let Some(properties) = schema["properties"].as_object() else {
        found.insert(path.to_owned());
        return;
    };
    for (key, inner) in properties {
        let place = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        places(inner, root, &place, found);
    }
}

#[test]
fn the_readme_lists_every_value() {
    let rows = rows(&fs::read_to_string(repository("chart/values.yaml")).unwrap());
    for row in &rows {
        assert!(!row.about.is_empty(), "values.yaml was to say above {} what it is", row.path);
    }
    let readme = fs::read_to_string(repository("chart/README.md")).unwrap();
    let (before, rest) = readme.split_once(MARKS[0]).expect("a mark before the table");
    let (_, after) = rest.split_once(MARKS[1]).expect("a mark behind the table");
    let [begin, end] = MARKS;
    golden::agrees("chart/README.md", &format!("{before}{begin}{}{end}{after}", table(&rows)));
}

#[test]
fn every_value_has_a_default_and_a_schema() {
    let schema = fs::read_to_string(repository("chart/values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let text = fs::read_to_string(repository("chart/values.yaml")).unwrap();
    let values: Value = manifest::parse(&text).documents[0].read().unwrap();
    let mut found = BTreeSet::new();
    places(&schema, &schema, "", &mut found);
    for place in found.iter().filter(|place| *place != "global") {
        // What is empty may hold any of the keys that the schema knows.
        let default =
            parents(place).find_map(|place| values.pointer(&format!("/{}", place.replace('.', "/"))));
        let is_whole = values.pointer(&format!("/{}", place.replace('.', "/"))).is_some();
        let is_open = default.and_then(Value::as_object).is_some_and(Map::is_empty);
        assert!(is_whole || is_open, "values.yaml was to give {place}, which the schema knows, a default");
    }
}

/// A place, what it is in, and so on outwards.
fn parents(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(place), |place| place.rsplit_once('.').map(|(parent, _)| parent))
}
