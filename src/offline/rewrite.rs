//! Changes of a whole text, document by document, with everything else left as it is.

use super::{
    lines::Lines,
    subject::{Subject, subjects},
};
use crate::{
    input::documents,
    manifest::{self, Change, Document, EditError},
    path::OwnedPath,
};

/// A value that is put into a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Where in the document.
    pub path: OwnedPath,
    /// What.
    pub value: serde_json::Value,
}

impl Edit {
    fn change(&self) -> Change<'_> {
        Change::Set { path: self.path.path(), value: self.value.clone() }
    }
}

/// Why a text stays as it is: a document of it cannot be changed in place.
#[derive(Debug, thiserror::Error)]
#[error("the document on line {line}: {error}")]
pub struct RewriteError {
    /// The line on which the document begins.
    line: usize,
    /// Why.
    error: EditError,
}

/// Applies the changes that `edits_of` names for each object of a text, given the text that its document's places
/// count in, the document and the object. A document without changes may be
/// anything, even unreadable.
///
/// # Errors
///
/// A document that is to be changed cannot be.
pub fn rewrite(
    text: &[u8],
    mut edits_of: impl FnMut(&str, &Document<'_>, &Subject<'_, '_>) -> Vec<Edit>,
) -> Result<Vec<u8>, RewriteError> {
    let mut out = Vec::with_capacity(text.len() + 64);
    for (bytes, line) in documents(text) {
        let Ok(chunk) = manifest::decode(bytes) else {
            out.extend_from_slice(bytes);
            continue;
        };
        out.extend(rewrite_chunk(chunk, line + 1, &mut edits_of)?.into_bytes());
    }
    Ok(out)
}

/// A chunk of JSON can hold several documents. Each is changed by itself: an edit is read again before it is believed.
fn rewrite_chunk(
    chunk: &str,
    line: usize,
    edits_of: &mut impl FnMut(&str, &Document<'_>, &Subject<'_, '_>) -> Vec<Edit>,
) -> Result<String, RewriteError> {
    let read = manifest::parse(chunk);
    let starts = read.documents.iter().skip(1).map(|document| document.span().start);
    let ends: Vec<usize> = starts.chain([chunk.len()]).collect();
    let (mut out, mut start) = (String::with_capacity(chunk.len() + 64), 0);
    for end in ends {
        let text = &chunk[start..end];
        let failed = |error| RewriteError { line: line + Lines::of(chunk).breaks_before(start), error };
        out.push_str(&rewrite_document(text, edits_of).map_err(failed)?);
        start = end;
    }
    Ok(out)
}

fn rewrite_document(
    text: &str,
    edits_of: &mut impl FnMut(&str, &Document<'_>, &Subject<'_, '_>) -> Vec<Edit>,
) -> Result<String, EditError> {
    let read = manifest::parse(text);
    let Some(document) = read.documents.first() else { return Ok(text.to_owned()) };
    let edits: Vec<_> =
        subjects(document).iter().flat_map(|subject| edits_of(text, document, subject)).collect();
    if edits.is_empty() {
        return Ok(text.to_owned());
    }
    let changes: Vec<_> = edits.iter().map(Edit::change).collect();
    manifest::edit(text, document, &changes)
}
