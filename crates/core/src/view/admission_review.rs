//! An AdmissionReview as far as it is read: who asks for what to be stored.

use super::{Given, Kind, Leaf, Object, fields::objects};

objects! {
    /// An AdmissionReview on its way to a webhook.
    AdmissionReview => {
        "apiVersion" api_version: Leaf<'a>,
        "kind" kind: Leaf<'a>,
        /// What the API server asks.
        "request" request: Given<'a, Box<AdmissionRequest<'a>>>,
    }

    /// What an API server asks a webhook.
    AdmissionRequest => {
        "uid" uid: Leaf<'a>,
        "kind" kind: Given<'a, GroupVersionKind<'a>>,
        "name" name: Leaf<'a>,
        "namespace" namespace: Leaf<'a>,
        "operation" operation: Leaf<'a>,
        "dryRun" dry_run: Leaf<'a>,
        /// Who asks.
        "userInfo" user_info: Given<'a, UserInfo<'a>>,
        /// The object as it is to be; `null` on DELETE.
        "object" object: Object<'a>,
        /// The object as it is stored; `null` on CREATE.
        "oldObject" old_object: Object<'a>,
    }

    /// Who asks the API server for something. What else stands there is nobody's business.
    UserInfo => {
        "username" username: Leaf<'a>,
    }

    /// The type of the object.
    GroupVersionKind => {
        "group" group: Leaf<'a>,
        "kind" kind: Leaf<'a>,
    }
}

/// The versions of the format, which are alike for us; the answer has the version of the question.
pub const API_VERSIONS: [&str; 2] = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

impl AdmissionReview<'_> {
    /// Whether an object with this `apiVersion` and `kind` is an AdmissionReview.
    pub fn is_named(api_version: &str, kind: &str) -> bool {
        kind == "AdmissionReview" && API_VERSIONS.contains(&api_version)
    }
}

impl AdmissionRequest<'_> {
    /// What kind of object it is about; none for one that is not judged.
    pub fn known_kind(&self) -> Option<Kind> {
        let kind = self.kind.get()?;
        Kind::of(kind.group.text()?, kind.kind.text()?)
    }

    /// Whether the object is to be stored, and not deleted or connected to.
    pub fn stores(&self) -> bool {
        matches!(self.operation.text(), Some("CREATE" | "UPDATE"))
    }
}
