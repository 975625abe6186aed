//! The inner nodes of the view: objects and lists that may turn out to be something else.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::leaf::{Leaf, LeafVisitor};

/// A value that must be a `T`, as far as it is one.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Given<'a, T> {
    /// Not written, or `null`.
    #[default]
    Absent,
    /// Written, and of the right type.
    Is(T),
    /// Something else stands here.
    Other(Leaf<'a>),
}

/// A list of values that must be `T`s each.
pub type List<'a, T> = Given<'a, Vec<Given<'a, T>>>;

impl<'a, T> Given<'a, T> {
    /// The value, if it is there and of the right type.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }

    /// The value, made where it was absent; none where something else stands.
    pub fn get_or_default(&mut self) -> Option<&mut T>
    where
        T: Default,
    {
        if matches!(self, Self::Absent) {
            *self = Self::Is(T::default());
        }
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }

    /// What stands here instead.
    pub fn other(&self) -> Option<&Leaf<'a>> {
        match self {
            Self::Other(leaf) => Some(leaf),
            Self::Absent | Self::Is(_) => None,
        }
    }

    /// Whether nothing is written here.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// A type that an object or a list can be read into.
pub trait Inner<'de>: Sized {
    /// Reads an object, if the type is one.
    ///
    /// # Errors
    ///
    /// The text is not what it seemed to be: the reader's own error.
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Given<'de, Self>, A::Error> {
        LeafVisitor.visit_map(map).map(Given::Other)
    }

    /// Reads a list, if the type is one.
    ///
    /// # Errors
    ///
    /// The text is not what it seemed to be: the reader's own error.
    fn from_seq<A: SeqAccess<'de>>(seq: A) -> Result<Given<'de, Self>, A::Error> {
        LeafVisitor.visit_seq(seq).map(Given::Other)
    }
}

impl<'de, T: Inner<'de>> Inner<'de> for Vec<Given<'de, T>> {
    fn from_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Given<'de, Self>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element()? {
            list.push(element);
        }
        Ok(Given::Is(list))
    }
}

impl<'de, T: Inner<'de>> Inner<'de> for Box<T> {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Given<'de, Self>, A::Error> {
        Ok(match T::from_map(map)? {
            Given::Is(value) => Given::Is(Self::new(value)),
            Given::Other(leaf) => Given::Other(leaf),
            Given::Absent => Given::Absent,
        })
    }
}

impl<'de, T: Inner<'de>> Deserialize<'de> for Given<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InnerVisitor(PhantomData))
    }
}

struct InnerVisitor<T>(PhantomData<T>);

/// Hands objects and lists to `T`, and everything else to the leaf.
impl<'de, T: Inner<'de>> Visitor<'de> for InnerVisitor<T> {
    type Value = Given<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Given::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::from_seq(seq)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        LeafVisitor.visit_bool(value).map(Given::Other)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        LeafVisitor.visit_i64(value).map(Given::Other)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        LeafVisitor.visit_u64(value).map(Given::Other)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        LeafVisitor.visit_f64(value).map(Given::Other)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        LeafVisitor.visit_borrowed_str(text).map(Given::Other)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        LeafVisitor.visit_str(text).map(Given::Other)
    }
}
