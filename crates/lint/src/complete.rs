//! What `mutate` would fill into the objects of a text.

use super::{
    known::{Known, KnownObjects},
    subject::{Content, Subject},
};
use syncguard_core::{
    policy::Policy,
    review,
    view::{Given, admission_review::AdmissionReview},
};
use syncguard_manifest::{SetValue, path::OwnedPath};

/// The defaults of a subject, and where in the document its object stands.
pub fn operations<'d, 't>(
    subject: &Subject<'d, 't>,
    known: &KnownObjects,
    policy: &Policy,
) -> (Subject<'d, 't>, Vec<SetValue>) {
    match subject.content() {
        Ok(Content::Object(Given::Is(mut body))) => {
            let stored = known.before(&body);
            let before = stored.map(Known::read);
            let before = before.as_ref().and_then(Given::get);
            let unchanged = || subject.spec_is_unchanged(stored.map(Known::value));
            (subject.clone(), review::complete(&mut body, before, policy, unchanged))
        }
        Ok(Content::Review(review)) => of_review(subject, review, policy),
        _ => (subject.clone(), Vec::new()),
    }
}

fn of_review<'d, 't>(
    subject: &Subject<'d, 't>,
    review: AdmissionReview<'d>,
    policy: &Policy,
) -> (Subject<'d, 't>, Vec<SetValue>) {
    let inside = subject.reviewed();
    let Given::Is(mut request) = review.request else { return (inside, Vec::new()) };
    if !request.stores() {
        return (inside, Vec::new());
    }
    let Given::Is(object) = &mut request.object else { return (inside, Vec::new()) };
    let operations =
        review::complete(object, request.old_object.get(), policy, || subject.review_keeps_spec());
    (inside, operations)
}

/// The operations along the paths of the document that the object stands in.
pub fn in_document(subject: &Subject<'_, '_>, operations: Vec<SetValue>) -> Vec<SetValue<OwnedPath>> {
    let of_document = |SetValue { path, value }: SetValue| {
        let path = OwnedPath::from(&subject.prefix().clone().join(&path));
        SetValue { path, value }
    };
    operations.into_iter().map(of_document).collect()
}
