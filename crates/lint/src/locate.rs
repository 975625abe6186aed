//! From byte ranges of a document to lines and columns of its file, and to the lines that are shown.

use std::{cell::OnceCell, ops::Range, sync::Arc};

use super::{known::KnownConfig, lines::Lines};
use crate::{
    render::diagnostic::{Diagnostic, Excerpt, Mark, Span},
    source::Source,
};
use syncguard_core::rule::{Aspect, Downgrade, Finding, Related};
use syncguard_manifest::Node;

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
            lines: Lines::of(text),
            template: OnceCell::new(),
            file: self.source.name.clone(),
            source: Some(self.source),
            first_line: self.first_line,
            with_excerpts: self.with_excerpts,
        }
    }
}

/// Looks things up in one document's text.
pub struct Locator<'s> {
    text: &'s str,
    lines: Lines<'s>,
    template: OnceCell<Option<Arc<str>>>,
    file: Option<Arc<str>>,
    /// The source that the text is of, where it has one.
    pub source: Option<&'s Source>,
    first_line: usize,
    with_excerpts: bool,
}

impl<'s> Locator<'s> {
    /// Looks only lines up, from 1, in a text without a name.
    pub fn of_text(text: &'s str) -> Self {
        let (lines, template) = (Lines::of(text), OnceCell::new());
        Self { text, lines, template, file: None, source: None, first_line: 1, with_excerpts: false }
    }
}

impl Locator<'_> {
    /// A finding about an object, with its lines, and those of a second place that matters.
    pub fn finding<'k>(
        &self,
        node: Node<'_, '_>,
        finding: &Finding<'_>,
        config: &dyn Fn(&str) -> Option<&'k KnownConfig>,
    ) -> Diagnostic {
        let location = node.locate(&finding.path);
        let label =
            if location.found { String::new() } else { format!("{} is missing here", finding.path.name()) };
        let range = match finding.aspect {
            Aspect::Value => location.range,
            Aspect::Name => node.key_range(&finding.path).unwrap_or(location.range),
        };
        let mut diagnostic = self.at(finding, range.clone(), &label);
        match &finding.related {
            Some(Related::Here { place, note }) => {
                let other = node.locate(&place.path());
                if other.found {
                    self.also(&mut diagnostic, range, other.range, note);
                }
            }
            Some(Related::PostgresConfig { name, key }) if self.with_excerpts => {
                diagnostic.excerpts.extend(config(name).and_then(|config| config_excerpt(config, name, key)));
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
            downgraded: finding.downgraded.map(Downgrade::reason),
            message: finding.message.clone(),
            help: finding.advice().to_owned().into(),
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

    /// Marks a second range beside the one that a finding is about; one that is far away is shown by itself.
    pub fn also(&self, diagnostic: &mut Diagnostic, first: Range<usize>, range: Range<usize>, label: &str) {
        let Some(excerpt) = diagnostic.excerpts.first_mut() else { return };
        let (first, range) = (self.clamped(first), self.clamped(range));
        let gap = first.start.abs_diff(range.start);
        if gap > LONGEST_GAP {
            return diagnostic.excerpts.push(self.excerpt(&[(range, label, false)]));
        }
        let Some(primary) = excerpt.marks.first().map(|mark| mark.label.clone()) else { return };
        *excerpt = self.excerpt(&[(first, &primary, true), (range, label, false)]);
    }

    /// The line that a byte is on.
    pub fn line(&self, at: usize) -> usize {
        self.first_line + self.lines.breaks_before(at)
    }

    /// Lines and columns of a range.
    pub fn place(&self, range: &Range<usize>) -> Span {
        let (line, column) = self.position(range.start);
        let (end_line, end_column) = self.position(range.end);
        Span { line, column, end_line, end_column }
    }

    /// `# Source: chart/templates/db.yaml`, which Helm writes above what it made of a template.
    fn template(&self) -> Option<Arc<str>> {
        let written = || {
            let mut head = self.text.lines().take(4);
            head.find_map(|line| line.strip_prefix("# Source: ")).map(|name| name.trim().into())
        };
        self.template.get_or_init(written).clone()
    }

    fn position(&self, at: usize) -> (usize, usize) {
        (self.line(at), self.lines.column(at))
    }

    fn clamped(&self, range: Range<usize>) -> Range<usize> {
        clamp(self.text, range)
    }

    /// The whole lines around some ranges.
    fn excerpt(&self, marks: &[(Range<usize>, &str, bool)]) -> Excerpt {
        excerpt(self.text, &self.lines, self.file.clone(), self.first_line, marks)
    }
}

fn config_excerpt(config: &KnownConfig, name: &str, key: &str) -> Option<Excerpt> {
    let range = clamp(&config.text, config.range(key)?);
    let label = format!("set in SGPostgresConfig {name}");
    let lines = Lines::of(&config.text);
    let marks = [(range, label.as_str(), false)];
    let mut excerpt = excerpt(&config.text, &lines, config.file.clone(), config.first_line, &marks);
    if excerpt.first_line == config.first_line {
        excerpt.first_column += config.first_column - 1;
    }
    Some(excerpt)
}

/// A range that lies in the text, between characters.
fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}

/// How much of a line is shown around a mark, in bytes: some JSON is one long line.
const LONGEST_LINE: usize = 400;
/// How far apart two marks of one excerpt are at most, and how much of a marked value is shown, in bytes: an
/// excerpt is kept and drawn whole.
const LONGEST_GAP: usize = 4096;

fn excerpt(
    text: &str,
    lines: &Lines<'_>,
    file: Option<Arc<str>>,
    first_line: usize,
    marks: &[(Range<usize>, &str, bool)],
) -> Excerpt {
    let start = marks.iter().map(|(range, _, _)| range.start).min().unwrap_or(0);
    let end = marks.iter().map(|(range, _, _)| shown_end(range)).max().unwrap_or(start);
    let Range { start: from, end: to } = lines_around(text, start..end);
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
        first_line: first_line + lines.breaks_before(from),
        first_column: lines.column(from),
        text: shown.to_owned(),
        marks: marks.iter().map(mark).collect(),
    }
}

/// The whole lines that a range is on, as far as they are not too long.
pub(super) fn lines_around(text: &str, range: Range<usize>) -> Range<usize> {
    let Range { start, end } = clamp(text, range);
    let first = text.ceil_char_boundary(start.saturating_sub(LONGEST_LINE));
    let last = text.floor_char_boundary(end.saturating_add(LONGEST_LINE).min(text.len()));
    let before = text.get(first..start).and_then(|before| before.rfind('\n'));
    let from = before.map_or(first, |newline| first + newline + 1);
    let behind = text.get(end..last).and_then(|behind| behind.find('\n'));
    from..behind.map_or(last.max(end), |newline| end + newline)
}

/// Where a mark ends in its excerpt.
fn shown_end(range: &Range<usize>) -> usize {
    range.end.min(range.start.saturating_add(LONGEST_GAP))
}
