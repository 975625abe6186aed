//! Settings by name: those of Postgres, and those of Patroni.

use std::{borrow::Cow, cmp::Ordering};

use serde::de::MapAccess;

use super::{
    amount::{Amount, LONGEST_MAP},
    keys::{Key, Nested},
    leaf::Leaf,
    node::{Fill, Inner, Slot},
    shape::Shape,
    typed::{Mistyped, Text, Trail, Typed},
};

/// Settings by name, whatever their names: the last of several with one name counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<'a, V> {
    settings: Vec<(Cow<'a, str>, V)>,
    /// The positions by name, where there are so many that looking at all of them for each part of an SGShardedCluster
    /// would take minutes; else empty.
    by_name: Vec<usize>,
}

/// How many settings are looked through one by one.
const MAX_SCANNED_SETTINGS: usize = 64;

/// Settings of Postgres, as `postgresql.conf` holds them: strings, the names in any case.
pub type Parameters<'a> = Map<'a, Text<'a>>;

/// Settings of Patroni, which Patroni and not the CRD gives types to.
pub type DynamicConfig<'a> = Map<'a, Nested<'a>>;

/// The value of a setting.
pub trait Setting<'a> {
    /// What is written.
    fn leaf(&self) -> &Leaf<'a>;

    /// How the names of two such settings compare.
    fn compare(name: &str, other: &str) -> Ordering;
}

impl<'a> Setting<'a> for Text<'a> {
    fn leaf(&self) -> &Leaf<'a> {
        self
    }

    fn compare(name: &str, other: &str) -> Ordering {
        let lower = u8::to_ascii_lowercase;
        name.as_bytes().iter().map(lower).cmp(other.as_bytes().iter().map(lower))
    }
}

impl<'a> Setting<'a> for Nested<'a> {
    fn leaf(&self) -> &Leaf<'a> {
        self.leaf()
    }

    fn compare(name: &str, other: &str) -> Ordering {
        name.cmp(other)
    }
}

impl<'a, V: Setting<'a>> Map<'a, V> {
    /// The setting of this name, and the name as it is written; none where it is `null`.
    pub fn get(&self, name: &str) -> Option<(&str, &Leaf<'a>)> {
        let called = |position: &usize| V::compare(&self.settings[*position].0, name);
        let position = if self.by_name.is_empty() {
            (0..self.settings.len()).rev().find(|position| called(position).is_eq())?
        } else {
            let behind = self.by_name.partition_point(|position| called(position).is_le());
            *self.by_name[..behind].last().filter(|position| called(position).is_eq())?
        };
        let (key, value) = &self.settings[position];
        (!value.leaf().is_absent()).then_some((key, value.leaf()))
    }

    /// Every setting whose name compares as equal, as it is spelled; of those that are spelled alike the last. None that is
    /// `null`.
    pub fn all(&self, name: &str) -> Vec<(&str, &Leaf<'a>)> {
        let called = |position: &usize| V::compare(&self.settings[*position].0, name);
        let positions: Vec<_> = if self.by_name.is_empty() {
            (0..self.settings.len()).filter(|position| called(position).is_eq()).collect()
        } else {
            let first = self.by_name.partition_point(|position| called(position).is_lt());
            self.by_name[first..].iter().copied().take_while(|position| called(position).is_eq()).collect()
        };
        let mut found: Vec<(&str, &Leaf<'a>)> = Vec::new();
        // More spellings of one name than anybody writes are one too many each: the last ones are looked at.
        for position in positions.into_iter().rev().take(MAX_SCANNED_SETTINGS) {
            let (key, value) = &self.settings[position];
            if found.iter().all(|(known, _)| known != key) {
                found.push((key, value.leaf()));
            }
        }
        found.retain(|(_, leaf)| !leaf.is_absent());
        found
    }

    /// Every setting as it is written, those that are `null` too.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &V)> {
        self.settings.iter().map(|(key, value)| (&**key, value))
    }

    /// Every setting that is not `null`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Leaf<'a>)> {
        self.entries().map(|(key, value)| (key, value.leaf())).filter(|(_, leaf)| !leaf.is_absent())
    }

    fn sort(&mut self) {
        if self.settings.len() > MAX_SCANNED_SETTINGS {
            self.by_name = (0..self.settings.len()).collect();
            self.by_name.sort_by(|a, b| V::compare(&self.settings[*a].0, &self.settings[*b].0));
        }
    }
}

impl Parameters<'_> {
    /// What they take, in bytes, where each setting takes so many besides its text.
    pub fn size(&self, per_setting: usize) -> usize {
        let text = |value: &Text<'_>| value.0.text().map_or(0, str::len);
        self.settings.iter().map(|(key, value)| key.len() + text(value) + per_setting).sum()
    }

    /// Keeps the settings beyond the text that they were read from.
    pub fn into_owned(self) -> Parameters<'static> {
        let owned = |(key, value): (Cow<'_, str>, Text<'_>)| {
            (Cow::Owned(key.into_owned()), Text(value.0.into_owned()))
        };
        Map { settings: self.settings.into_iter().map(owned).collect(), by_name: self.by_name }
    }
}

impl<V> Default for Map<'_, V> {
    fn default() -> Self {
        Self { settings: Vec::new(), by_name: Vec::new() }
    }
}

impl<'de, V: Slot<'de> + Setting<'de> + Default> Inner<'de> for Map<'de, V> {
    fn read_map<A: MapAccess<'de>>(&mut self, mut map: A) -> Result<Option<Leaf<'de>>, A::Error> {
        let amount = Amount::begin();
        let mut length = 0;
        while let Some(Key(key)) = map.next_key()? {
            let mut value = V::default();
            map.next_value_seed(Fill(&mut value))?;
            length += 1;
            if amount.setting() {
                self.settings.push((key, value));
            }
        }
        self.sort();
        Ok((length > LONGEST_MAP).then_some(Leaf::Object(length)))
    }
}

impl<V: Typed> Typed for Map<'_, V> {
    const SHAPE: Shape = Shape::Map(&V::SHAPE);
    const REPORTS_TYPE_ERRORS: bool = true;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        for (key, value) in &self.settings {
            value.mistyped(&trail.key(key), found);
        }
    }
}
