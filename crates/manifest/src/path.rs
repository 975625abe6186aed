//! Where a value lives in an object; prints as `spec.groups[1].role`, with what a terminal would obey escaped, and as a JSON
//! pointer.

use std::fmt;

/// One step from a value to a value inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step<'a> {
    /// Into the value of this key of an object.
    Key(&'a str),
    /// Into this element of a list, counted from 0.
    Index(usize),
}

/// The way from the root of an object to one of its values.
///
/// Rules never type a path: it comes with the field that they read. A path may lead to a value
/// that is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path<'a>(Vec<Step<'a>>);

/// Nearly no path has more steps: room for them is made at once.
const USUAL_DEPTH: usize = 8;

impl<'a> Path<'a> {
    /// The object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path through these keys, from the root.
    pub fn of(keys: &[&'a str]) -> Self {
        let mut steps = Vec::with_capacity(USUAL_DEPTH.max(keys.len()));
        steps.extend(keys.iter().map(|key| Step::Key(key)));
        Self(steps)
    }

    /// The path along these steps, from the root.
    pub fn through(steps: &[Step<'a>]) -> Self {
        Self(steps.to_vec())
    }

    /// The path to the value of `key` inside the value at this path.
    #[must_use]
    pub fn key(mut self, key: &'a str) -> Self {
        self.0.push(Step::Key(key));
        self
    }

    /// The path to element `index` of the list at this path.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// The path that goes on from this one along another.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// The path to the value that holds this one; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, held) = self.0.split_last()?;
        Some(Self(held.to_vec()))
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step<'a>] {
        &self.0
    }

    /// The last key on the way, which is the name a person would use for the value.
    pub fn name(&self) -> &'a str {
        let key = |step: &Step<'a>| match *step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        };
        self.0.iter().rev().find_map(key).unwrap_or_default()
    }

    /// The same path as a JSON pointer (RFC 6901), as JSON Patch wants it.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            pointer.push('/');
            match step {
                Step::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

/// A path that outlives the text that it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPath(Vec<OwnedStep>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnedStep {
    Key(String),
    Index(usize),
}

impl OwnedPath {
    /// The path, borrowed.
    pub fn path(&self) -> Path<'_> {
        let step = |step| match step {
            &OwnedStep::Index(index) => Step::Index(index),
            OwnedStep::Key(key) => Step::Key(key),
        };
        Path(self.0.iter().map(step).collect())
    }
}

impl From<&Path<'_>> for OwnedPath {
    fn from(path: &Path<'_>) -> Self {
        let step = |step: &Step<'_>| match *step {
            Step::Key(key) => OwnedStep::Key(key.to_owned()),
            Step::Index(index) => OwnedStep::Index(index),
        };
        Self(path.0.iter().map(step).collect())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for step in &self.0 {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if !is_plain(key) => write!(f, "[{key:?}]")?,
                Step::Key(key) => {
                    f.write_str(dot)?;
                    f.write_str(key)?;
                }
            }
            dot = ".";
        }
        Ok(())
    }
}

/// Whether a key can stand after a dot without being misread.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.bytes().fold(true, |plain, b| plain & (b.is_ascii_alphanumeric() | matches!(b, b'_' | b'-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_people_write_it_and_as_a_pointer() {
        let role = Path::of(&["spec", "replication", "groups"]).index(1).key("role");
        let fsync = Path::of(&["spec", "configurations", "postgres", "postgresql.conf", "fsync"]);
        let awkward = Path::root().key("a/b~c").key("");
        for (path, text, pointer) in [
            (Path::root(), "", ""),
            (role, "spec.replication.groups[1].role", "/spec/replication/groups/1/role"),
            (
                fsync,
                r#"spec.configurations.postgres["postgresql.conf"].fsync"#,
                "/spec/configurations/postgres/postgresql.conf/fsync",
            ),
            (awkward, r#"["a/b~c"][""]"#, "/a~1b~0c/"),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(path.pointer(), pointer);
        }
    }

    #[test]
    fn shows_nothing_that_a_terminal_would_obey() {
        let obeyed =
            "\u{7}\u{1b}\u{7f}\u{9b}\n\r\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";
        let shown = Path::of(&["spec", obeyed]).to_string();
        assert!(shown.is_ascii() && !shown.contains(|c: char| c.is_ascii_control()), "{shown:?}");
    }

    #[test]
    fn a_value_is_named_by_the_last_key_on_the_way_to_it() {
        assert_eq!(Path::of(&["spec", "groups"]).index(3).name(), "groups");
        assert_eq!(Path::root().name(), "");
    }
}
