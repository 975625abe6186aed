//! Objects whose names matter more than what they hold: only the keys are kept, or the keys below a value.

use std::borrow::Cow;

use serde::de::{Deserializer, IgnoredAny, MapAccess};

use super::{
    amount::Amount,
    fields::{Key, Setting},
    leaf::Leaf,
    node::{Given, Inner, Slot},
    shape::Shape,
    typed::{Mistyped, Trail, Typed},
};

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

    /// The names of what it holds; none where it is no object.
    pub fn keys(&self) -> &[Cow<'a, str>] {
        &self.keys
    }
}

impl<'a> Setting<'a> for Nested<'a> {
    fn leaf(&self) -> &Leaf<'a> {
        &self.leaf
    }

    fn compare(name: &str, other: &str) -> std::cmp::Ordering {
        name.cmp(other)
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
