//! JSON of which most is skipped: an API server sends an object with everything that nobody here reads.
//!
//! [`from_str`] gives what `serde_json::from_str` gives, sooner. Its reader handles what reviews are made of, and stops at
//! everything else: a number with a point, deep nesting, anything that is not JSON. What it stops at, `serde_json` reads from the
//! beginning, so there is one authority on what JSON is and what an error says. A fuzz target (`fuzz/fuzz_targets/json.rs`) holds
//! the two together.

mod reader;
mod scan;

use serde::de::Deserialize;

use reader::Reader;

/// The deepest nesting that is read or skipped here: a bit of a word each.
const DEEPEST: u32 = u64::BITS;

/// Reads a value from JSON text.
///
/// # Errors
///
/// As of `serde_json::from_str`, whose they are.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    match Reader::read(text) {
        Some(value) => Ok(value),
        None => serde_json::from_str(text),
    }
}

/// Reads a value from the bytes of JSON text; those that are not UTF-8 are `serde_json`'s to judge.
///
/// # Errors
///
/// As of `serde_json::from_slice`, whose they are.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<T> {
    match str::from_utf8(bytes) {
        Ok(text) => from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;
    use crate::view::{Given, admission_review::AdmissionReview};

    /// Both readers give the same value of three kinds: everything, a part, and nothing.
    fn check(text: &str) {
        let all = |read: serde_json::Result<Value>| read.map_err(|error| error.to_string());
        assert_eq!(all(from_str(text)), all(serde_json::from_str(text)), "all of {text:?}");
        let part = |read: serde_json::Result<Given<'_, AdmissionReview<'_>>>| format!("{read:?}");
        assert_eq!(part(from_str(text)), part(serde_json::from_str(text)), "a review from {text:?}");
        let none = |read: serde_json::Result<IgnoredAny>| read.map(drop).map_err(|error| error.to_string());
        assert_eq!(none(from_str(text)), none(serde_json::from_str(text)), "nothing of {text:?}");
    }

    /// Whether the fast reader gives an answer of its own, both where it keeps and where it skips the value.
    fn is_sure(text: &str) -> bool {
        Reader::read::<Value>(text).is_some() && Reader::read::<IgnoredAny>(text).is_some()
    }

    #[test]
    fn what_reviews_are_made_of_is_read_without_help() {
        for text in [
            "{}",
            "[]",
            " { \"a\" : [ 1 , -2 , 0 , true , false , null ] , \"b\" : { } }\n",
            r#"["", "a", "eight by", "nine byte", "a \"quote\" and \\ and \u00e4 and ä", "sixteen bytes or"]"#,
            r#"{"a": {"b": [{"c": [[], {}]}, {}]}, "a": 1}"#,
            "[18446744073709551615, -9223372036854775808]",
            include_str!("../../../tests/fixtures/reviews/create.validate.json"),
        ] {
            check(text);
            assert!(is_sure(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_none_here_either() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "}",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1}",
            "{1: 2}",
            "{\"a\"}",
            "{\"a\": }",
            "{\"a\": 1,}",
            "{\"a\" 1}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\": 1]",
            "tru",
            "nul",
            "falsehood",
            "truefalse",
            "1 2",
            "01",
            "-",
            "-a",
            "+1",
            ".5",
            "1.",
            "1e",
            "--1",
            "\"",
            "\"a",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "\"12345678\u{1}\"",
            "\"1234567\u{1f}\"",
            "[\"\\ud800\"]",
            "{} {}",
            "\u{feff}{}",
        ] {
            check(text);
            assert!(!is_sure(text), "{text}");
        }
    }

    #[test]
    fn what_is_rare_is_read_by_the_other_reader() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for text in [
            "1.5",
            "-0",
            "1e3",
            "18446744073709551616",
            "-9223372036854775809",
            "1e999",
            &deep(65),
            &deep(200),
        ] {
            check(text);
            assert!(!is_sure(text), "{text}");
        }
        check(&deep(64));
        assert!(is_sure(&deep(64)));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".{0,10}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn both_readers_read_alike(value in values(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            check(&text);
        }

        /// Near to JSON is where two readers part.
        #[test]
        fn both_readers_refuse_alike(value in values(), at: prop::sample::Index, new in "[\\PC\n\"\\\\{}\\[\\],:0-9.eE+-]{0,2}", gone in 0..3_usize) {
            let mut text: Vec<char> = value.to_string().chars().collect();
            let at = at.index(text.len());
            text.splice(at..(at + gone).min(text.len()), new.chars());
            check(&text.into_iter().collect::<String>());
        }
    }
}
