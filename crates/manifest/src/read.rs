//! A value of a document as a serde `Deserializer`: it gives a type what Kubernetes would give it.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{
    Node, SyntaxError,
    node::Pairs,
    scalar::{Scalar, resolve},
    tree::{Form, NodeKind},
};

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = SyntaxError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        let node = self.followed();
        let read = match node.kind() {
            NodeKind::Map => visitor.visit_map(Fields { pairs: node.pairs(), value: None }),
            NodeKind::List => visitor.visit_seq(Items(node.items())),
            NodeKind::Scalar(text, Form::Plain) => visit_plain(text, visitor),
            NodeKind::Scalar(text, Form::Json) => visit_json(text, visitor),
            NodeKind::Scalar(text, Form::Text | Form::Merge) => visitor.visit_borrowed_str(text),
            NodeKind::Alias(_) => visitor.visit_unit(),
        };
        read.map_err(|error| error.at(&self.range()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SyntaxError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SyntaxError> {
        let node = self.followed();
        let read = match node.kind() {
            NodeKind::Map => {
                visitor.visit_enum(MapAccessDeserializer::new(Fields { pairs: node.pairs(), value: None }))
            }
            _ => visitor.visit_enum(BorrowedStrDeserializer::new(node.as_str().unwrap_or_default())),
        };
        read.map_err(|error| error.at(&self.range()))
    }

    /// What no type asks for is not looked at, so that an alias costs nothing there.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SyntaxError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

impl<'de> IntoDeserializer<'de, SyntaxError> for Node<'de, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn visit_plain<'de, V: Visitor<'de>>(text: &'de str, visitor: V) -> Result<V::Value, SyntaxError> {
    match resolve(text) {
        Scalar::Null => visitor.visit_unit(),
        Scalar::Bool(value) => visitor.visit_bool(value),
        Scalar::Signed(value) => visitor.visit_i64(value),
        Scalar::Unsigned(value) => visitor.visit_u64(value),
        Scalar::Float(value) => visit_float(value, visitor),
        Scalar::Text => visitor.visit_borrowed_str(text),
    }
}

/// The JSON that Kubernetes makes of `1.0` is `1`, so a whole number is an integer from there on.
fn visit_float<'de, V: Visitor<'de>>(value: f64, visitor: V) -> Result<V::Value, SyntaxError> {
    /// Every whole double below it is exactly an `i64`.
    const END_OF_I64: f64 = 9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && value.abs() < END_OF_I64 {
        #[expect(clippy::cast_possible_truncation, reason = "the value is whole and in range")]
        return visitor.visit_i64(value as i64);
    }
    visitor.visit_f64(value)
}

fn visit_json<'de, V: Visitor<'de>>(text: &'de str, visitor: V) -> Result<V::Value, SyntaxError> {
    match text {
        "null" => visitor.visit_unit(),
        "true" => visitor.visit_bool(true),
        "false" => visitor.visit_bool(false),
        _ => match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(value), _) => visitor.visit_i64(value),
            (_, Ok(value)) => visitor.visit_u64(value),
            _ => visitor.visit_f64(text.parse().unwrap_or(f64::NAN)),
        },
    }
}

struct Items<I>(I);

impl<'de, 't: 'de, I: Iterator<Item = Node<'de, 't>>> SeqAccess<'de> for Items<I> {
    type Error = SyntaxError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SyntaxError> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

struct Fields<'de, 't> {
    pairs: Pairs<'de, 't>,
    value: Option<Node<'de, 't>>,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = SyntaxError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SyntaxError> {
        let Some((key, value)) = self.pairs.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key.text())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, SyntaxError> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(serde::de::Error::custom("a value was asked for before its key")),
        }
    }
}
