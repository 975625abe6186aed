//! A finding as a compiler would show it: the lines, the value marked, a second place, and help.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Excerpt};
use crate::rule::Severity;

/// The finding and an empty line.
pub fn text(diagnostic: &Diagnostic, in_colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = format!("{}{}", diagnostic.message, diagnostic.softening());
    let mut group = Group::with_title(level.primary_title(message).id(diagnostic.rule.id));
    for excerpt in &diagnostic.excerpts {
        group = group.element(snippet(excerpt));
    }
    for note in notes(diagnostic) {
        group = group.element(Level::NOTE.message(note));
    }
    if !diagnostic.help.is_empty() {
        group = group.element(Level::HELP.message(&diagnostic.help));
    }
    let renderer = if in_colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.render(&[group]))
}

fn snippet(excerpt: &Excerpt) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let marks = excerpt.marks.iter().map(|mark| {
        let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = Some(mark.label.as_str()).filter(|label| !label.is_empty());
        kind.span(mark.range.clone()).label(label)
    });
    Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line)
        .path(excerpt.file.as_deref().unwrap_or("<stdin>"))
        .annotations(marks)
}

/// What the lines do not show: which object it is, and which template made it.
fn notes(diagnostic: &Diagnostic) -> Vec<String> {
    let named = diagnostic.object.as_ref().map(|object| {
        let name = object.name.as_deref().unwrap_or("without a name");
        let namespace = object.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        format!("{} {name}{namespace}, {}", object.kind, diagnostic.path)
    });
    let template = diagnostic.template.as_ref().map(|template| format!("made from {template}"));
    named.into_iter().chain(template).collect()
}
