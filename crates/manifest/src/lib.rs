//! From YAML and JSON text to documents that know where each value is written, and edits back into it.
//!
//! A document is read as Kubernetes reads it: YAML as `sigs.k8s.io/yaml` (go-yaml v2, then JSON), JSON as JSON.
//! It stays what was written: an alias is followed when a type asks for its value and never multiplied out.
//!
//! ```
//! use syncguard_manifest::{SetValue, Splice, edit, parse, path::Path};
//!
//! let text = "spec:\n  instances: 3 # one a zone\n  archived: no\n";
//! let documents = parse(text).documents;
//!
//! let read: serde_json::Value = documents[0].read()?;
//! assert_eq!(read["spec"]["archived"], false, "YAML as kubectl reads it");
//!
//! let path = Path::of(&["spec", "instances"]);
//! assert_eq!(&text[documents[0].locate(&path).range], "3");
//!
//! let splices = edit(text, &documents[0], &[SetValue { path, value: 5.into() }])?;
//! let edited = Splice::apply(text, &splices);
//! assert_eq!(edited, "spec:\n  instances: 5 # one a zone\n  archived: no\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod commented;
mod edit;
mod error;
mod json;
mod layout;
mod node;
pub mod path;
mod read;
mod render;
mod scalar;
mod splice;
mod tree;
mod yaml;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Deserialize;

use crate::path::Path;

pub use edit::{SetValue, edit};
pub use error::{EditError, SyntaxError};
pub use node::Node;
pub use splice::Splice;
use tree::{NodeKind, Tree};

/// What a text holds: its documents until the first error, and that error.
#[derive(Debug)]
pub struct Documents<'t> {
    /// The documents that can be read, in the order of the text.
    pub documents: Vec<Document<'t>>,
    /// Why the rest of the text cannot be read.
    pub error: Option<SyntaxError>,
}

/// One document of a text, with the place of each of its values. All places are byte offsets into the text
/// that was parsed.
#[derive(Debug)]
pub struct Document<'t> {
    tree: Tree<'t>,
    comments: Vec<Comment<'t>>,
    span: Range<usize>,
}

/// A comment of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment<'t> {
    /// What is written behind the `#`.
    pub text: &'t str,
    /// Its bytes, from the `#` to the end of the line.
    pub range: Range<usize>,
    /// Nothing else is on its line; else it stands behind something.
    pub stands_alone: bool,
}

/// A key that is written twice in one mapping. The later one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate<'d> {
    /// The value that the key leads to.
    pub path: Path<'d>,
    /// The later key.
    pub range: Range<usize>,
    /// The key before it.
    pub earlier: Range<usize>,
}

/// Where to look for what a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The bytes to look at.
    pub range: Range<usize>,
    /// The value is there; else the range is the key, or the first key of the list element, that is nearest
    /// around it.
    pub found: bool,
}

/// The text of a file, which must be UTF-8; a byte order mark is left where it is.
///
/// # Errors
/// The text is of another encoding; the error names it where it can be told.
pub fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] = bytes {
        return Err(SyntaxError::new("this text is UTF-16 or UTF-32; save it as UTF-8", 0..2));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let length = error.error_len().unwrap_or(bytes.len() - at);
        SyntaxError::new("this text is not valid UTF-8; save it as UTF-8", at..at + length)
    })
}

/// Reads a text of any number of documents.
///
/// A text that begins like JSON is read as JSON. Where that fails, as for a flow mapping of YAML or a
/// template, it is read as YAML, and what gets further counts.
pub fn parse(text: &str) -> Documents<'_> {
    let start = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii_start();
    if !start.starts_with(['{', '[']) {
        return yaml::read(text);
    }
    let json = json::read(text);
    let Some(stop) = json.error.as_ref().map(|error| error.range.end) else { return json };
    let yaml = yaml::read(text);
    match &yaml.error {
        Some(error) if error.range.start <= stop => json,
        _ => yaml,
    }
}

impl<'t> Document<'t> {
    /// Whether it holds no value: nothing but comments, or null.
    pub fn is_empty(&self) -> bool {
        self.root().is_null()
    }

    /// The value of the whole document.
    pub fn root(&self) -> Node<'_, 't> {
        Node { tree: &self.tree, index: 0 }
    }

    /// Reads the document as a type, as `serde_json` would read the JSON that Kubernetes makes of it.
    ///
    /// # Errors
    /// The type does not take a value; the error tells where that value is.
    pub fn read<'d, T: Deserialize<'d>>(&'d self) -> Result<T, SyntaxError> {
        self.root().read()
    }

    /// Where the value at `path` is written, or else what is nearest to it.
    pub fn locate(&self, path: &Path<'_>) -> Location {
        self.root().locate(path)
    }

    /// Every key that is written twice in one mapping.
    pub fn duplicates(&self) -> impl Iterator<Item = Duplicate<'_>> {
        self.tree.repeated.iter().map(|repeated| Duplicate {
            path: self.path_of(repeated.later),
            range: self.tree.entries[repeated.later].range.clone(),
            earlier: self.tree.entries[repeated.earlier].range.clone(),
        })
    }

    /// The comments in the document, and those that stand before it.
    pub fn comments(&self) -> &[Comment<'t>] {
        &self.comments
    }

    /// The bytes of the document with its `---` and the comments before it.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The path to the value whose key is entry `index`.
    fn path_of(&self, index: usize) -> Path<'_> {
        let (mut path, mut parent) = (Path::root(), 0);
        while parent < index {
            let is_map = matches!(self.tree.entries[parent].kind, NodeKind::Map);
            let holds = |child: &usize| self.tree.entries[*child].end > index;
            let Some((position, child)) = self.tree.children(parent).enumerate().find(|(_, c)| holds(c))
            else {
                return path;
            };
            let key = if is_map { child - usize::from(position % 2 == 1) } else { child };
            path = match &self.tree.entries[key].kind {
                NodeKind::Scalar(text, _) if is_map => path.key(text),
                _ => path.index(position),
            };
            parent = child;
        }
        path
    }
}
