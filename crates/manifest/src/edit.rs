//! Changes of values, written into the text so that everything else in it stays as it is.
//!
//! The text is changed where the old data and the asked-for data differ, and then read again: what does not
//! give exactly the asked-for data is refused.

use serde_json::{Map, Value};

use super::{
    Document,
    commented::commented,
    error::EditError,
    parse,
    splice::{self, Splice, same},
};
use crate::path::{OwnedPath, Path, Step};

/// A value that is put at a path, in place of what stands there. Mappings that are missing on the way to it are created,
/// and an index just behind the end of a list appends to it.
#[derive(Debug, Clone, PartialEq)]
pub struct SetValue<P = Path<'static>> {
    /// Where the value is or shall be.
    pub path: P,
    /// What it shall be.
    pub value: Value,
}

impl SetValue<OwnedPath> {
    /// The same along a borrowed path.
    pub fn borrowed(&self) -> SetValue<Path<'_>> {
        SetValue { path: self.path.path(), value: self.value.clone() }
    }
}

/// What must change in `text` so that a document of it, from which it was parsed, has these values, one after the other.
/// The layout of everything else is kept, and each comment stays with what it is about.
///
/// # Errors
/// The changes do not fit the document, or cannot be written without changing more than was asked for.
pub fn edit(
    text: &str,
    document: &Document<'_>,
    changes: &[SetValue<Path<'_>>],
) -> Result<Vec<Splice>, EditError> {
    let before: Value = document.read()?;
    let mut after = before.clone();
    for SetValue { path, value } in changes {
        let place = place(&mut after, path);
        *place.ok_or_else(|| EditError::NoPlace { path: path.to_string() })? = value.clone();
    }
    if same(&before, &after) {
        return Ok(Vec::new());
    }
    let splices = splice::splices(text, document, &before, &after)?;
    verify(text, document, &Splice::apply(text, &splices), &after)?;
    Ok(splices)
}

/// The value at the path, made where it is missing.
fn place<'v>(root: &'v mut Value, path: &Path<'_>) -> Option<&'v mut Value> {
    path.steps().iter().try_fold(root, |value, step| match *step {
        Step::Key(key) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            Some(value.as_object_mut()?.entry(key).or_insert(Value::Null))
        }
        Step::Index(index) => {
            let list = value.as_array_mut()?;
            if index == list.len() {
                list.push(Value::Null);
            }
            list.get_mut(index)
        }
    })
}

/// Reads the edited text again: it must hold the asked-for data in this document, what it held before in all others, and
/// every comment where it was.
fn verify(text: &str, document: &Document<'_>, edited: &str, after: &Value) -> Result<(), EditError> {
    let (old, new) = (parse(text), parse(edited));
    if old.documents.len() != new.documents.len() || old.error.is_some() != new.error.is_some() {
        return Err(EditError::Unfaithful);
    }
    for (old, new) in old.documents.iter().zip(&new.documents) {
        let expected = if old.span == document.span { after.clone() } else { old.read()? };
        if !new.read().is_ok_and(|found: Value| same(&found, &expected)) {
            return Err(EditError::Unfaithful);
        }
        let (before, now) = (commented(text, old), commented(edited, new));
        if let Some(lost) = before
            .iter()
            .zip(now.iter().map(Some).chain(std::iter::repeat(None)))
            .find(|(a, b)| Some(*a) != *b)
        {
            return Err(EditError::Comment { comment: lost.0.text.trim().to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A path written as people write it, without dots in its keys.
    fn path(text: &str) -> Path<'_> {
        text.split('.').fold(Path::root(), |path, step| match step.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(step),
        })
    }

    fn set(text: &str, value: Value) -> SetValue<Path<'_>> {
        SetValue { path: path(text), value }
    }

    #[track_caller]
    fn check(text: &str, changes: &[SetValue<Path<'_>>], expected: &str) {
        let parsed = parse(text);
        let document = parsed.documents.last().expect("the text holds a document");
        let splices = edit(text, document, changes).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let edited = Splice::apply(text, &splices);
        assert_eq!(edited, expected, "this edit of {text:?} changes something else");
    }

    #[track_caller]
    fn refuse(text: &str, changes: &[SetValue<Path<'_>>], reason: &str) {
        let parsed = parse(text);
        let document = parsed.documents.first().expect("the text holds a document");
        let refused = edit(text, document, changes).expect_err("the edit must be refused");
        assert_eq!(refused.to_string(), reason, "this edit of {text:?} is refused for another reason");
    }

    #[test]
    fn a_value_is_replaced_where_it_stands() {
        let async_mode = &[set("mode", json!("async"))];
        for (text, expected) in [
            ("mode: sync # why\n", "mode: async # why\n"),
            ("# top\nmode:   'sync'", "# top\nmode:   async"),
            ("mode:\n", "mode: async\n"),
            ("mode: # why\n", "mode: async # why\n"),
            ("mode: ~\nb: 1\n", "mode: async\nb: 1\n"),
            ("mode: |\n  sync\nb: 1\n", "mode: async\nb: 1\n"),
            ("mode:\n  a: 1\nb: 1\n", "mode: async\nb: 1\n"),
            ("mode: {a: 1} # why\n", "mode: async # why\n"),
            ("mode: !!str sync\n", "mode: !!str async\n"),
            ("b: 1\r\nmode: sync\r\nc: 2\r\n", "b: 1\r\nmode: async\r\nc: 2\r\n"),
            ("a: 1\n---\nmode: sync\n", "a: 1\n---\nmode: async\n"),
            ("{\"mode\": \"sync\"}", "{\"mode\": \"async\"}"),
            ("{\"mode\":null}", "{\"mode\":\"async\"}"),
            ("\u{feff}mode: sync", "\u{feff}mode: async"),
        ] {
            check(text, async_mode, expected);
        }
        check(
            "a: 1\n",
            &[set("b", json!({"\u{2028}\u{85}": "\u{feff}\u{7f}é"}))],
            "a: 1\nb:\n  \"\\u2028\\u0085\": \"\\ufeff\\u007fé\"\n",
        );
        check("x: {mode: , b}\n", &[set("x.mode", json!(1)), set("x.b", json!(2))], "x: {mode: 1 , b: 2}\n");
        check("l:\n- a\n-\n- c\n", &[set("l.1", json!("b"))], "l:\n- a\n- b\n- c\n");
        check("l: [a, b]\n", &[set("l.1", json!("on")), set("l.2", json!(3))], "l: [a, \"on\", 3]\n");
        check("l:\n- {a: 1}\n", &[set("l.1", json!("b"))], "l:\n- {a: 1}\n- b\n");
        check("l:\n# c\n-\n", &[set("l.1", json!("b"))], "l:\n# c\n-\n- b\n");
        check(
            "l:\n  - a # one\n",
            &[set("l.1", json!({"k": 1, "j": [2]}))],
            "l:\n  - a # one\n  - j:\n      - 2\n    k: 1\n",
        );
    }

    #[test]
    fn a_value_is_added_below_what_is_there() {
        let add = &[set("spec.replication", json!({})), set("spec.replication.mode", json!("async"))];
        for (text, expected) in [
            ("spec:\n  instances: 2\n", "spec:\n  instances: 2\n  replication:\n    mode: async\n"),
            ("spec:\n  replication: {} # none\n", "spec:\n  replication: # none\n    mode: async\n"),
            ("spec:\n  replication:\n", "spec:\n  replication:\n    mode: async\n"),
            ("spec:\n  replication: null\nx: 1", "spec:\n  replication:\n    mode: async\nx: 1"),
            (
                "spec:\n- {a: 1}\n---\nspec:\n",
                "spec:\n- {a: 1}\n---\nspec:\n  replication:\n    mode: async\n",
            ),
            ("spec: {instances: 2}\n", "spec: {instances: 2, replication: {mode: async}}\n"),
            ("kind: A\n", "kind: A\nspec:\n  replication:\n    mode: async\n"),
            ("spec:\r\n    a: 1", "spec:\r\n    a: 1\r\n    replication:\r\n      mode: async"),
            ("{\"spec\": {}}", "{\"spec\": {\"replication\": {\"mode\": \"async\"}}}"),
            (
                "{\n  \"spec\": {\n    \"a\": 1\n  }\n}\n",
                "{\n  \"spec\": {\n    \"a\": 1,\n    \"replication\": {\"mode\": \"async\"}\n  }\n}\n",
            ),
        ] {
            check(text, add, expected);
        }
        let mode = &[set("spec.replication.mode", json!("async"))];
        for (text, expected) in [
            (
                "spec:\n  replication:\n    role: ha # r\n    # tail\n  b: 1\n",
                "spec:\n  replication:\n    role: ha # r\n    mode: async\n    # tail\n  b: 1\n",
            ),
            ("spec:\n  replication: {role: ha}\n", "spec:\n  replication: {role: ha, mode: async}\n"),
            (
                "spec:\n  replication: {\n    role: ha,\n  }\n",
                "spec:\n  replication: {\n    role: ha,\n    mode: async,\n  }\n",
            ),
        ] {
            check(text, mode, expected);
        }
    }

    #[test]
    fn a_comment_stays_with_what_it_is_about() {
        let mode = &[set("s.mode", json!("async"))];
        for (text, expected) in [
            ("s: {} # none\nx: 1\n", "s: # none\n  mode: async\nx: 1\n"),
            ("s: ~ # none\nx: 1\n", "s: # none\n  mode: async\nx: 1\n"),
            ("s: # none\nx: 1\n", "s: # none\n  mode: async\nx: 1\n"),
            ("s: { # none\n}\n", "s: { # none\nmode: async}\n"),
            ("s: {a: 1} # one\n", "s: {a: 1, mode: async} # one\n"),
            ("s: {a: 1 # one\n }\n", "s: {a: 1, # one\n mode: async\n }\n"),
            ("s: {\n  a: 1, # one\n  # end\n}\n", "s: {\n  a: 1, # one\n  mode: async\n  # end\n}\n"),
            (
                "s:\n  a: 1\n    # deeper\n  # end\nx: 1\n",
                "s:\n  a: 1\n    # deeper\n  mode: async\n  # end\nx: 1\n",
            ),
            ("s:\n  a:\n    # b: 1\n", "s:\n  a:\n    # b: 1\n  mode: async\n"),
            (
                "s:\n  a:\n    b: 1\n\n    # c: 1\n\n# x\nx: 1\n",
                "s:\n  a:\n    b: 1\n\n    # c: 1\n  mode: async\n\n# x\nx: 1\n",
            ),
            ("s:\n  mode: | # why\n    sync\nx: 1\n", "s:\n  mode: async # why\nx: 1\n"),
            ("s:\n  mode: # why\n    sync\nx: 1\n", "s:\n  mode: # why\n    async\nx: 1\n"),
            ("s:\n  mode: # why\n    a: 1\nx: 1\n", "s:\n  mode: async # why\nx: 1\n"),
            (
                "# top\n\n# s\ns: # here\n  # a\n  a: 1\n",
                "# top\n\n# s\ns: # here\n  # a\n  a: 1\n  mode: async\n",
            ),
            ("s:\n  a: |+ # keep\n    b\n\nx: 1\n", "s:\n  a: |+ # keep\n    b\n\n  mode: async\nx: 1\n"),
            ("s: &g # anchor\n  a: 1\n", "s: &g # anchor\n  a: 1\n  mode: async\n"),
            ("s:\n  a: \"b\"# glued\n", "s:\n  a: \"b\"# glued\n  mode: async\n"),
        ] {
            check(text, mode, expected);
        }
        let item = &[set("l.0.b", json!(2))];
        for (text, expected) in [
            ("l:\n- # first\n  a: 1\n- c\n", "l:\n- # first\n  a: 1\n  b: 2\n- c\n"),
            ("l:\n- # first\n  # a\n  a: 1 # one\n", "l:\n- # first\n  # a\n  a: 1 # one\n  b: 2\n"),
            ("l:\n- &g {a: 1} # g\n- c\n", "l:\n- &g {a: 1, b: 2} # g\n- c\n"),
            ("l:\n- &g\n  a: 1 # one\n", "l:\n- &g\n  a: 1 # one\n  b: 2\n"),
            ("l: [{a: 1}] # l\n", "l: [{a: 1, b: 2}] # l\n"),
            ("l:\n  - a: {\n      x: 1\n    }\n", "l:\n  - a: {\n      x: 1\n    }\n    b: 2\n"),
            (
                "l:\n  - a: [\n      [x],\n    ] # a\nx: 1\n",
                "l:\n  - a: [\n      [x],\n    ] # a\n    b: 2\nx: 1\n",
            ),
        ] {
            check(text, item, expected);
        }
        let inside =
            "there is no place that keeps the comment `# one` with what it is about; change the file by hand";
        refuse("s: {a: 1 # one\n }\n", &[set("s", json!(2))], inside);
        refuse("s:\n  a: 1 # one\n", &[set("s", json!({"b": 1}))], inside);
    }

    #[test]
    fn what_cannot_be_edited_in_place_is_left_alone() {
        let shared = "`b.x` comes from an alias or a merge key; change it where it is defined";
        refuse("a: &a {x: 1}\nb: {<<: *a, c: 1}\n", &[set("b.x", json!(2))], shared);
        let alias = "`b` comes from an alias or a merge key; change it where it is defined";
        refuse("a: &a {x: 1}\nb: *a\n", &[set("b.x", json!(2))], alias);
        let more = "this edit would change more than it should; change the file by hand";
        refuse("a: &a 1\nb: *a\n", &[set("a", json!(2))], more);
        let layout = "`a` is written in a layout that cannot be edited in place; change it by hand";
        refuse("? a\n", &[set("a", json!(2))], layout);
        refuse("a: 1\n", &[set("a.b", json!(2))], "there is no place for `a.b` in this document");
    }
}
