//! Texts are read as Kubernetes reads them: the table is its own answers, made by tests/tools/yaml.

use serde::Deserialize;
use serde_json::{Number, Value};
use syncguard_lint::pieces::documents;
use syncguard_manifest as manifest;

/// A text, and the documents that Kubernetes finds in it; none where it refuses the text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    Read(String, Vec<Value>),
    Refused((String,)),
}

/// The data of a text, without documents that hold none.
fn data(text: &str) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    for (bytes, _) in documents(text.as_bytes()) {
        let text = manifest::decode(bytes).map_err(|error| error.message)?;
        let read = manifest::parse(text);
        if let Some(error) = read.error {
            return Err(error.message);
        }
        for document in read.documents.iter().filter(|document| !document.is_empty()) {
            values.push(document.read::<Value>().map_err(|error| error.message)?);
        }
    }
    Ok(values)
}

/// Whether two values are equal where 1 and 1.0 are.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || Number::as_f64(a) == Number::as_f64(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

type Holds = fn(&str) -> bool;

/// Texts that are deliberately read otherwise, by what is in them, and why. None of them holds an object of Kubernetes.
const OTHERWISE: [(&str, Holds); 6] = [
    (
        "a byte order mark within a document is refused: go-yaml skips it or not, as it falls into its buffer",
        |text| text.contains('\u{feff}'),
    ),
    ("a comment glued to `---` is refused: kubectl takes it in all lines but the first", |text| {
        text.contains("---#")
    }),
    (
        "a line that ends otherwise than with a line feed: kubectl drops the document that begins behind it",
        |text| ["\r---", "\u{85}---", "\u{2028}---", "---\u{a0}"].iter().any(|odd| text.contains(odd)),
    ),
    ("an empty document that `...` ends: kubectl refuses it in all places but the first", |text| {
        text.split("---").any(|document| {
            let mut lines =
                document.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.next() == Some("...")
        })
    }),
    ("half a surrogate pair in JSON is refused: Go writes a replacement character", |text| {
        ["\\ud800", "\\udfff"].iter().any(|half| text.contains(half))
    }),
    ("the tag !!timestamp is refused: JSON has no such type", |text| text.contains("!!timestamp")),
];

#[test]
fn texts_are_read_as_kubernetes_reads_them() {
    let table = include_str!("../fixtures/yaml-typing.json");
    let cases: Vec<Case> = serde_json::from_str(table).expect("the table is JSON");
    let wrong: Vec<_> = cases.iter().filter_map(difference).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} texts are not read as Kubernetes reads them:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// How a text is read otherwise than by Kubernetes.
fn difference(case: &Case) -> Option<String> {
    let (text, expected) = match case {
        Case::Read(text, documents) => (text, Some(documents)),
        Case::Refused((text,)) => (text, None),
    };
    let found = data(text);
    let agrees = match (&found, expected) {
        (Ok(found), Some(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| equal(a, b))
        }
        (found, expected) => found.is_err() && expected.is_none(),
    };
    if agrees || OTHERWISE.iter().any(|(_, holds)| holds(text)) {
        return None;
    }
    Some(format!("{text:?}\n  is {expected:?}\n  was {found:?}"))
}

#[test]
fn what_is_read_otherwise_is_never_read_as_an_object() {
    for text in [
        "---\n\u{feff}kind: SGCluster\nspec:\n\u{feff}  instances: 1\n",
        "kind: A\n---# x\nkind: SGCluster\n",
        "kind: SGCluster\nmetadata: {name: !!timestamp 2001-01-01}\n",
    ] {
        assert!(data(text).is_err(), "{text:?} is refused, and not judged by half");
    }
}
