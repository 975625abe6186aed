//! From byte ranges of a document to lines and columns of its file, and to the lines that are shown.

use std::{ops::Range, sync::Arc};

use super::KnownObjects;
use crate::{
    input::Source,
    manifest::Node,
    render::diagnostic::{Diagnostic, Excerpt, Mark, Place},
    rule::{Finding, Related},
};

/// Where a document stands.
pub struct Context<'s> {
    /// The source that it is in.
    pub source: &'s Source,
    /// The number of its first line there.
    pub first_line: usize,
    /// Whether lines are wanted.
    pub with_excerpts: bool,
}

impl<'s> Context<'s> {
    /// Looks things up in the document's text.
    pub fn locator(&self, text: &'s str) -> Locator<'s> {
        Locator {
            text,
            file: self.source.name.clone(),
            first_line: self.first_line,
            with_excerpts: self.with_excerpts,
        }
    }
}

/// Looks things up in one document's text.
pub struct Locator<'s> {
    text: &'s str,
    file: Option<Arc<str>>,
    first_line: usize,
    with_excerpts: bool,
}

impl<'s> Locator<'s> {
    /// Looks only lines up, from 1, in a text without a name.
    pub fn of_text(text: &'s str) -> Self {
        Self { text, file: None, first_line: 1, with_excerpts: false }
    }
}

impl Locator<'_> {
    /// A finding about an object, with its lines, and those of a second place that matters.
    pub fn finding(
        &self,
        node: Node<'_, '_>,
        finding: &Finding<'_>,
        namespace: Option<&str>,
        known: &KnownObjects,
    ) -> Diagnostic {
        let location = node.locate(&finding.path);
        let label =
            if location.found { String::new() } else { format!("{} is missing here", finding.path.name()) };
        let mut diagnostic = self.at(finding, location.range, &label);
        match &finding.related {
            Some(Related::Here { path, note }) => {
                let location = node.locate(path);
                if location.found {
                    self.also(&mut diagnostic, location.range, note);
                }
            }
            Some(Related::PostgresConfig { name, key }) if self.with_excerpts => {
                diagnostic.excerpts.extend(config_excerpt(known, namespace, name, key));
            }
            Some(Related::PostgresConfig { .. }) | None => {}
        }
        diagnostic
    }

    /// A finding about a range of the text.
    pub fn at(&self, finding: &Finding<'_>, range: Range<usize>, label: &str) -> Diagnostic {
        let range = self.clamped(range);
        Diagnostic {
            rule: finding.rule,
            severity: finding.severity,
            softened: finding.softened,
            message: finding.message.clone(),
            help: finding.help.clone(),
            path: finding.path.to_string(),
            suggestion: finding.suggestion.clone(),
            object: None,
            file: self.file.clone(),
            template: self.template(),
            place: Some(self.place(&range)),
            excerpts: if self.with_excerpts {
                vec![self.excerpt(&[(range, label, true)])]
            } else {
                Vec::new()
            },
        }
    }

    /// Marks a second range beside a finding.
    pub fn also(&self, diagnostic: &mut Diagnostic, range: Range<usize>, label: &str) {
        let (Some(excerpt), Some(place)) = (diagnostic.excerpts.first_mut(), diagnostic.place) else {
            return;
        };
        let Some(primary) = excerpt.marks.first().map(|mark| mark.label.clone()) else { return };
        let range = self.clamped(range);
        let first = self.range_of(place);
        *excerpt = self.excerpt(&[(first, &primary, true), (range, label, false)]);
    }

    /// The line that a byte is on.
    pub fn line(&self, at: usize) -> usize {
        self.first_line + count_lines(self.text.get(..at).unwrap_or_default())
    }

    /// Lines and columns of a range.
    pub fn place(&self, range: &Range<usize>) -> Place {
        let (line, column) = self.position(range.start);
        let (end_line, end_column) = self.position(range.end);
        Place { line, column, end_line, end_column }
    }

    /// `# Source: chart/templates/db.yaml`, which Helm writes above what it made of a template.
    fn template(&self) -> Option<Arc<str>> {
        let head = self.text.lines().take(4);
        head.filter_map(|line| line.strip_prefix("# Source: ")).map(|name| name.trim().into()).next()
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column =
            before.get(start..).unwrap_or_default().trim_start_matches('\u{feff}').chars().count() + 1;
        (self.line(at), column)
    }

    /// The range that a place was made of.
    fn range_of(&self, place: Place) -> Range<usize> {
        self.offset(place.line, place.column)..self.offset(place.end_line, place.end_column)
    }

    fn offset(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for _ in self.first_line..line {
            start += self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(0, |newline| newline + 1);
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_start_matches('\u{feff}').len();
        let shown = rest.get(skipped..).unwrap_or_default();
        start + skipped + shown.char_indices().nth(column - 1).map_or(shown.len(), |(at, _)| at)
    }

    fn clamped(&self, range: Range<usize>) -> Range<usize> {
        clamp(self.text, range)
    }

    /// The whole lines around some ranges.
    fn excerpt(&self, marks: &[(Range<usize>, &str, bool)]) -> Excerpt {
        excerpt(self.text, self.file.clone(), self.first_line, marks)
    }
}

fn config_excerpt(known: &KnownObjects, namespace: Option<&str>, name: &str, key: &str) -> Option<Excerpt> {
    let config = known.postgres_config(namespace, name)?;
    let range = clamp(&config.text, config.range(key)?);
    let label = format!("set in SGPostgresConfig {name}");
    Some(excerpt(&config.text, config.file.clone(), config.first_line, &[(range, &label, false)]))
}

/// A range that lies in the text, between characters.
fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}

/// How much of a line is shown around a mark, in bytes: some JSON is one long line.
const LONGEST_LINE: usize = 400;

fn excerpt(
    text: &str,
    file: Option<Arc<str>>,
    first_line: usize,
    marks: &[(Range<usize>, &str, bool)],
) -> Excerpt {
    let start = marks.iter().map(|(range, _, _)| range.start).min().unwrap_or(0);
    let end = marks.iter().map(|(range, _, _)| range.end).max().unwrap_or(start);
    let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let to = text.get(end..).and_then(|behind| behind.find('\n')).map_or(text.len(), |newline| end + newline);
    let from = text.ceil_char_boundary(from.max(start.saturating_sub(LONGEST_LINE)));
    let to = text.floor_char_boundary(to.min(end.saturating_add(LONGEST_LINE)));
    let shown = text.get(from..to).unwrap_or_default();
    // A byte order mark is no column, and the return of a last line without its newline no character.
    let from = from + shown.len() - shown.trim_start_matches('\u{feff}').len();
    let shown = shown.trim_start_matches('\u{feff}').trim_end_matches('\r');
    let to = from + shown.len();
    let mark = |(range, label, is_primary): &(Range<usize>, &str, bool)| Mark {
        range: range.start.clamp(from, to) - from..range.end.clamp(from, to) - from,
        label: (*label).to_owned(),
        is_primary: *is_primary,
    };
    Excerpt {
        file,
        first_line: first_line + count_lines(text.get(..from).unwrap_or_default()),
        text: shown.to_owned(),
        marks: marks.iter().map(mark).collect(),
    }
}

fn count_lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}
