//! How an object of the view is declared: its keys, what they are read into, and what else is kept.

use std::{borrow::Cow, fmt, ops::Deref};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{
    leaf::Leaf,
    node::{Fill, Inner, Slot},
    shape::Shape,
    typed::{Mistyped, Text, Trail, Typed},
};

/// Declares objects of the view.
///
/// A derived `Deserialize` would refuse a key that stands twice; Kubernetes takes the last one, and so
/// does this. `KEYS` names what the object may hold; `..name` collects the keys that it may not. That something else
/// stands in the place of an object is told, unless the declaration says `(untold)`.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident $(($untold:ident))? => {
        $($(#[$field_doc:meta])* $key:literal $field:ident: $type:ty,)*
        $(.. $(#[$rest_doc:meta])* $rest:ident)?
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name<'a> {
            $(#[doc = concat!("`", $key, "`.")] $(#[doc = ""] #[$field_doc])* pub $field: $type,)*
            $($(#[$rest_doc])* pub $rest: Vec<std::borrow::Cow<'a, str>>,)?
        }

        impl $name<'_> {
            /// The keys that syncguard reads, as they are written in a manifest.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl<'a> $crate::view::Inner<'a> for $name<'a> {
            fn read_map<A: serde::de::MapAccess<'a>>(
                &mut self,
                mut map: A,
            ) -> Result<Option<$crate::view::Leaf<'a>>, A::Error> {
                while let Some($crate::view::Key(key)) = map.next_key()? {
                    match &*key {
                        $($key => map.next_value_seed($crate::view::Fill(&mut self.$field))?,)*
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            $(self.$rest.push(key);)?
                        }
                    }
                }
                Ok(None)
            }
        }

        impl<'a> $crate::view::Typed for $name<'a> {
            const SHAPE: $crate::view::Shape = $crate::view::Shape::Object {
                fields: &[$(($key, <$type as $crate::view::Typed>::SHAPE)),*],
                is_closed: !<[&str]>::is_empty(&[$(stringify!($rest))?]),
            };
            const IS_TOLD: bool = <[&str]>::is_empty(&[$(stringify!($untold))?]);

            fn mistyped<'v>(
                &'v self,
                trail: &$crate::view::Trail<'_, 'v>,
                found: &mut Vec<$crate::view::Mistyped<'v>>,
            ) {
                $(self.$field.mistyped(&trail.key($key), found);)*
            }
        }
    )*};
}

pub(crate) use objects;

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

/// Settings by name, whatever their names: the last of several with one name counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<'a, V>(Vec<(Cow<'a, str>, V)>);

/// Settings of Postgres, as `postgresql.conf` holds them: strings, the names in any case.
pub type Parameters<'a> = Map<'a, Text<'a>>;

/// Settings of Patroni, which Patroni and not the CRD gives types to.
pub type DynamicConfig<'a> = Map<'a, Leaf<'a>>;

impl<'a, V: Deref<Target = Leaf<'a>>> Map<'a, V> {
    /// The setting of this name in any case, and the name as it is written; none where it is `null`.
    pub fn get_ignoring_case(&self, name: &str) -> Option<(&str, &Leaf<'a>)> {
        let (key, value) = self.0.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        (!value.is_absent()).then_some((key, &**value))
    }
}

impl<'a> DynamicConfig<'a> {
    /// The setting of exactly this name.
    pub fn get(&self, name: &str) -> Option<&Leaf<'a>> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl Parameters<'_> {
    /// Keeps the settings beyond the text that they were read from.
    pub fn into_owned(self) -> Parameters<'static> {
        let owned = |(key, value): (Cow<'_, str>, Text<'_>)| {
            (Cow::Owned(key.into_owned()), Text(value.0.into_owned()))
        };
        Map(self.0.into_iter().map(owned).collect())
    }
}

impl<V> Default for Map<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Slot<'de> + Default> Inner<'de> for Map<'de, V> {
    fn read_map<A: MapAccess<'de>>(&mut self, mut map: A) -> Result<Option<Leaf<'de>>, A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let mut value = V::default();
            map.next_value_seed(Fill(&mut value))?;
            self.0.push((key, value));
        }
        Ok(None)
    }
}

impl<V: Typed> Typed for Map<'_, V> {
    const SHAPE: Shape = Shape::Map(&V::SHAPE);
    const IS_TOLD: bool = true;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        for (key, value) in &self.0 {
            value.mistyped(&trail.key(key), found);
        }
    }
}
