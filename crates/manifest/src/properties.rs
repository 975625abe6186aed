//! What holds for every text and for all data.
#![expect(clippy::format_collect, reason = "a text that is built for a test need not be built fast")]

use proptest::prelude::*;
use serde_json::Value;

use super::{
    tests::{data, equal},
    *,
};

/// Any JSON that Kubernetes could hold.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC*".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-+.~0-9a-zA-Z_:#, ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof!["[a-z]{1,3}", "[-+.~0-9yYnN<_ ]{0,4}", any::<String>()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// YAML that spells every text out in quotes, with ASCII only.
fn spell(value: &Value, indent: usize) -> String {
    let quoted = |text: &str| {
        let escape = |c: char| {
            if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') {
                c.to_string()
            } else {
                format!("\\U{:08x}", u32::from(c))
            }
        };
        format!("\"{}\"", text.chars().map(escape).collect::<String>())
    };
    let inside = |value: &Value| format!("\n{}", spell(value, indent + 2));
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("{:indent$}-{}\n", "", inside(item))).collect()
        }
        Value::Object(fields) if !fields.is_empty() => fields
            .iter()
            .map(|(key, value)| format!("{:indent$}{}:{}\n", "", quoted(key), inside(value)))
            .collect(),
        Value::String(text) => format!("{:indent$}{}", "", quoted(text)),
        other => format!("{:indent$}{other}", ""),
    }
}

/// Pieces that YAML is made of, in any order.
fn like_yaml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(
            &[
                "a: ",
                "b:\n",
                "- ",
                "\n",
                "\n  ",
                "\n    ",
                "{",
                "}",
                "[",
                "]",
                ", ",
                "&a ",
                "*a",
                "<<: ",
                "? ",
                ": ",
                "|\n",
                ">-\n",
                "'",
                "\"",
                "# c\n",
                "---\n",
                "...\n",
                "!!int ",
                "!x ",
                "1",
                ".inf",
                "~",
                "\t",
                "\r\n",
                "\u{feff}",
                "%YAML 1.1\n",
                "é",
                "\\",
                "\0",
            ][..]
        )
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Uses everything that a text can be asked for.
fn exercise(text: &str) {
    let Documents { documents, error } = parse(text);
    let is_inside = |range: Range<usize>| text.get(range).is_some();
    assert!(error.is_none_or(|error| is_inside(error.range)), "the error is about bytes of the text");
    for document in &documents {
        assert!(is_inside(document.span()), "the document is part of the text");
        assert!(document.comments().iter().all(|comment| is_inside(comment.range.clone())));
        for duplicate in document.duplicates() {
            assert!(
                document.root().at(&duplicate.path).is_some(),
                "the path of a duplicate leads to a value"
            );
        }
        assert!(
            (0..document.tree.entries.len())
                .all(|index| is_inside(document.tree.entries[index].range.clone()))
        );
        let path = Path::of(&["a", "b"]).index(0);
        assert!(is_inside(document.locate(&path).range), "a place is inside the text");
        document.read::<Value>().expect("what parses is data");
        let change = SetValue { path: Path::of(&["a", "b"]), value: Value::from("x") };
        drop(edit(text, document, &[change]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = decode(&bytes) {
            exercise(text);
        }
    }

    #[test]
    fn anything_like_yaml_is_read_or_refused(text in like_yaml()) {
        exercise(&text);
    }

    #[test]
    fn json_reads_back_as_it_was_printed(value in any_json()) {
        prop_assume!(value.is_object() || value.is_array());
        for text in [value.to_string(), format!("{value:#}"), format!("\u{feff}\n{value}\n")] {
            prop_assert_eq!(data(&text), Ok(value.clone()));
        }
    }

    #[test]
    fn yaml_reads_back_as_it_was_written(value in any_json()) {
        let text = spell(&value, 0);
        let read = data(&text);
        prop_assert!(read.as_ref().is_ok_and(|read| equal(read, &value)), "{text}\nwas read as {read:?}");
    }

    #[test]
    fn edits_change_what_was_asked_for_and_nothing_else(before in any_json(), key in "[a-c]", value in any_json()) {
        let before = serde_json::json!({"a": before, "b": {"x": 1}, "k": [1]});
        for text in [format!("# top\n{}\n# end\n", spell(&before, 0)), format!("{before:#}")] {
            let parsed = parse(&text);
            let path = Path::of(&[&key]);
            let place = parsed.documents[0].locate(&path);
            let change = SetValue { path: path.clone(), value: value.clone() };
            let splices = edit(&text, &parsed.documents[0], &[change]).expect("such a value has a place");
            let edited = Splice::apply(&text, &splices);
            let mut expected = before.clone();
            expected[&key] = value.clone();
            prop_assert!(data(&edited).is_ok_and(|found| equal(&found, &expected)), "{text}\nbecame\n{edited}");
            if let Some(range) = parsed.documents[0].root().key_range(&path) {
                let (head, tail) = (&text[..range.end], text[place.range.end..].trim_start());
                prop_assert!(edited.starts_with(head) && edited.ends_with(tail), "{text}\nbecame\n{edited}");
            }
        }
    }

    #[test]
    fn edits_inside_of_values_keep_every_comment(list in proptest::collection::vec(any_json(), 0..4), at in 0..5_usize, value in any_json()) {
        let before = serde_json::json!({"a": {"list": list, "x": {"y": value}}, "k": list});
        let text = format!("# top\n{}\n# end\n", spell(&before, 0).replace(":\n", ": # here\n"));
        let parsed = parse(&text);
        let (list_at, mut after) = (at.min(list.len()), before.clone());
        let items = after["a"]["list"].as_array_mut().expect("it is a list");
        if list_at < items.len() { items[list_at] = value.clone() } else { items.push(value.clone()) }
        after["a"]["n"] = serde_json::json!({"m": value});
        let changes = [
            SetValue { path: Path::of(&["a", "list"]).index(list_at), value: value.clone() },
            SetValue { path: Path::of(&["a", "n", "m"]), value },
        ];
        let splices = edit(&text, &parsed.documents[0], &changes);
        // A value with comments inside is not replaced.
        let Ok(splices) = splices else { return Ok(()) };
        let edited = Splice::apply(&text, &splices);
        prop_assert!(data(&edited).is_ok_and(|found| equal(&found, &after)), "{text}\nbecame\n{edited}");
        prop_assert!(edited.starts_with("# top\n\"a\": # here\n") && edited.ends_with("# end\n"), "{text}\nbecame\n{edited}");
    }
}
