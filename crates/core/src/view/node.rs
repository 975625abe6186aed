//! The inner nodes of the view: objects and lists that may turn out to be something else.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::amount::Amount;
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
///
/// What is read goes where it will stay: these types are large, and moving them from call to call costs more than
/// reading their keys.
pub trait Inner<'de>: Default {
    /// Reads an object into this fresh value, or returns what is told of it where the type is not one.
    ///
    /// # Errors
    ///
    /// The text is not what it seemed to be: the reader's own error.
    fn read_map<A: MapAccess<'de>>(&mut self, map: A) -> Result<Option<Leaf<'de>>, A::Error> {
        LeafVisitor.visit_map(map).map(Some)
    }

    /// Reads a list into this fresh value, or returns what is told of it where the type is not one.
    ///
    /// # Errors
    ///
    /// The text is not what it seemed to be: the reader's own error.
    fn read_seq<A: SeqAccess<'de>>(&mut self, seq: A) -> Result<Option<Leaf<'de>>, A::Error> {
        LeafVisitor.visit_seq(seq).map(Some)
    }
}

impl<'de, T: Inner<'de>> Inner<'de> for Vec<Given<'de, T>> {
    fn read_seq<A: SeqAccess<'de>>(&mut self, seq: A) -> Result<Option<Leaf<'de>>, A::Error> {
        read_list(self, seq)
    }
}

/// Values of any type in a row.
impl<'de> Inner<'de> for Vec<Leaf<'de>> {
    fn read_seq<A: SeqAccess<'de>>(&mut self, seq: A) -> Result<Option<Leaf<'de>>, A::Error> {
        read_list(self, seq)
    }
}

/// Reads the elements of a list, as many as are read, or returns what is told of a longer one.
fn read_list<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
    list: &mut Vec<T>,
    mut seq: A,
) -> Result<Option<Leaf<'de>>, A::Error> {
    let amount = Amount::begin();
    while !amount.is_too_much() {
        let Some(element) = seq.next_element()? else { break };
        if amount.element() {
            list.push(element);
        }
    }
    while amount.is_too_much() && seq.next_element::<IgnoredAny>()?.is_some() {
        amount.element();
    }
    Ok(amount.is_too_much().then(|| Leaf::List(amount.elements())))
}

impl<'de, T: Inner<'de>> Inner<'de> for Box<T> {
    fn read_map<A: MapAccess<'de>>(&mut self, map: A) -> Result<Option<Leaf<'de>>, A::Error> {
        T::read_map(self, map)
    }

    fn read_seq<A: SeqAccess<'de>>(&mut self, seq: A) -> Result<Option<Leaf<'de>>, A::Error> {
        T::read_seq(self, seq)
    }
}

/// A field that a value is read into, in place of what it holds.
pub trait Slot<'de> {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The text is not what it seemed to be: the reader's own error.
    fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

impl<'de> Slot<'de> for Leaf<'de> {
    fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        *self = Self::deserialize(deserializer)?;
        Ok(())
    }
}

impl<'de, T: Inner<'de>> Slot<'de> for Given<'de, T> {
    fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(InnerVisitor(self))
    }
}

/// Reads the next value of an object into a field.
pub struct Fill<'s, S>(pub &'s mut S);

impl<'de, S: Slot<'de>> DeserializeSeed<'de> for Fill<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.read(deserializer)
    }
}

impl<'de, T: Inner<'de>> Deserialize<'de> for Given<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::Absent;
        read.read(deserializer)?;
        Ok(read)
    }
}

struct InnerVisitor<'s, 'de, T>(&'s mut Given<'de, T>);

impl<'de, T: Inner<'de>> InnerVisitor<'_, 'de, T> {
    /// Reads into a fresh value; what that value is not becomes a leaf.
    fn fill<E>(self, read: impl FnOnce(&mut T) -> Result<Option<Leaf<'de>>, E>) -> Result<(), E> {
        *self.0 = Given::Is(T::default());
        let Given::Is(fresh) = self.0 else { return Ok(()) };
        if let Some(leaf) = read(fresh)? {
            *self.0 = Given::Other(leaf);
        }
        Ok(())
    }

    fn leaf<E>(self, leaf: Result<Leaf<'de>, E>) -> Result<(), E> {
        *self.0 = Given::Other(leaf?);
        Ok(())
    }
}

/// Hands objects and lists to `T`, and everything else to the leaf.
impl<'de, T: Inner<'de>> Visitor<'de> for InnerVisitor<'_, 'de, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.0 = Given::Absent;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.fill(|fresh| fresh.read_map(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        self.fill(|fresh| fresh.read_seq(seq))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_i64(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_u64(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_f64(value))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_borrowed_str(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.leaf(LeafVisitor.visit_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Leaf;
    use crate::view::{Body, Object};

    fn body(json: &str) -> Body<'_> {
        let object: Object<'_> = serde_json::from_str(json).unwrap();
        object.get().unwrap_or_else(|| panic!("{json} is an object")).clone()
    }

    #[test]
    fn of_several_values_the_last_one_stays_and_nothing_of_the_others() {
        for (several, last) in [
            (
                r#"{"spec": {"instances": 1, "profile": "a"}, "spec": {"instances": 2}}"#,
                r#"{"spec": {"instances": 2}}"#,
            ),
            (r#"{"spec": {"instances": 1}, "spec": null}"#, "{}"),
            (r#"{"spec": {"instances": 1}, "spec": "none"}"#, r#"{"spec": "none"}"#),
            (r#"{"spec": "none", "spec": {"instances": 1}}"#, r#"{"spec": {"instances": 1}}"#),
            (r#"{"spec": {"instances": 1, "instances": "2"}}"#, r#"{"spec": {"instances": "2"}}"#),
            (
                r#"{"spec": {"coordinator": {"instances": 1}, "coordinator": 7}}"#,
                r#"{"spec": {"coordinator": 7}}"#,
            ),
            (
                r#"{"spec": {"replication": {"groups": [{"name": "a"}, {}], "groups": [{"name": "b"}]}}}"#,
                r#"{"spec": {"replication": {"groups": [{"name": "b"}]}}}"#,
            ),
        ] {
            assert_eq!(body(several), body(last), "{several}");
        }
    }

    #[test]
    fn what_is_of_another_type_is_kept_as_far_as_a_message_needs_it() {
        for (json, kept) in [
            (r#"{"spec": [1, 2]}"#, Leaf::List(2)),
            (r#"{"spec": true}"#, Leaf::Bool(true)),
            (r#"{"spec": "text"}"#, Leaf::Text("text".into())),
            (r#"{"spec": 1.5}"#, Leaf::Float(1.5)),
        ] {
            assert_eq!(body(json).spec.other(), Some(&kept), "{json}");
        }
        let groups = body(r#"{"spec": {"replication": {"groups": {"name": "a"}}}}"#);
        let groups = &groups.spec.get().unwrap().replication.get().unwrap().groups;
        assert_eq!(groups.other(), Some(&Leaf::Object(1)), "an object where a list belongs");
    }
}
