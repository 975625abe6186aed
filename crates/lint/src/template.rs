//! Texts that a program has yet to fill in: the templates of a chart are no manifests, and no faults either.

use crate::source::Source;
use syncguard_manifest as manifest;

/// Whether a text that is no YAML, or stands among the templates of a chart, is one that Helm or a like has to render
/// first: without what stands in double braces, it could be read.
pub fn is_template(source: &Source, text: &str) -> bool {
    has_actions(text) && (is_in_chart(source) || manifest::parse(&without_actions(text)).error.is_none())
}

/// Whether a text that can be read as it is stands among the templates of a chart, and is one: what is in double braces
/// is not its value.
pub fn is_chart_template(source: &Source, text: &str) -> bool {
    has_actions(text) && is_in_chart(source)
}

fn has_actions(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"{{").is_some_and(|at| text[at..].contains("}}"))
}

/// Whether a file lies in the folder `templates` of a chart.
fn is_in_chart(source: &Source) -> bool {
    let folders = source.path.iter().flat_map(|path| path.ancestors().skip(1));
    let mut templates = folders.filter(|folder| folder.file_name().is_some_and(|name| name == "templates"));
    templates.any(|folder| folder.with_file_name("Chart.yaml").is_file())
}

/// The text with spaces for each line that is nothing but actions, and with a word for each other action.
fn without_actions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, action) = rest.split_at(start);
        out.push_str(before);
        let Some(length) = action.find("}}").map(|end| end + 2) else { break };
        let (action, behind) = action.split_at(length);
        let is_alone = is_blank_line(&out) && behind.lines().next().unwrap_or_default().trim().is_empty();
        out.push(if is_alone { ' ' } else { 'x' });
        out.extend(action.chars().filter(|c| *c == '\n'));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether nothing stands on the last line of a text.
fn is_blank_line(text: &str) -> bool {
    text.rsplit('\n').next().unwrap_or_default().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_template_where_nothing_but_its_actions_is_no_yaml() {
        for (text, is_one) in [
            ("instances: {{ .Values.instances }}\n", true),
            ("{{- if .Values.on }}\na: 1\n{{- end }}\n", true),
            ("spec:\n  {{- toYaml .Values.spec | nindent 2 }}\n  a: {{ quote .Values.a }}\n", true),
            ("{{ $key }}: {{ $value }}\n", true),
            ("a: {{ if .x -}}\n  1\n  {{- end }}\n", true),
            ("a: [\n", false),
            ("a: {{ .Values.a }}\nb: [\n", false),
            ("# {{ .Values.a }}\nb: [\n", false),
            ("summary: '{{ $labels.pod }}'\nspec:\n\tinstances: 1\n", false),
        ] {
            let source = Source::of_text("db.yaml", Vec::new());
            assert_eq!(is_template(&source, text), is_one, "whether this is a template:\n{text}");
        }
    }
}
