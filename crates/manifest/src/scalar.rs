//! What a plain word of YAML is to Kubernetes: go-yaml v2 resolves it, then JSON holds it.
//!
//! YAML 1.1 with Go's additions: `yes` is a boolean, `0777` is 511, `1_000` is 1000, a date is a text.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use crate::tree::Form;

/// The value of a plain scalar as go-yaml resolves it; whatever is none of the others is a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Signed(i64),
    /// Only for what exceeds an `i64`.
    Unsigned(u64),
    Float(f64),
    Text,
}

/// Resolves a plain scalar. The first byte tells most of it: nearly every text of a manifest ends there.
pub(super) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'0'..=b'9' | b'+' | b'-') => constant(text).unwrap_or_else(|| number(text)),
        Some(b'.') => constant(text).unwrap_or_else(|| fraction(text)),
        Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            constant(text).unwrap_or(Scalar::Text)
        }
        Some(_) => Scalar::Text,
    }
}

/// The words with a meaning, in exactly the spellings that go-yaml knows.
fn constant(text: &str) -> Option<Scalar> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// What begins with a digit or a sign. Underscores are dropped wherever they stand, as go-yaml does.
fn number(text: &str) -> Scalar {
    let digits = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&digits)
        .or_else(|| float(&digits))
        .or_else(|| signed_after_prefix(&digits))
        .unwrap_or(Scalar::Text)
}

/// Go's `ParseInt` and `ParseUint` with base 0: the prefix of the digits names their base.
fn integer(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let magnitude = magnitude(unsigned)?;
    if text.starts_with('-') {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Signed);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Signed(value)),
        Err(_) if unsigned.len() == text.len() => Some(Scalar::Unsigned(magnitude)),
        Err(_) => None,
    }
}

fn magnitude(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, text.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, text.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, text.get(2..)?),
        [b'0', _, ..] => (8, text.get(1..)?),
        _ => (10, text),
    };
    // Rust would take one more sign here.
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, radix).ok() }
}

/// A decimal fraction; one that exceeds a double stays a text.
fn float(text: &str) -> Option<Scalar> {
    let value = is_decimal(text).then(|| text.parse::<f64>().ok())??;
    value.is_finite().then_some(Scalar::Float(value))
}

/// Whether it matches `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let counted = |text: &str| !text.is_empty() && digits(text);
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|text| counted(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

/// go-yaml's second look at binary numbers also finds a sign behind the prefix: `0b-1`.
fn signed_after_prefix(text: &str) -> Option<Scalar> {
    let digits = text.strip_prefix("0b")?;
    digits.starts_with(['+', '-']).then(|| i64::from_str_radix(digits, 2).ok())?.map(Scalar::Signed)
}

/// What begins with a dot. Here, unlike in `number`, an underscore must stand between two digits.
fn fraction(text: &str) -> Scalar {
    if !text.contains('_') {
        return float(text).unwrap_or(Scalar::Text);
    }
    let separates = |w: &[u8]| w[1] != b'_' || (w[0].is_ascii_digit() && w[2].is_ascii_digit());
    if text.ends_with('_') || !text.as_bytes().windows(3).all(separates) {
        return Scalar::Text;
    }
    float(&text.replace('_', "")).unwrap_or(Scalar::Text)
}

/// Whether a plain scalar is an infinity or not a number, which JSON cannot hold.
pub(super) fn is_beyond_json(text: &str) -> bool {
    text.starts_with(['.', '+', '-']) && matches!(constant(text), Some(Scalar::Float(_)))
}

/// The JSON key that a plain scalar becomes, or why it cannot be one.
pub(super) fn key(text: Cow<'_, str>) -> Result<Cow<'_, str>, &'static str> {
    let canonical = match resolve(&text) {
        Scalar::Text => return Ok(text),
        Scalar::Null => return Err("a key cannot be null; quote it if the text is meant"),
        Scalar::Unsigned(_) => return Err("this number is too large for a key; quote it"),
        Scalar::Bool(value) => return Ok(Cow::Borrowed(if value { "true" } else { "false" })),
        Scalar::Signed(value) => value.to_string(),
        Scalar::Float(value) => float_key(value),
    };
    Ok(if text == canonical { text } else { Cow::Owned(canonical) })
}

/// Go's `FormatFloat(value, 'g', -1, 32)`, with YAML's names for what is not a number.
#[expect(clippy::cast_possible_truncation, reason = "sigs.k8s.io/yaml writes such keys with 32 bits")]
fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-.inf" } else { ".inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..=5 => value.to_string(),
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}

/// A scalar behind a tag of YAML itself (`!!int` is `int`). Tags that go-yaml does not know make a text.
pub(super) fn tagged<'t>(tag: &str, text: Cow<'t, str>) -> Result<(Cow<'t, str>, Form), String> {
    let fits = match (tag, resolve(&text)) {
        ("int", Scalar::Signed(_) | Scalar::Unsigned(_))
        | ("float", Scalar::Signed(_) | Scalar::Float(_))
        | ("bool", Scalar::Bool(_))
        | ("null", Scalar::Null) => true,
        ("int" | "float" | "bool" | "null", _) => false,
        ("timestamp", _) => {
            return Err("Kubernetes has no timestamps; quote the text instead of the tag".into());
        }
        ("binary", _) => return Ok((Cow::Owned(binary(&text)?), Form::Text)),
        _ => return Ok((text, Form::Text)),
    };
    if fits { Ok((text, Form::Plain)) } else { Err(format!("`{text}` is not what its tag !!{tag} says")) }
}

/// The text that Base64 encodes, in UTF-8 as JSON needs it.
fn binary(text: &str) -> Result<String, String> {
    let encoded: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = BASE64.decode(encoded).map_err(|_| "a !!binary value must be Base64".to_owned())?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // Go writes one replacement character for each invalid byte.
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(text)
}
