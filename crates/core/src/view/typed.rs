//! Which values of the view have a type that the CRD refuses, and where they stand.

use std::ops::{Deref, DerefMut};

use serde::de::Deserializer;

use super::{
    amount::LONGEST_LIST,
    leaf::Leaf,
    node::{Given, List, Slot},
    shape::Shape,
};
use syncguard_manifest::path::{Path, Step};

/// A value of a type that its field does not take.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistyped<'v> {
    /// Where it stands.
    pub path: Path<'v>,
    /// What the field takes.
    pub expected: Shape,
    /// What is written.
    pub found: &'v Leaf<'v>,
}

impl<'v> Mistyped<'v> {
    /// Tells of a value, unless there are more than anybody reads already.
    fn tell(trail: &Trail<'_, 'v>, expected: Shape, leaf: &'v Leaf<'v>, found: &mut Vec<Self>) {
        if found.len() < LONGEST_LIST {
            found.push(Self { path: trail.path(), expected, found: leaf });
        }
    }
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
    /// The type.
    const SHAPE: Shape;

    /// Whether another type is told here; else a rule of its own judges it, or nobody does.
    const REPORTS_TYPE_ERRORS: bool;

    /// Adds every value inside, at the end of `trail`, that has a wrong type.
    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>);
}

impl Typed for Leaf<'_> {
    const SHAPE: Shape = Shape::Any;
    const REPORTS_TYPE_ERRORS: bool = false;

    fn mistyped<'v>(&'v self, _: &Trail<'_, 'v>, _: &mut Vec<Mistyped<'v>>) {}
}

impl<T: Typed> Typed for Given<'_, T> {
    const SHAPE: Shape = T::SHAPE;
    const REPORTS_TYPE_ERRORS: bool = T::REPORTS_TYPE_ERRORS;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        match self {
            Self::Is(value) => value.mistyped(trail, found),
            Self::Other(leaf) if T::REPORTS_TYPE_ERRORS => {
                Mistyped::tell(trail, T::SHAPE, leaf, found);
            }
            Self::Absent | Self::Other(_) => {}
        }
    }
}

impl<T: Typed> Typed for Vec<Given<'_, T>> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    const REPORTS_TYPE_ERRORS: bool = T::REPORTS_TYPE_ERRORS;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        for (index, element) in self.iter().enumerate() {
            element.mistyped(&trail.index(index), found);
        }
    }
}

/// A list of whole numbers and strings.
impl Typed for Vec<Leaf<'_>> {
    const SHAPE: Shape = Shape::List(&Shape::IntegerOrText);
    const REPORTS_TYPE_ERRORS: bool = true;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        for (index, element) in self.iter().enumerate() {
            if !Shape::IntegerOrText.takes(element) {
                Mistyped::tell(&trail.index(index), Shape::IntegerOrText, element, found);
            }
        }
    }
}

impl<T: Typed> Typed for Box<T> {
    const SHAPE: Shape = T::SHAPE;
    const REPORTS_TYPE_ERRORS: bool = T::REPORTS_TYPE_ERRORS;

    fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
        T::mistyped(self, trail, found);
    }
}

/// Declares a leaf of one type, which reads any value and remembers what it should have been.
macro_rules! typed_leaves {
    ($($(#[$doc:meta])* $name:ident: $shape:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name<'a>(pub Leaf<'a>);

        impl<'a> Deref for $name<'a> {
            type Target = Leaf<'a>;

            fn deref(&self) -> &Leaf<'a> {
                &self.0
            }
        }

        impl<'a> DerefMut for $name<'a> {
            fn deref_mut(&mut self) -> &mut Leaf<'a> {
                &mut self.0
            }
        }

        impl<'de> Slot<'de> for $name<'de> {
            fn read<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
                self.0.read(deserializer)
            }
        }

        impl Typed for $name<'_> {
            const SHAPE: Shape = $shape;
            const REPORTS_TYPE_ERRORS: bool = true;

            fn mistyped<'v>(&'v self, trail: &Trail<'_, 'v>, found: &mut Vec<Mistyped<'v>>) {
                if !self.is_absent() && !Self::SHAPE.takes(self) {
                    Mistyped::tell(trail, Self::SHAPE, self, found);
                }
            }
        }
    )*};
}

typed_leaves! {
    /// A field that takes a string.
    Text: Shape::Text;
    /// A field that takes `true` or `false`.
    Flag: Shape::Flag;
    /// A field that takes a whole number.
    Integer: Shape::Integer;
    /// A field that takes an object whose contents nobody here reads.
    Opaque: Shape::OPAQUE;
}

/// The elements of a list that are of the right type, each with its place.
pub fn elements<'v, T>(list: &'v List<'_, T>) -> impl Iterator<Item = (usize, &'v T)> {
    let all = list.get().map(Vec::as_slice).unwrap_or_default();
    all.iter().enumerate().filter_map(|(index, element)| Some((index, element.get()?)))
}
