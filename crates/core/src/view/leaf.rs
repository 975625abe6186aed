//! The leaves of the view: one written value of any type, and what a person should be told it is.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::amount::{LONGEST_LIST, LONGEST_MAP};

/// One value as it was written, whatever its type.
///
/// Reading one never fails: what a field should have been is for the rules to say. `null` counts as
/// absent, as it does for an API server that fills in defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Leaf<'a> {
    /// Not written, or `null`.
    #[default]
    Absent,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A list of this many elements.
    List(usize),
    /// An object of this many keys.
    Object(usize),
}

/// What an absent parent holds in place of its fields.
pub static ABSENT: Leaf<'static> = Leaf::Absent;

impl Leaf<'_> {
    /// Whether nothing is written here.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The whole number, as JSON Schema sees it: `3.0` is 3, `"3"` is none.
    pub fn integer(&self) -> Option<i64> {
        match *self {
            Self::Integer(value) => Some(value),
            Self::Float(value) => whole(value),
            _ => None,
        }
    }

    /// The string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value.
    pub fn flag(&self) -> Option<bool> {
        match *self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, whole or not.
    #[expect(clippy::cast_precision_loss, reason = "a measure, not a count: its last bits mean nothing")]
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Integer(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The number of elements, and the most that are read, of a list or an object that has more.
    pub fn too_long(&self) -> Option<(usize, usize)> {
        let (length, longest) = match *self {
            Self::List(length) => (length, LONGEST_LIST),
            Self::Object(length) => (length, LONGEST_MAP),
            _ => return None,
        };
        (length > longest).then_some((length, longest))
    }

    /// The name of a variable that a template or a shell should have replaced.
    pub fn unexpanded_variable(&self) -> Option<&str> {
        let text = self.text()?.trim();
        let is_variable = text.contains("${") || text.contains("{{") || text.starts_with("$(");
        is_variable.then_some(text)
    }

    /// Keeps the value beyond the text that it was read from.
    pub fn into_owned(self) -> Leaf<'static> {
        match self {
            Self::Absent => Leaf::Absent,
            Self::Bool(value) => Leaf::Bool(value),
            Self::Integer(value) => Leaf::Integer(value),
            Self::Float(value) => Leaf::Float(value),
            Self::Text(text) => Leaf::Text(Cow::Owned(text.into_owned())),
            Self::List(length) => Leaf::List(length),
            Self::Object(length) => Leaf::Object(length),
        }
    }
}

/// The longest piece of somebody's text that a message repeats, in characters.
const LONGEST_QUOTE: usize = 40;

/// What a message calls the value: `"3"`, `3.5`, `true`, `a list`. Control characters are escaped,
/// because the text ends up in terminals and HTTP headers.
impl fmt::Display for Leaf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::List(_) => f.write_str("a list"),
            Self::Object(_) => f.write_str("an object"),
            Self::Text(text) => quote(f, text),
        }
    }
}

fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    match text.char_indices().nth(LONGEST_QUOTE) {
        None => write!(f, "{text:?}"),
        Some((end, _)) => write!(f, "{:?}…", text.get(..end).unwrap_or_default()),
    }
}

/// The integer that a float stands for, if it stands for exactly one.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked just before")]
fn whole(value: f64) -> Option<i64> {
    let exact = value.fract() == 0.0 && value >= i64::MIN as f64 && value < i64::MAX as f64;
    exact.then_some(value as i64)
}

impl<'de: 'a, 'a> Deserialize<'de> for Leaf<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LeafVisitor)
    }
}

/// Takes any value; of lists and objects it keeps the size.
pub(super) struct LeafVisitor;

impl<'de> Visitor<'de> for LeafVisitor {
    type Value = Leaf<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Leaf::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Leaf::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Leaf::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no field takes a number beyond 64 signed bits")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Leaf::Float(value as f64), Leaf::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Leaf::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Leaf::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Leaf::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut length = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Leaf::List(length))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut length = 0;
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(Leaf::Object(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(json: &str) -> Leaf<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point_but_not_in_quotes() {
        for (json, integer) in [
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("-1", Some(-1)),
            ("3.5", None),
            (r#""3""#, None),
            ("1e30", None),
            ("18446744073709551615", None),
            ("true", None),
            ("null", None),
        ] {
            assert_eq!(leaf(json).integer(), integer, "{json} as an integer");
        }
    }

    #[test]
    fn a_value_is_shown_as_it_was_written_without_control_characters() {
        let long = format!("\"{}\"", "x".repeat(100));
        let shown_long = format!("\"{}\"…", "x".repeat(40));
        for (json, shown) in [
            (r#""3""#, r#""3""#),
            ("3.5", "3.5"),
            ("[1]", "a list"),
            ("{}", "an object"),
            (r#""a\nb""#, r#""a\nb""#),
            (long.as_str(), shown_long.as_str()),
        ] {
            assert_eq!(leaf(json).to_string(), shown);
        }
    }

    #[test]
    fn a_variable_that_nobody_expanded_is_recognised() {
        for (json, variable) in [
            (r#""${REPLICAS}""#, Some("${REPLICAS}")),
            (r#""{{ .Values.n }}""#, Some("{{ .Values.n }}")),
            (r#""$(N)""#, Some("$(N)")),
            (r#""sync""#, None),
            ("3", None),
        ] {
            assert_eq!(leaf(json).unexpanded_variable(), variable);
        }
    }
}
