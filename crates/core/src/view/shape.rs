//! What a part of the view is, as the words of a message and as the types of a schema need it.

use super::leaf::Leaf;

/// The type that a part of the view reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Whatever stands there.
    Any,
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer,
    /// A whole number or a string, as Kubernetes' `IntOrString`.
    IntegerOrText,
    /// An object with fields of these names.
    Object {
        /// Its fields, as far as they are read.
        fields: &'static [(&'static str, Shape)],
        /// Fields that StackGres has there too, and that nobody here reads.
        unread: &'static [&'static str],
        /// Whether its other keys are looked at too: in a schema, those that the kind does not have are refused.
        is_closed: bool,
    },
    /// An object whose keys are names of somebody's choice.
    Map(&'static Shape),
    /// A list.
    List(&'static Shape),
}

impl Shape {
    /// An object whose contents nobody here reads.
    pub const OPAQUE: Self = Self::Map(&Self::Any);

    /// Whether a value is of this type, which is no object with fields of its own and no list of something.
    pub fn takes(self, leaf: &Leaf<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Text => leaf.text().is_some(),
            Self::Flag => leaf.flag().is_some(),
            Self::Integer => leaf.integer().is_some(),
            Self::IntegerOrText => leaf.integer().is_some() || leaf.text().is_some(),
            Self::Object { .. } | Self::Map(_) => matches!(leaf, Leaf::Object(_)),
            Self::List(_) => matches!(leaf, Leaf::List(_)),
        }
    }

    /// What it is called, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Text => "a string",
            Self::Flag => "true or false",
            Self::Integer => "an integer",
            Self::IntegerOrText => "an integer or a string",
            Self::Object { .. } | Self::Map(_) => "an object",
            Self::List(_) => "a list",
        }
    }
}
