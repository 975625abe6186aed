//! An SGPostgresConfig of the input: its settings for the rules, and its lines for people.

use std::{collections::HashMap, ops::Range, path::Path, sync::Arc};

use crate::{excerpt::lines_around, lines::Lines, source::Source, subject::Subject};
use syncguard_core::view::{Body, Parameters};

/// An SGPostgresConfig of the input, and where it is written.
#[derive(Debug, Clone)]
pub struct KnownConfig {
    /// Its settings.
    pub parameters: Parameters<'static>,
    /// The lines that its settings are on.
    pub text: String,
    /// The source that it stands in.
    pub file: Option<Arc<str>>,
    /// Other sources that hold the same.
    pub copies: Vec<Arc<str>>,
    /// The number of the first of these lines.
    pub first_line: usize,
    /// The column at which `text` begins.
    pub first_column: usize,
    /// Where each setting is written in `text`.
    ranges: HashMap<String, Range<usize>>,
}

impl KnownConfig {
    /// Whether it, or a copy of it, stands in a folder.
    pub fn is_in(&self, folder: Option<&Path>) -> bool {
        self.file.iter().chain(&self.copies).any(|file| Path::new(&**file).parent() == folder)
    }

    /// Where a setting is written in `text`.
    pub fn range(&self, key: &str) -> Option<Range<usize>> {
        self.ranges.get(key).cloned()
    }
}

/// The SGPostgresConfig that a subject is.
pub(super) fn known_config(
    body: &Body<'_>,
    subject: &Subject<'_, '_>,
    source: &Source,
    (text, lines): (&str, &Lines<'_>),
    line: usize,
) -> Option<KnownConfig> {
    let parameters = body.spec.get()?.postgresql_conf.get()?.clone().into_owned();
    let settings = subject.node().get("spec")?.get("postgresql.conf")?;
    let shown = lines_around(text, settings.range());
    let inside = |range: Range<usize>| {
        let inside = shown.start <= range.start && range.end <= shown.end;
        inside.then(|| range.start - shown.start..range.end - shown.start)
    };
    let ranges = settings.entries().filter_map(|(key, value)| Some((key.to_owned(), inside(value.range())?)));
    Some(KnownConfig {
        parameters,
        text: text.get(shown.clone())?.to_owned(),
        file: source.name.clone(),
        copies: Vec::new(),
        first_line: line + lines.breaks_before(shown.start),
        first_column: lines.column(shown.start),
        ranges: ranges.collect(),
    })
}
