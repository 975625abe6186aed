//! Changes of a whole text, document by document, with everything else left as it is.

use super::{
    lines::Lines,
    subject::{Subject, subjects},
};
use crate::pieces::documents;
use syncguard_manifest as manifest;
use syncguard_manifest::{Document, Documents, EditError, SetValue, Splice, path::OwnedPath};

/// How often what was changed is looked at again at most; a change that calls for another is done after three.
const MOST_ROUNDS: usize = 16;

/// What a text becomes.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// The changes, in the order of the text.
    pub splices: Vec<Splice>,
    /// How many values were changed.
    pub edits: usize,
    /// The documents that stay as they are, though something in them should change.
    pub failures: Vec<RewriteError>,
}

impl Rewritten {
    /// The text with the changes in it.
    pub fn apply(&self, text: &[u8]) -> Vec<u8> {
        Splice::apply_to_bytes(text, &self.splices)
    }
}

/// Why a document of a text stays as it is.
#[derive(Debug, thiserror::Error)]
#[error("the document on line {line}")]
pub struct RewriteError {
    /// The line on which the document begins.
    line: usize,
    /// Why.
    #[source]
    error: EditError,
}

/// Applies the changes that `edits_of` names for the objects of a document, given the text that its places count in, until
/// it names none any more. A document without changes may be anything, even unreadable.
pub fn rewrite(
    text: &[u8],
    mut edits_of: impl FnMut(&str, &Document<'_>, &[Subject<'_, '_>]) -> Vec<SetValue<OwnedPath>>,
) -> Rewritten {
    let mut rewritten = Rewritten::default();
    let mut at = 0;
    for (bytes, line) in documents(text) {
        if let Ok(chunk) = manifest::decode(bytes) {
            rewrite_chunk(chunk, at, line + 1, &mut edits_of, &mut rewritten);
        }
        at += bytes.len();
    }
    rewritten
}

/// A chunk of JSON can hold several documents. Each is changed by itself: an edit is read again before it is believed.
fn rewrite_chunk(
    chunk: &str,
    at: usize,
    line: usize,
    edits_of: &mut impl FnMut(&str, &Document<'_>, &[Subject<'_, '_>]) -> Vec<SetValue<OwnedPath>>,
    rewritten: &mut Rewritten,
) {
    let read = manifest::parse(chunk);
    let starts = read.documents.iter().skip(1).map(|document| document.span().start);
    let ends: Vec<usize> = starts.chain([chunk.len()]).collect();
    let lines = Lines::of(chunk);
    // The usual chunk is one document, which has been read.
    let mut whole = (ends.len() == 1).then_some(read);
    let mut start = 0;
    for end in ends {
        let text = &chunk[start..end];
        let read = whole.take().unwrap_or_else(|| manifest::parse(text));
        let (splices, edits, error) = rewrite_document(text, &read, edits_of);
        rewritten.edits += edits;
        rewritten.splices.extend(splices.into_iter().map(|splice| {
            let range = at + start + splice.range.start..at + start + splice.range.end;
            Splice { range, text: splice.text }
        }));
        rewritten
            .failures
            .extend(error.map(|error| RewriteError { line: line + lines.breaks_before(start), error }));
        start = end;
    }
}

/// All changes are made in the text as it was, so that what is not asked for stays, however many rounds it takes.
fn rewrite_document(
    text: &str,
    read: &Documents<'_>,
    edits_of: &mut impl FnMut(&str, &Document<'_>, &[Subject<'_, '_>]) -> Vec<SetValue<OwnedPath>>,
) -> (Vec<Splice>, usize, Option<EditError>) {
    let Some(original) = read.documents.first() else { return (Vec::new(), 0, None) };
    let mut edits = edits_of(text, original, &subjects(original));
    let mut done = (Vec::new(), 0);
    for _ in 0..MOST_ROUNDS {
        if edits.len() == done.1 {
            break;
        }
        let changes: Vec<_> = edits.iter().map(SetValue::borrowed).collect();
        match manifest::edit(text, original, &changes) {
            Ok(splices) => done = (splices, edits.len()),
            Err(error) => return (done.0, done.1, Some(error)),
        }
        let edited = Splice::apply(text, &done.0);
        let read = manifest::parse(&edited);
        if let Some(document) = read.documents.first() {
            edits.extend(edits_of(&edited, document, &subjects(document)));
        }
    }
    (done.0, done.1, None)
}
