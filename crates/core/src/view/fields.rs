//! How an object of the view is declared: its keys, what they are read into, and what else is kept.

/// Declares objects of the view.
///
/// A derived `Deserialize` would refuse a key that stands twice; Kubernetes takes the last one, and so
/// does this. `KEYS` names what is read; `..name` collects all other keys, except those that StackGres has there too; it is
/// `(open)` where StackGres has more keys than anybody lists. That
/// something else stands in the place of an object, or of a field, is told, unless the declaration says `(lenient)`: a rule of
/// its own judges it, or nobody does.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident $(($lenient:ident))? => {
        $($(#[$field_doc:meta])* $key:literal $field:ident $(($lenient_field:ident))?: $type:ty,)*
        $(.. $(#[$rest_doc:meta])* $rest:ident $(except [$($unread:literal),*])? $(($open:ident))?)?
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

            /// Those of them that are written.
            pub fn written(&self) -> impl Iterator<Item = &'static str> + use<> {
                let written = [$((!self.$field.is_absent()).then_some($key)),*];
                written.into_iter().flatten()
            }
        }

        impl<'a> $crate::view::Inner<'a> for $name<'a> {
            fn read_map<A: serde::de::MapAccess<'a>>(
                &mut self,
                mut map: A,
            ) -> Result<Option<$crate::view::Leaf<'a>>, A::Error> {
                while let Some($crate::view::Key(key)) = map.next_key()? {
                    match &*key {
                        $($key => map.next_value_seed($crate::view::Fill(&mut self.$field))?,)*
                        $($($($unread)|* => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        })?)?
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            $(if $crate::view::keeps_another(self.$rest.len()) {
                                self.$rest.push(key);
                            })?
                        }
                    }
                }
                Ok(None)
            }
        }

        impl<'a> $crate::view::Typed for $name<'a> {
            const SHAPE: $crate::view::Shape = $crate::view::Shape::Object {
                fields: &[$(($key, <$type as $crate::view::Typed>::SHAPE)),*],
                unread: &[$($($($unread),*)?)?],
                is_closed: !<[&str]>::is_empty(&[$(stringify!($rest))?])
                    && <[&str]>::is_empty(&[$($(stringify!($open))?)?]),
            };
            const REPORTS_TYPE_ERRORS: bool = <[&str]>::is_empty(&[$(stringify!($lenient))?]);

            fn mistyped<'v>(
                &'v self,
                trail: &$crate::view::Trail<'_, 'v>,
                found: &mut Vec<$crate::view::Mistyped<'v>>,
            ) {
                $(if <[&str]>::is_empty(&[$(stringify!($lenient_field))?]) {
                    self.$field.mistyped(&trail.key($key), found);
                })*
            }
        }
    )*};
}

pub(crate) use objects;
