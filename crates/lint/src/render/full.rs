//! A finding as a compiler would show it: the lines, the value marked, a second place, and help.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Excerpt};
use syncguard_core::rule::{Severity, printable};

/// The finding and an empty line.
pub fn text(diagnostic: &Diagnostic, in_color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = format!("{}{}", diagnostic.message, diagnostic.downgrade_note());
    let mut group = Group::with_title(level.primary_title(message).id(diagnostic.rule.id));
    for excerpt in &diagnostic.excerpts {
        if let Some(origin) = origin(excerpt) {
            group = group.element(origin).element(snippet(excerpt));
        } else {
            let path = printable::<Cow<'_, str>>(excerpt.file.as_deref().unwrap_or("<stdin>"));
            group = group.element(snippet(excerpt).path(path));
        }
    }
    for note in notes(diagnostic) {
        group = group.element(Level::NOTE.message(note));
    }
    if !diagnostic.help.is_empty() {
        group = group.element(Level::HELP.message(&*diagnostic.help));
    }
    let renderer = if in_color { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.render(&[group]))
}

/// Where the mark is, for a line that is shown from its middle on: the lines that are shown do not tell.
fn origin(excerpt: &Excerpt) -> Option<Origin<'_>> {
    let mark = excerpt.marks.iter().find(|mark| mark.is_primary).or(excerpt.marks.first())?;
    let before = excerpt.text.get(..mark.range.start)?;
    if excerpt.first_column == 1 || before.contains('\n') {
        return None;
    }
    let column = excerpt.first_column + before.chars().count();
    let path = printable::<Cow<'_, str>>(excerpt.file.as_deref().unwrap_or("<stdin>"));
    Some(Origin::path(path).line(excerpt.first_line).char_column(column))
}

fn snippet(excerpt: &Excerpt) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let marks = excerpt.marks.iter().map(|mark| {
        let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = Some(printable::<Cow<'_, str>>(&mark.label)).filter(|label| !label.is_empty());
        kind.span(mark.range.clone()).label(label)
    });
    Snippet::source(shown_source(&excerpt.text)).line_start(excerpt.first_line).annotations(marks)
}

/// The lines without the control characters that are two bytes long, each in as many bytes: the marks count
/// bytes. The renderer replaces the short ones itself.
fn shown_source(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if text.contains(is_obeyed) { text.replace(is_obeyed, "\u{b7}").into() } else { text.into() }
}

/// What the lines do not show: which object it is, and which template made it.
fn notes(diagnostic: &Diagnostic) -> Vec<String> {
    let named = diagnostic.object.as_ref().map(|object| {
        let name = object.name.as_deref().unwrap_or("without a name");
        let namespace = object.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        printable(format!("{} {name}{namespace}, {}", object.kind, diagnostic.path))
    });
    let template = diagnostic.template.as_ref().map(|template| printable(format!("made from {template}")));
    named.into_iter().chain(template).collect()
}
