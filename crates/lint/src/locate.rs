//! From byte ranges of a document to lines and columns of its file.

use std::{cell::OnceCell, ops::Range, sync::Arc};

use super::{
    excerpt::{LONGEST_GAP, clamp, excerpt},
    known::KnownConfig,
    lines::Lines,
};
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
                vec![self.excerpt(vec![Mark::of_finding(range, label)])]
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
            return diagnostic.excerpts.push(self.excerpt(vec![Mark::context(range, label)]));
        }
        let Some(primary) = excerpt.marks.first().map(|mark| &mark.label) else { return };
        *excerpt = self.excerpt(vec![Mark::of_finding(first, primary), Mark::context(range, label)]);
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
    fn excerpt(&self, marks: Vec<Mark>) -> Excerpt {
        excerpt(self.text, &self.lines, self.file.clone(), self.first_line, marks)
    }
}

fn config_excerpt(config: &KnownConfig, name: &str, key: &str) -> Option<Excerpt> {
    let range = clamp(&config.text, config.range(key)?);
    let marks = vec![Mark::context(range, &format!("set in SGPostgresConfig {name}"))];
    let lines = Lines::of(&config.text);
    let mut excerpt = excerpt(&config.text, &lines, config.file.clone(), config.first_line, marks);
    if excerpt.first_line == config.first_line {
        excerpt.first_column += config.first_column - 1;
    }
    Some(excerpt)
}
