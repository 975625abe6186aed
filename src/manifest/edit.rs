//! Changes of values, written into the text so that everything else in it stays as it is.
//!
//! The text is changed where the old data and the asked-for data differ, and then read again: what does not
//! give exactly the asked-for data is refused.

use serde_json::{Map, Value};

use super::{
    Document, Documents, SyntaxError,
    error::EditError,
    parse,
    splice::{self, same},
};
use crate::path::{Path, Step};

/// A change of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'a> {
    /// Gives the value at `path` this value. Mappings that are missing on the way to it are created, and an
    /// index just behind the end of a list appends to it.
    Set {
        /// Where the value is or shall be.
        path: Path<'a>,
        /// What it shall be.
        value: Value,
    },
    /// Removes the value at `path` with its key.
    Remove {
        /// Where the value is.
        path: Path<'a>,
    },
}

/// Applies changes, one after the other, to a document of `text`, from which it was parsed. The layout of
/// everything else is kept, and so are all comments but those inside of values that are removed or replaced.
///
/// # Errors
/// The changes do not fit the document, or cannot be written without changing more than was asked for.
pub fn edit(text: &str, document: &Document<'_>, changes: &[Change<'_>]) -> Result<String, EditError> {
    let before: Value = document.read()?;
    let mut after = before.clone();
    changes.iter().try_for_each(|change| apply(&mut after, change))?;
    if same(&before, &after) {
        return Ok(text.to_owned());
    }
    let edited = splice::rewrite(text, document, &before, &after)?;
    let is_faithful = verify(text, document, &edited, &after)?;
    if is_faithful { Ok(edited) } else { Err(EditError::Unfaithful) }
}

fn apply(root: &mut Value, change: &Change<'_>) -> Result<(), EditError> {
    let (Change::Set { path, .. } | Change::Remove { path }) = change;
    let no_place = || EditError::NoPlace { path: path.to_string() };
    let done = match change {
        Change::Set { path, value } => place(root, path).map(|place| *place = value.clone()),
        Change::Remove { path } => remove(root, path),
    };
    done.ok_or_else(no_place)
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

fn remove(root: &mut Value, path: &Path<'_>) -> Option<()> {
    let (end, way) = path.steps().split_last()?;
    let parent = way.iter().try_fold(root, |value, step| match *step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })?;
    match *end {
        Step::Key(key) => parent.as_object_mut()?.remove(key).map(drop),
        Step::Index(index) => {
            let list = parent.as_array_mut()?;
            (index < list.len()).then(|| drop(list.remove(index)))
        }
    }
}

/// Whether the edited text holds the asked-for data in this document, and what it held before in all others.
fn verify(text: &str, document: &Document<'_>, edited: &str, after: &Value) -> Result<bool, EditError> {
    let (old, new) = (parse(text), parse(edited));
    if old.documents.len() != new.documents.len() || old.error.is_some() != new.error.is_some() {
        return Ok(false);
    }
    let data = |documents: &Documents<'_>| -> Result<Vec<Value>, SyntaxError> {
        documents.documents.iter().map(Document::read).collect()
    };
    let mut expected = data(&old)?;
    for (value, old) in expected.iter_mut().zip(&old.documents) {
        if old.span == document.span {
            *value = after.clone();
        }
    }
    Ok(data(&new)?.iter().zip(&expected).all(|(found, expected)| same(found, expected)))
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

    fn set(text: &str, value: Value) -> Change<'_> {
        Change::Set { path: path(text), value }
    }

    fn remove(text: &str) -> Change<'_> {
        Change::Remove { path: path(text) }
    }

    #[track_caller]
    fn check(text: &str, changes: &[Change<'_>], expected: &str) {
        let parsed = parse(text);
        let document = parsed.documents.last().expect("the text holds a document");
        let edited = edit(text, document, changes).expect("the edit can be made");
        assert_eq!(edited, expected, "this edit of {text:?} changes something else");
    }

    #[track_caller]
    fn refuse(text: &str, changes: &[Change<'_>], reason: &str) {
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
            ("spec:\n  replication: {} # none\n", "spec:\n  replication:\n    mode: async # none\n"),
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
    fn a_value_is_removed_with_its_key() {
        for (text, gone, expected) in [
            ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
            ("b: 2\n# about c\nc: 3\n", "b", "# about c\nc: 3\n"),
            ("a: 1\r\nb: 2", "b", "a: 1"),
            ("a: 1\nb:\n  c: 1\n  d: 2\n", "b", "a: 1\n"),
            ("a: {b: 1, c: 2, d: 3}\n", "a.b", "a: {c: 2, d: 3}\n"),
            ("a: {b: 1, c: 2, d: 3}\n", "a.c", "a: {b: 1, d: 3}\n"),
            ("a: {b: 1}\n", "a.b", "a: {}\n"),
            ("a:\n  b: 1\nc: 2\n", "a.b", "a: {}\nc: 2\n"),
            ("- a: 1\n  b: 2\n", "0.a", "- b: 2\n"),
            ("- a\n- b\n- c\n", "1", "- a\n- c\n"),
            ("l: [a, b, c]\n", "l.0", "l: [b, c]\n"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n"),
        ] {
            check(text, &[remove(gone)], expected);
        }
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
        refuse("a: 1\n", &[remove("b")], "there is no place for `b` in this document");
        refuse("a: 1\n", &[set("a.b", json!(2))], "there is no place for `a.b` in this document");
    }
}
