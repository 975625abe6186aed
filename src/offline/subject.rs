//! The objects in a document: itself, the items of a list, or what an AdmissionReview is about.

use serde_json::Value;

use super::object_name;
use crate::{
    admission::Review,
    manifest::{Document, Node, SyntaxError},
    path::Path,
    render::diagnostic::ObjectName,
    view::{Body, Given, Kind, Object},
};

/// One object of a document.
#[derive(Clone)]
pub struct Subject<'d, 't> {
    node: Node<'d, 't>,
    /// Where the object stands in the document.
    prefix: Path<'d>,
}

/// What a subject is.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and a box would be an allocation an object"
)]
pub enum Content<'d> {
    /// An object of a kind that is judged.
    Object(Object<'d>),
    /// A captured AdmissionReview.
    Review(Review<'d>),
    /// Something else.
    Other,
}

/// The objects of a document, those of lists one by one.
pub fn subjects<'d, 't>(document: &'d Document<'t>) -> Vec<Subject<'d, 't>> {
    let root = Subject { node: document.root(), prefix: Path::root() };
    if !root.is_list() {
        return vec![root];
    }
    let Some(items) = root.node.get("items") else { return Vec::new() };
    let at = |(index, node)| Subject { node, prefix: Path::of(&["items"]).index(index) };
    items.items().enumerate().map(at).collect()
}

impl<'d, 't> Subject<'d, 't> {
    /// The object's value.
    pub fn node(&self) -> Node<'d, 't> {
        self.node
    }

    /// Where the object stands in its document.
    pub fn prefix(&self) -> &Path<'d> {
        &self.prefix
    }

    /// The object that an AdmissionReview is about; the review itself where there is none.
    #[must_use]
    pub fn reviewed(&self) -> Self {
        let object = Path::of(&["request", "object"]);
        let node = self.node.at(&object).unwrap_or(self.node);
        Self { node, prefix: self.prefix.clone().join(&object) }
    }

    /// `apiVersion` and `kind`.
    fn type_names(&self) -> Option<(&'d str, &'d str)> {
        Some((self.node.get("apiVersion")?.as_str()?, self.node.get("kind")?.as_str()?))
    }

    fn is_list(&self) -> bool {
        self.type_names().is_some_and(|(_, kind)| kind.ends_with("List")) && self.node.get("items").is_some()
    }

    /// What it is.
    ///
    /// # Errors
    ///
    /// It cannot be read, because its aliases expand without end for instance.
    pub fn content(&self) -> Result<Content<'d>, SyntaxError> {
        let Some((api_version, kind)) = self.type_names() else { return Ok(Content::Other) };
        if Review::is_named(api_version, kind) {
            let review: Given<'_, Review<'_>> = self.node.read()?;
            return Ok(match review {
                Given::Is(review) => Content::Review(review),
                Given::Absent | Given::Other(_) => Content::Other,
            });
        }
        match Kind::of(api_version, kind) {
            None | Some(Kind::Scale) => Ok(Content::Other),
            Some(_) => Ok(Content::Object(self.node.read()?)),
        }
    }

    /// The object's name for findings.
    pub fn name(&self) -> ObjectName {
        let object: Option<Object<'_>> = self.node.read().ok();
        object.as_ref().and_then(Given::get).map_or_else(|| object_name(&Body::default()), object_name)
    }

    /// Whether the stored object has the same `spec`, the fields that nobody here reads included.
    pub fn spec_is_unchanged(&self, before: Option<&Value>) -> bool {
        let now = self.node.get("spec").and_then(|spec| spec.read::<Value>().ok());
        now.is_some() && now.as_ref() == before.and_then(|before| before.get("spec"))
    }

    /// Whether the update that an AdmissionReview is about leaves `spec` as it was.
    pub fn review_keeps_spec(&self) -> bool {
        let spec = |object| self.node.at(&Path::of(&["request", object, "spec"]))?.read::<Value>().ok();
        spec("object").is_some_and(|now| Some(now) == spec("oldObject"))
    }
}
