//! Examples of what texts hold, among them the table of how Kubernetes types YAML.
#![expect(clippy::format_collect, reason = "the texts that test bounds are clearer this way")]

use serde_json::{Number, Value};

use super::*;

/// The data of the first document, as Kubernetes would take only one from a text.
pub(super) fn data(text: &str) -> Result<Value, SyntaxError> {
    let Documents { documents, error } = parse(text);
    match (documents.first(), error) {
        (Some(first), _) if documents.len() > 1 => first.read(),
        (_, Some(error)) => Err(error),
        (first, None) => first.map_or(Ok(Value::Null), Document::read),
    }
}

/// Whether two values are equal where 1 and 1.0 are.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || Number::as_f64(a) == Number::as_f64(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = parse(text).error.unwrap_or_else(|| panic!("this must be refused: {message}"));
    assert_eq!(error.message, message, "the person must be told something else");
    let range = error.range;
    assert!(
        range.start <= range.end && text.get(range.clone()).is_some(),
        "{range:?} is not inside the text"
    );
}

#[test]
fn nesting_is_bounded() {
    let block: String = (0..10_000).map(|depth| format!("{:depth$}a:\n", "")).collect();
    for text in
        [&"[".repeat(10_000), &"{\"a\":".repeat(10_000), &"- ".repeat(10_000), &"a: {".repeat(10_000), &block]
    {
        refused(text, build::TOO_DEEP);
    }
    let aliases: String = (1..200).map(|n| format!("- &a{n} [*a{}]\n", n - 1)).collect();
    refused(&format!("- &a0 x\n{aliases}"), build::TOO_DEEP);
}

#[test]
fn aliases_are_not_multiplied_out() {
    let bomb: String =
        (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
    let too_much = "the aliases of this document repeat too much of it";
    refused(&format!("a0: &a0 x\n{bomb}"), too_much);
    let merges: String =
        (1..12).map(|n| format!("a{n}: &a{n} {{<<: [{}]}}\n", format!("*a{},", n - 1).repeat(9))).collect();
    refused(&format!("a0: &a0 {{x: 1}}\n{merges}"), too_much);
    let long = format!("- &a {}\n{}", "x".repeat(100_000), "- *a\n".repeat(20_000));
    refused(&long, too_much);
    refused("a: &a [*a]", "this alias stands inside the value that it refers to");
}

#[test]
fn mistakes_are_explained() {
    for (text, message) in [
        ("a:\n\tb: 1", "a tab cannot indent YAML; use spaces"),
        ("\ta: 1", "a tab cannot indent YAML; use spaces"),
        ("a: *b", "this alias refers to an anchor that is not defined above it"),
        ("a: 1\n b: 2", "a `:` cannot stand here; quote the text that contains it, or check the indentation"),
        ("a: .inf", "Kubernetes cannot store the number `.inf`"),
        ("~: 1", "a key cannot be null; quote it if the text is meant"),
        ("<<: 1", "only a mapping, or a list of them, can be merged with `<<`"),
        ("%YAML 1.2\n---\na: 1", "kubectl reads no lines that begin with `%`; remove it"),
        (
            "a: 1\n---apiVersion: v1\n",
            "kubectl reads nothing but a comment behind `---`; put this on the next line",
        ),
        ("a: |b\n", error::BLOCK_TEXT_BELOW),
        ("a: [b\n", "the bracket that opens here is never closed"),
        ("a: [b}", "a `,` is expected here, or the bracket that closes this collection"),
        ("a: 'b\n", "the quote that opens here is never closed"),
        ("a: b\nc\n", "a `:` is missing after this key"),
        ("a:\n    b: 1\n  c: 2\n", "this line is not indented like the lines that it belongs to"),
        ("a: 1\u{1b}[0m", "YAML cannot hold this invisible character; remove it"),
        ("a: \"\\/\"", "`\\\\/` is no escape of YAML 1.1"),
        ("a: @b", "no value can begin with `@`; quote it"),
        (
            "name: {{ .Values.name }}",
            "a mapping or a list cannot be a key; if this is a template, it must be rendered first",
        ),
        ("{\"a\" 1}", "a `:` after the key is expected here, not `1`"),
        ("{\"a\": 1", "the text ends where `,` or `}` is expected"),
        ("{\"a\": \"x", "the quote that opens here is never closed"),
        ("{\"a\": \"\\udc00\"}", "lone leading surrogate in hex escape"),
    ] {
        refused(text, message);
    }
}

#[test]
fn tabs_never_indent() {
    for text in [
        "spec:\n\t# why\n  a: 1\n",
        "a: 1\n\t\nb: 2\n",
        "a: 1\n\t",
        "x: |\n\ta\n",
        "x: |\n  a\n\tb\n",
        "a:\n \t- b\n",
        "a:\n-\tb: 1\n",
        "a:\n  b\n\tc\n",
    ] {
        refused(text, "a tab cannot indent YAML; use spaces");
    }
    for (text, expected) in [
        ("a:\t1\t# c\n", serde_json::json!({"a": 1})),
        ("a: [\n\t1,\n\t2\n]\n", serde_json::json!({"a": [1, 2]})),
        ("# c\n{\n\t\"a\": 1\n}\n", serde_json::json!({"a": 1})),
        ("a: |\n  b\n  \tc\n", serde_json::json!({"a": "b\n\tc\n"})),
    ] {
        assert_eq!(data(text), Ok(expected), "a tab separates in {text:?}");
    }
}

#[test]
fn a_comment_may_be_glued_to_what_ends_by_itself() {
    for text in ["a: \"async\"# c\n", "a: 'async'#c\n", "{a: async}#c\n", "a: |-#c\n  async\n"] {
        assert_eq!(data(text), Ok(serde_json::json!({"a": "async"})), "{text:?}");
        assert_eq!(parse(text).documents[0].comments().len(), 1, "the comment of {text:?}");
    }
    assert_eq!(data("a: async#c\n"), Ok(serde_json::json!({"a": "async#c"})), "a word does not end at #");
}

#[test]
fn what_later_versions_of_yaml_allow_is_refused() {
    for text in [
        "a: {u: http://h/?a=b}\n",
        "a: \"https:\\/\\/x\"\n",
        "a: [::1]\n",
        "a: &my.defaults {b: 1}\n",
        "a: \"\\ud83d\\ude00\"\n",
    ] {
        assert!(parse(text).error.is_some(), "Kubernetes refuses {text:?}");
    }
    assert_eq!(
        data("a: \"it\\'s\"\n"),
        Ok(serde_json::json!({"a": "it's"})),
        "and takes an escape that they do not"
    );
    assert_eq!(
        data("{\"a\": \"\\ud83d\\ude00\"}"),
        Ok(serde_json::json!({"a": "😀"})),
        "JSON is read as JSON"
    );
}

#[test]
fn each_document_may_have_a_byte_order_mark() {
    let parsed = parse("\u{feff}a: 1\n---\n\u{feff}b: 2\n");
    let read: Vec<Value> =
        parsed.documents.iter().map(|document| document.read().expect("it is data")).collect();
    assert_eq!(read, [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})]);
    refused("a: 1\n\u{feff}b: 2\n", error::BYTE_ORDER_MARK);
}

#[test]
fn encodings_are_told_apart() {
    for (bytes, outcome) in [
        (&b"a: 1"[..], Ok("a: 1")),
        (b"\xef\xbb\xbfa: 1", Ok("\u{feff}a: 1")),
        (b"\xff\xfea\0", Err((0..2, "this text is UTF-16 or UTF-32; save it as UTF-8"))),
        (b"a\0:\0", Err((0..2, "this text is UTF-16 or UTF-32; save it as UTF-8"))),
        (b"a: \xe9\n", Err((3..4, "this text is not valid UTF-8; save it as UTF-8"))),
        (b"a: \xe2\x82", Err((3..5, "this text is not valid UTF-8; save it as UTF-8"))),
    ] {
        let outcome = outcome.map_err(|(range, message)| SyntaxError::new(message, range));
        assert_eq!(decode(bytes), outcome, "{bytes:?}");
    }
}

#[test]
fn documents_before_an_error_are_delivered() {
    for text in ["a: 1\n---\nb: 2\n---\nc: [\n", "{\"a\": 1}\n{\"b\": 2}\n{\"c\""] {
        let Documents { documents, error } = parse(text);
        let read: Vec<Value> =
            documents.iter().map(|document| document.read().expect("it is data")).collect();
        assert_eq!(read, [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})], "of {text:?}");
        assert!(error.is_some(), "the rest of {text:?} cannot be read");
    }
}

#[test]
fn the_beginning_of_a_document_that_cannot_be_read_is_no_document() {
    for (text, whole) in
        [("a: 3\0", 0), ("a: 3\n\0", 0), ("a: 3\n# \u{1b}", 0), ("a: 1\n---\nb: 3\u{1b}0\n---\nc: 1", 1)]
    {
        let read = parse(text);
        assert_eq!(read.documents.len(), whole, "{text:?}");
        assert!(read.error.is_some_and(|error| error.message.contains("invisible character")), "{text:?}");
    }
}

#[test]
fn values_are_located() {
    let text = "# c\nspec:\n  groups:\n    - role: x\n      count: 2\n    - role: y\n  empty:\n  m: &m {k: v}\n  a: *m\n";
    let parsed = parse(text);
    let document = &parsed.documents[0];
    let spec = || Path::of(&["spec"]);
    for (path, found, expected) in [
        (spec().key("groups").index(1).key("role"), true, "y"),
        (spec().key("groups").index(0).key("size"), false, "role"),
        (spec().key("groups").index(7), false, "groups"),
        (spec().key("empty"), true, "empty"),
        (spec().key("none").key("deep"), false, "spec"),
        (spec().key("a").key("k"), true, "v"),
        (spec().key("a"), true, "*m"),
        (Path::of(&["status"]), false, "spec"),
    ] {
        let location = document.locate(&path);
        assert_eq!((location.found, &text[location.range]), (found, expected), "for {path}");
    }
    let key = document.root().key_range(&spec().key("groups").index(0).key("count"));
    assert_eq!(key.map(|range| &text[range]), Some("count"));
    assert_eq!(document.root().key_range(&spec().key("none")), None);
}

#[test]
fn of_what_is_written_twice_the_entries_are_what_holds() {
    for (text, held) in [
        ("a: 1\nb: 2\na: 3\n", vec![("b", "2"), ("a", "3")]),
        ("base: &base {a: 1, b: 2}\nmerged: {<<: *base, b: 3}\n", vec![("a", "1"), ("b", "3")]),
    ] {
        let documents = parse(text).documents;
        let root = documents[0].root();
        let node = root.get("merged").unwrap_or(root);
        let entries: Vec<_> = node.entries().map(|(key, value)| (key, &text[value.range()])).collect();
        assert_eq!(entries, held, "of {text}");
    }
}

#[test]
fn keys_written_twice_are_reported() {
    let many: String = (0..40).map(|n| format!("k{n}: 1\n")).collect();
    let large = format!("{many}k7: 2\n");
    for (text, expected) in [
        ("a: 1\na: 2\n", vec![("a", 5, 0)]),
        ("x:\n- b: {y: 1, true: 2}\n", vec![("x[0].b.true", 15, 9)]),
        ("a: 1\na: 2\na: 3\n", vec![("a", 5, 0), ("a", 10, 5)]),
        ("{\"a\": 1, \"a\": 2}", vec![("a", 9, 1)]),
        (&large, vec![("k7", large.len() - 6, large.find("k7").unwrap_or(0))]),
        ("a: &a {x: 1}\nb: {<<: *a, x: 2}\n", vec![]),
    ] {
        let parsed = parse(text);
        let found: Vec<_> = parsed.documents[0].duplicates().collect();
        let found: Vec<_> =
            found.iter().map(|d| (d.path.to_string(), d.range.start, d.earlier.start)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(path, a, b)| (path.to_owned(), a, b)).collect();
        assert_eq!(found, expected, "in {text:?}");
    }
}

#[test]
fn comments_belong_to_their_document() {
    let text = "# Source: a\n---\na: 1 # one\n  # two\n---\n# three\nb: '# no' #four\n# five\n";
    let parsed = parse(text);
    let comments = |n: usize| -> Vec<(&str, bool)> {
        parsed.documents[n].comments().iter().map(|comment| (comment.text, comment.stands_alone)).collect()
    };
    assert_eq!(comments(0), [(" Source: a", true), (" one", false), (" two", true)]);
    assert_eq!(comments(1), [(" three", true), ("four", false), (" five", true)]);
    assert_eq!(&text[parsed.documents[0].comments()[1].range.clone()], "# one");
    assert_eq!(parsed.documents[0].span().start, 0);
}

#[test]
fn comments_behind_the_value_of_a_document_are_none_of_it() {
    let parsed = parse("'' x, # c\na: ");
    assert!(parsed.error.is_some(), "there are two values");
    assert_eq!((parsed.documents[0].span(), parsed.documents[0].comments()), (0..3, &[][..]));
}

#[test]
fn what_a_type_does_not_ask_for_is_not_read() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Some<'a> {
        name: &'a str,
        mode: Option<Mode>,
        size: Option<f64>,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Sync,
    }
    let parsed = parse("other: [1, {a: b}]\nname: x\nmode: sync\nsize: 2\n");
    let expected = Some { name: "x", mode: Option::Some(Mode::Sync), size: Option::Some(2.0) };
    assert_eq!(parsed.documents[0].read(), Ok(expected));
    let parsed = parse("name: 12\n");
    let error = parsed.documents[0].read::<Some<'_>>().expect_err("12 is no text");
    assert_eq!(
        (error.message.as_str(), error.range),
        ("invalid type: integer `12`, expected a borrowed string", 6..8)
    );
}

#[test]
fn a_text_without_a_value_is_empty() {
    for text in ["", "# only this\n", " \n"] {
        assert!(parse(text).documents.is_empty(), "{text:?} holds no document");
    }
    for text in ["---\n", "~", "--- # c\n", "\u{feff}---\n"] {
        assert!(parse(text).documents[0].is_empty(), "{text:?} holds an empty document");
    }
}
