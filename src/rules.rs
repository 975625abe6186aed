//! The catalogue: every rule, one file each, in the order in which people read them.

use crate::rule::Rule;

#[cfg(test)]
pub(crate) mod testing;

/// Declares the rules' modules and lists them in the same order.
macro_rules! catalogue {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// Every rule, in the order of the catalogue.
        pub static ALL: &[&Rule] = &[$(&$module::RULE),*];
    };
}

catalogue! {
    strict_sync_all_without_standby
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
