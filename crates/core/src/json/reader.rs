//! A reader for serde: hands on what is wanted, borrowed, and passes over the rest.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::DEEPEST;
use super::scan::{Quoted, Scanner};

/// A text that is being read.
pub(super) struct Reader<'de> {
    scanner: Scanner<'de>,
    depth: u32,
}

/// Something that this reader leaves to `serde_json`. Why is for that one to say.
#[derive(Debug)]
pub(super) struct Unsure;

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is for serde_json to read")
    }
}

impl std::error::Error for Unsure {}

impl de::Error for Unsure {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, Unsure>;

impl<'de> Reader<'de> {
    /// The value that is the whole text, where this reader is sure of it.
    pub(super) fn read<T: Deserialize<'de>>(text: &'de str) -> Option<T> {
        let mut reader = Self { scanner: Scanner::of(text), depth: 0 };
        let value = T::deserialize(&mut reader).ok()?;
        reader.scanner.peek().is_none().then_some(value)
    }

    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.scanner.string().ok_or(Unsure)? {
            Quoted::Plain(text) => visitor.visit_borrowed_str(text),
            Quoted::Escaped(written) => {
                let unescaped: String = serde_json::from_str(written).map_err(|_| Unsure)?;
                visitor.visit_string(unescaped)
            }
        }
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let number = self.scanner.integer().ok_or(Unsure)?;
        if let Ok(number) = number.parse::<u64>() {
            return visitor.visit_u64(number);
        }
        match number.parse::<i64>() {
            // JSON's -0 is a number with a sign, which no integer has.
            Ok(0) | Err(_) => Err(Unsure),
            Ok(number) => visitor.visit_i64(number),
        }
    }

    /// Reads what stands between two brackets.
    fn nested<T>(&mut self, end: u8, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.scanner.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unsure);
        }
        let read = read(self)?;
        self.depth -= 1;
        self.scanner.pass(end).ok_or(Unsure)?;
        Ok(read)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unsure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.scanner.peek().ok_or(Unsure)? {
            b'"' => self.string(visitor),
            b'{' => {
                self.nested(b'}', |reader| visitor.visit_map(Elements { reader, end: b'}', is_first: true }))
            }
            b'[' => {
                self.nested(b']', |reader| visitor.visit_seq(Elements { reader, end: b']', is_first: true }))
            }
            b't' => self.scanner.word("true").ok_or(Unsure).and_then(|()| visitor.visit_bool(true)),
            b'f' => self.scanner.word("false").ok_or(Unsure).and_then(|()| visitor.visit_bool(false)),
            b'n' => self.scanner.word("null").ok_or(Unsure).and_then(|()| visitor.visit_unit()),
            _ => self.number(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.scanner.peek() == Some(b'n') {
            self.scanner.word("null").ok_or(Unsure)?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// Keys are asked for as strings.
    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.scanner.peek() == Some(b'"') { self.string(visitor) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.scanner.skip().ok_or(Unsure)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct enum identifier
    }
}

/// What stands in an object or a list, one after the other.
struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    end: u8,
    is_first: bool,
}

impl Elements<'_, '_> {
    /// Passes on to the next one; whether there is any.
    fn has_next(&mut self) -> Result<bool> {
        let scanner = &mut self.reader.scanner;
        if scanner.peek().ok_or(Unsure)? == self.end {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            scanner.pass(b',').ok_or(Unsure)?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Unsure;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.has_next()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Unsure;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.has_next()? {
            return Ok(None);
        }
        match self.reader.scanner.peek() {
            Some(b'"') => seed.deserialize(&mut *self.reader).map(Some),
            _ => Err(Unsure),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.reader.scanner.pass(b':').ok_or(Unsure)?;
        seed.deserialize(&mut *self.reader)
    }
}
