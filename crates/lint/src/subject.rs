//! The objects in a document: itself, the items of a list, what an AdmissionReview is about, or what others hold whole.

use serde_json::Value;

use super::object_name;
use crate::render::diagnostic::ObjectName;
use syncguard_core::view::{Body, Given, Kind, Leaf, Object, admission_review::AdmissionReview};
use syncguard_manifest::{
    Document, Node, SyntaxError,
    path::{Path, Step},
};

/// One object of a document.
#[derive(Clone)]
pub struct Subject<'d, 't> {
    node: Node<'d, 't>,
    /// Where the object stands in the document.
    prefix: Path<'d>,
    /// What a list says of its items, where they do not say it themselves.
    inherited: Option<(&'d str, &'d str)>,
    /// Whether it stands inside an object of another kind, which brings it to an API server.
    pub is_embedded: bool,
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
    Review(AdmissionReview<'d>),
    /// Something else.
    Other,
}

/// The objects of a document: those of lists one by one, and those of our kinds that others hold whole.
pub fn subjects<'d, 't>(document: &'d Document<'t>) -> Vec<Subject<'d, 't>> {
    let mut found = Vec::new();
    Subject::root(document).collect(&mut found);
    found
}

impl<'d, 't> Subject<'d, 't> {
    fn root(document: &'d Document<'t>) -> Self {
        Self { node: document.root(), prefix: Path::root(), inherited: None, is_embedded: false }
    }

    fn collect(self, found: &mut Vec<Self>) {
        let Some((api_version, kind)) = self.list() else {
            let is_foreign = self.is_foreign();
            let mut steps = self.prefix.steps().to_vec();
            let node = self.node;
            found.push(self);
            if is_foreign {
                embedded(node, &mut steps, found);
            }
            return;
        };
        // The items of a typed list need not say what they are: the API server leaves it out.
        let of_items = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        let Some(items) = self.node.get("items") else { return };
        for (index, node) in items.items().enumerate() {
            let prefix = self.prefix.clone().key("items").index(index);
            let inherited = of_items.map(|kind| (api_version, kind));
            Self { node, prefix, inherited, is_embedded: self.is_embedded }.collect(found);
        }
    }

    /// Whether it is of no kind that is judged, so that something that is may stand inside.
    fn is_foreign(&self) -> bool {
        self.type_names().is_none_or(|(version, kind)| {
            !AdmissionReview::is_named(version, kind) && Kind::of(version, kind).is_none()
        })
    }

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
        Self { node, prefix: self.prefix.clone().join(&object), inherited: None, ..*self }
    }

    /// `apiVersion` and `kind`.
    fn type_names(&self) -> Option<(&'d str, &'d str)> {
        let (api_version, kind) = (self.text("apiVersion"), self.text("kind"));
        Some((
            api_version.or(self.inherited.map(|inherited| inherited.0))?,
            kind.or(self.inherited.map(|inherited| inherited.1))?,
        ))
    }

    fn text(&self, key: &str) -> Option<&'d str> {
        self.node.get(key)?.as_str()
    }

    /// `apiVersion` and `kind` of a list.
    fn list(&self) -> Option<(&'d str, &'d str)> {
        self.type_names().filter(|(_, kind)| kind.ends_with("List") && self.node.get("items").is_some())
    }

    /// The object with everything that is in it.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn value(&self) -> Result<Value, SyntaxError> {
        let mut value: Value = self.node.read()?;
        if let (Some((api_version, kind)), Value::Object(object)) = (self.inherited, &mut value) {
            object.entry("apiVersion").or_insert_with(|| api_version.into());
            object.entry("kind").or_insert_with(|| kind.into());
        }
        Ok(value)
    }

    fn object(&self) -> Result<Object<'d>, SyntaxError> {
        let mut object: Object<'d> = self.node.read()?;
        if let (Some((api_version, kind)), Given::Is(body)) = (self.inherited, &mut object) {
            let said = [(&mut body.api_version.0, api_version), (&mut body.kind.0, kind)];
            for (leaf, text) in said.into_iter().filter(|(leaf, _)| leaf.is_absent()) {
                *leaf = Leaf::Text(text.into());
            }
        }
        Ok(object)
    }

    /// What it is.
    ///
    /// # Errors
    ///
    /// It cannot be read, because its aliases expand without end for instance.
    pub fn content(&self) -> Result<Content<'d>, SyntaxError> {
        let Some((api_version, kind)) = self.type_names() else { return Ok(Content::Other) };
        if AdmissionReview::is_named(api_version, kind) {
            let review: Given<'_, AdmissionReview<'_>> = self.node.read()?;
            return Ok(match review {
                Given::Is(review) => Content::Review(review),
                Given::Absent | Given::Other(_) => Content::Other,
            });
        }
        match Kind::of(api_version, kind) {
            None | Some(Kind::Scale) => Ok(Content::Other),
            Some(_) => Ok(Content::Object(self.object()?)),
        }
    }

    /// The object's name for findings.
    pub fn name(&self) -> ObjectName {
        let object = self.object().ok();
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

/// Finds the objects of our kinds inside one of another kind, as a `ManifestWork`, a `Template`, a play of Ansible and
/// many others hold them: by their structure, whatever is around them. Aliases are bounded where the document is read.
fn embedded<'d, 't>(node: Node<'d, 't>, steps: &mut Vec<Step<'d>>, found: &mut Vec<Subject<'d, 't>>) {
    let keyed = node.entries().map(|(key, value)| (Step::Key(key), value));
    let listed = node.items().enumerate().map(|(index, value)| (Step::Index(index), value));
    for (step, value) in keyed.chain(listed) {
        steps.push(step);
        let subject = |steps: &[Step<'d>]| Subject {
            node: value,
            prefix: Path::through(steps),
            inherited: None,
            is_embedded: true,
        };
        if is_whole(value) {
            found.push(subject(steps));
        } else {
            embedded(value, steps, found);
        }
        steps.pop();
    }
}

/// Whether a value is an object of our kinds, and not merely the name of one, as in `ownerReferences` or `targetRef`.
fn is_whole(node: Node<'_, '_>) -> bool {
    is_of_our_kinds(node) && ["spec", "metadata"].iter().any(|key| node.get(key).is_some())
}

/// Whether a value says that it is of a kind that is judged.
pub(super) fn is_of_our_kinds(node: Node<'_, '_>) -> bool {
    let text = |key| node.get(key).and_then(Node::as_str);
    let kind = text("apiVersion").zip(text("kind")).and_then(|(version, kind)| Kind::of(version, kind));
    kind.is_some_and(|kind| kind != Kind::Scale)
}
