//! Which values of the view have a type that the CRD refuses, and where they stand.

use std::ops::Deref;

use serde::de::Deserializer;

use super::{
    leaf::Leaf,
    node::{Given, List, Slot},
};
use crate::path::{Path, Step};

/// A value of a type that its field does not take.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistyped<'v> {
    /// Where it stands.
    pub path: Path<'v>,
    /// What the field takes, with its article.
    pub expected: &'static str,
    /// What is written.
    pub found: &'v Leaf<'v>,
}

/// The way down to the value that is being looked at; becomes a path only when there is something to say.
#[derive(Clone, Copy)]
pub struct Trail<'t, 'v> {
    above: Option<&'t Trail<'t, 'v>>,
    step: Step<'v>,
}

impl<'t, 'v> Trail<'t, 'v> {
    /// The way that starts with this key of the object.
    pub fn from(key: &'v str) -> Self {
        Self { above: None, step: Step::Key(key) }
    }

    /// The way on through `key`.
    #[must_use]
    pub fn key(&'t self, key: &'v str) -> Trail<'t, 'v> {
        Trail { above: Some(self), step: Step::Key(key) }
    }

    fn index(&'t self, index: usize) -> Trail<'t, 'v> {
        Trail { above: Some(self), step: Step::Index(index) }
    }

    fn path(&self) -> Path<'v> {
        let above = self.above.map_or_else(Path::root, Trail::path);
        match self.step {
            Step::Key(key) => above.key(key),
            Step::Index(index) => above.index(index),
        }
    }
}

/// A part of the view that knows the types it takes.
pub trait Typed {
    /// What it is, with its article; none where a rule of its own judges the type.
    const EXPECTED: Option<&'static str>;

    /// Adds every value inside, at the end of `trail`, that has a wrong type.
    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>);
}

/// A leaf that may be anything: a rule of its own says what it must be, or nobody does.
impl Typed for Leaf<'_> {
    const EXPECTED: Option<&'static str> = None;

    fn mistyped<'v>(&'v self, _: &Trail<'_, 'v>, _: &mut Vec<Mistyped<'v>>) {}
}

impl<T: Typed> Typed for Given<'_, T> {
    const EXPECTED: Option<&'static str> = T::EXPECTED;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        match (self, T::EXPECTED) {
            (Self::Is(value), _) => value.mistyped(trail, found),
            (Self::Other(leaf), Some(expected)) => {
                found.push(Mistyped { path: trail.path(), expected, found: leaf });
            }
            _ => {}
        }
    }
}

impl<T: Typed> Typed for Vec<Given<'_, T>> {
    const EXPECTED: Option<&'static str> = match T::EXPECTED {
        Some(_) => Some("a list"),
        None => None,
    };

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        for (index, element) in self.iter().enumerate() {
            element.mistyped(&trail.index(index), found);
        }
    }
}

impl<T: Typed> Typed for Box<T> {
    const EXPECTED: Option<&'static str> = T::EXPECTED;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        T::mistyped(self, trail, found);
    }
}

/// Declares a leaf of one type, which reads any value and remembers what it should have been.
macro_rules! typed_leaf {
    ($($(#[$doc:meta])* $name:ident: $expected:literal if $takes:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name<'a>(pub Leaf<'a>);

        impl<'a> Deref for $name<'a> {
            type Target = Leaf<'a>;

            fn deref(&self) -> &Leaf<'a> {
                &self.0
            }
        }

        impl<'de> Slot<'de> for $name<'de> {
            fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
                self.0.read(deserializer)
            }
        }

        impl Typed for $name<'_> {
            const EXPECTED: Option<&'static str> = Some($expected);

            fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
                let takes: fn(&Leaf<'_>) -> bool = $takes;
                if !self.is_absent() && !takes(self) {
                    found.push(Mistyped { path: trail.path(), expected: $expected, found: self });
                }
            }
        }
    )*};
}

typed_leaf! {
    /// A field that takes a string.
    Text: "a string" if |leaf| leaf.text().is_some();
    /// A field that takes `true` or `false`.
    Flag: "true or false" if |leaf| leaf.flag().is_some();
    /// A field that takes a whole number.
    Integer: "an integer" if |leaf| leaf.integer().is_some();
    /// A field that takes an object whose contents nobody here reads.
    Opaque: "an object" if |leaf| matches!(leaf, Leaf::Object(_));
}

/// The elements of a list that are of the right type, each with its place.
pub fn elements<'v, T>(list: &'v List<'_, T>) -> impl Iterator<Item = (usize, &'v T)> {
    let all = list.get().map(Vec::as_slice).unwrap_or_default();
    all.iter().enumerate().filter_map(|(index, element)| Some((index, element.get()?)))
}
