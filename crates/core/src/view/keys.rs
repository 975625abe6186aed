//! The keys of objects, and objects of which the keys alone are kept.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{
    amount::Amount,
    leaf::Leaf,
    node::{Given, Inner, Slot},
    shape::Shape,
    typed::{Mistyped, Trail, Typed},
};

/// A key of an object, borrowed from the text where it is written plainly.
pub struct Key<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

/// The names of what an object holds, but for what is `null`; no more of them than are read of a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keys<'a>(pub Vec<Cow<'a, str>>);

impl<'de> Inner<'de> for Keys<'de> {
    fn read_map<A: MapAccess<'de>>(&mut self, mut map: A) -> Result<Option<Leaf<'de>>, A::Error> {
        let amount = Amount::begin();
        while let Some(Key(key)) = map.next_key()? {
            let is_written = map.next_value::<Option<IgnoredAny>>()?.is_some();
            if is_written && amount.setting() {
                self.0.push(key);
            }
        }
        Ok(None)
    }
}

impl Typed for Keys<'_> {
    const SHAPE: Shape = Shape::Map(&Shape::Any);
    const REPORTS_TYPE_ERRORS: bool = true;

    fn mistyped<'v>(&'v self, _: &Trail<'_, 'v>, _: &mut Vec<Mistyped<'v>>) {}
}

/// A value of any type; of an object the names are kept, too.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nested<'a> {
    leaf: Leaf<'a>,
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Nested<'a> {
    /// Whether nothing is written here.
    pub fn is_absent(&self) -> bool {
        self.leaf.is_absent()
    }

    /// What is written; of an object the number of its keys.
    pub fn leaf(&self) -> &Leaf<'a> {
        &self.leaf
    }

    /// The names of what it holds; none where it is no object.
    pub fn keys(&self) -> &[Cow<'a, str>] {
        &self.keys
    }
}

impl<'de> Slot<'de> for Nested<'de> {
    fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        let mut read = Given::<Keys<'de>>::Absent;
        read.read(deserializer)?;
        *self = match read {
            Given::Absent => Self::default(),
            Given::Is(Keys(keys)) => Self { leaf: Leaf::Object(keys.len()), keys },
            Given::Other(leaf) => Self { leaf, keys: Vec::new() },
        };
        Ok(())
    }
}

impl Typed for Nested<'_> {
    const SHAPE: Shape = Shape::Any;
    const REPORTS_TYPE_ERRORS: bool = false;

    fn mistyped<'v>(&'v self, _: &Trail<'_, 'v>, _: &mut Vec<Mistyped<'v>>) {}
}
