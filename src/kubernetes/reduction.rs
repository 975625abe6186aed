//! The part of an object's text that a judgment reads: the fields of the view, and nothing else that somebody has written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use syncguard_core::view::{Key, Shape};

/// The text of a value of this shape, without the keys that nobody reads.
pub(super) fn reduced(shape: Shape, text: &RawValue) -> Box<RawValue> {
    let mut kept = String::new();
    keep(shape, text, &mut kept);
    // Made of texts that are JSON; and if it were none, all of it would be kept.
    RawValue::from_string(kept).unwrap_or_else(|_| text.to_owned())
}

fn keep(shape: Shape, text: &RawValue, kept: &mut String) {
    match shape {
        Shape::Object { fields, .. } => match serde_json::from_str(text.get()) {
            Ok(Entries(entries)) => keep_fields(fields, &entries, kept),
            Err(_) => kept.push_str(text.get()),
        },
        Shape::List(element) => match serde_json::from_str::<Vec<&RawValue>>(text.get()) {
            Ok(elements) => keep_elements(*element, &elements, kept),
            Err(_) => kept.push_str(text.get()),
        },
        Shape::Any | Shape::Text | Shape::Flag | Shape::Integer | Shape::IntegerOrText | Shape::Map(_) => {
            kept.push_str(text.get());
        }
    }
}

fn keep_fields(fields: &[(&str, Shape)], entries: &[(Key<'_>, &RawValue)], kept: &mut String) {
    kept.push('{');
    let mut separator = "";
    for (Key(key), value) in entries {
        if let Some((name, shape)) = fields.iter().find(|(name, _)| name == key) {
            kept.extend([separator, "\"", name, "\":"]);
            keep(*shape, value, kept);
            separator = ",";
        }
    }
    kept.push('}');
}

fn keep_elements(shape: Shape, elements: &[&RawValue], kept: &mut String) {
    kept.push('[');
    for (index, element) in elements.iter().enumerate() {
        kept.push_str(if index == 0 { "" } else { "," });
        keep(shape, element, kept);
    }
    kept.push(']');
}

/// The entries of an object in their order, values as text.
struct Entries<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncguard_core::view::{Spec, Typed};

    #[test]
    fn what_is_read_stays_as_it_was_written() {
        for (spec, kept) in [
            (r#"{"instances": 3, "distributedLogs": {"retention": "7 days"}}"#, r#"{"instances":3}"#),
            (
                r#"{"shards": {"overrides": [{"index": 1, "podsMetadata": {}}, 7], "clusters": "2"}}"#,
                r#"{"shards":{"overrides":[{"index":1},7],"clusters":"2"}}"#,
            ),
            (
                r#"{"postgresql.conf": {"fsync": "off", "anything": "at all"}}"#,
                r#"{"postgresql.conf":{"fsync": "off", "anything": "at all"}}"#,
            ),
            (r#"{"instances": 1, "inst\u0061nces": 2}"#, r#"{"instances":1,"instances":2}"#),
            (r#"{"replication": "none"}"#, r#"{"replication":"none"}"#),
            ("null", "null"),
            ("[1]", "[1]"),
        ] {
            let text: Box<RawValue> = serde_json::from_str(spec).unwrap();
            assert_eq!(reduced(Spec::SHAPE, &text).get(), kept);
        }
    }
}
