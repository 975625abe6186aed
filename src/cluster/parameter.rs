//! One setting of Postgres, and whether the cluster or its SGPostgresConfig says so.

use std::fmt;

use super::field::Field;
use crate::path::Path;

/// A setting of Postgres in effect.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// The value; its place is in the cluster, also where the value stands in the SGPostgresConfig.
    pub field: Field<'a>,
    /// Where the value stands.
    pub set_in: SetIn<'a>,
}

/// Where a setting of Postgres stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetIn<'a> {
    /// In the cluster's own `postgresql.conf`.
    Inline,
    /// In an SGPostgresConfig.
    Config {
        /// Its name.
        name: &'a str,
        /// The setting as it is spelled there.
        key: &'a str,
    },
}

impl<'a> Parameter<'a> {
    /// The value as a string, which is what Postgres reads; none where it has another type.
    pub fn text(&self) -> Option<&'a str> {
        self.field.leaf().text()
    }

    /// The place in the cluster at which the setting is chosen.
    pub fn path(&self) -> Path<'a> {
        self.field.path()
    }
}

/// The setting as a message shows it: `fsync = "off"`, and the SGPostgresConfig if it stands in one.
impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.field.leaf();
        match self.set_in {
            SetIn::Inline => write!(f, "{} = {value}", self.path().name()),
            SetIn::Config { name, key } => write!(f, "{key} = {value} in the SGPostgresConfig {name:?}"),
        }
    }
}
