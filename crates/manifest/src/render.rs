//! A JSON value as the text to put into a document: in one line or as a block of YAML.

use serde_json::Value;

use super::scalar::{Scalar, resolve};

/// How texts are written where they need no quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Always quoted, as JSON needs it.
    Json,
    /// Without quotes where YAML reads the same text then.
    Yaml,
}

/// Columns that a collection of YAML is indented below its key.
pub(super) const STEP: usize = 2;

/// Whether it takes lines of its own in block style.
pub(super) fn is_block(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// The value in one line.
pub(super) fn inline(value: &Value, style: Style) -> String {
    match value {
        Value::String(text) => key(text, style),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| inline(item, style)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| member(name, value, style);
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A key and its value in one line.
pub(super) fn member(name: &str, value: &Value, style: Style) -> String {
    format!("{}: {}", key(name, style), inline(value, style))
}

/// A text or a key.
pub(super) fn key(text: &str, style: Style) -> String {
    if style == Style::Yaml && is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// In double quotes, with everything escaped that YAML takes for the end of a line, or does not take at all.
fn quoted(text: &str) -> String {
    let is_odd = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let escaped = |text: String, c: char| {
        if is_odd(c) { text + &format!("\\u{:04x}", u32::from(c)) } else { text + c.encode_utf8(&mut [0; 4]) }
    };
    let json = Value::from(text).to_string();
    if json.contains(is_odd) { json.chars().fold(String::new(), escaped) } else { json }
}

/// A key and its value on lines of their own, the first of them without its indentation.
pub(super) fn field(name: &str, value: &Value, column: usize) -> String {
    if is_block(value) {
        let inside = column + STEP;
        format!("{}:\n{:inside$}{}", key(name, Style::Yaml), "", block(value, inside))
    } else {
        member(name, value, Style::Yaml)
    }
}

/// A value on lines of its own from `column` on, the first of them without its indentation.
pub(super) fn block(value: &Value, column: usize) -> String {
    let lines: Vec<_> = match value {
        Value::Object(fields) if is_block(value) => {
            fields.iter().map(|(name, value)| field(name, value, column)).collect()
        }
        Value::Array(items) if is_block(value) => items.iter().map(|value| item(value, column)).collect(),
        _ => return inline(value, Style::Yaml),
    };
    lines.join(&format!("\n{:column$}", ""))
}

/// A list element with its dash.
pub(super) fn item(value: &Value, column: usize) -> String {
    format!("- {}", block(value, column + STEP))
}

/// Whether YAML surely reads the text as itself without quotes, wherever it stands.
fn is_plain(text: &str) -> bool {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'))
        && text.bytes().all(harmless)
        && resolve(text) == Scalar::Text
}
