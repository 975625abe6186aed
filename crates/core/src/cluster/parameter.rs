//! One setting of Postgres, and whether the cluster or its SGPostgresConfig says so.

use std::fmt;

use super::{Cluster, field::Field};
use crate::{
    postgres::{milliseconds, risk},
    view::Parameters,
};
use syncguard_manifest::path::Path;

/// A setting of Postgres in effect.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// The value; its place is in the cluster, also where the value stands in the SGPostgresConfig.
    pub field: Field<'a>,
    /// The name as it is spelled.
    pub key: &'a str,
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

    /// The value as a duration in milliseconds, where it is one whose unit is milliseconds unless another is written.
    pub fn milliseconds(&self) -> Option<i64> {
        milliseconds(self.text()?)
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

impl<'a> Cluster<'a> {
    /// A setting of Postgres by its lower case name. Inline settings win over those of the SGPostgresConfig where the names are
    /// spelled alike; of several spellings Postgres takes one or the other, so the worst counts.
    pub fn parameter(&self, name: &str) -> Option<Parameter<'a>> {
        // The usual case, asked for each of many settings.
        if self.parameters.is_none() && self.postgres_config.is_none() {
            return None;
        }
        let mut candidates = self.spellings(name).into_iter();
        let first = candidates.next()?;
        let badness = |setting: &Parameter<'a>| setting.text().map_or(i64::MIN, |text| risk(name, text));
        Some(
            candidates.fold(first, |worst, next| if badness(&next) > badness(&worst) { next } else { worst }),
        )
    }

    /// Every setting of this name that reaches Patroni, however it is spelled; the inline ones first.
    fn spellings(&self, name: &str) -> Vec<Parameter<'a>> {
        let inline = self.parameters.map_or_else(Vec::new, |settings| settings.all(name));
        let config = self.postgres_config.map_or_else(Vec::new, |settings| settings.all(name));
        let is_overridden = |key: &str| inline.iter().any(|(other, _)| *other == key);
        let config: Vec<_> = config.into_iter().filter(|(key, _)| !is_overridden(key)).collect();
        let inline = inline.into_iter().map(|(key, leaf)| self.inline_parameter(key, leaf));
        inline.chain(config.into_iter().filter_map(|(key, leaf)| self.configured(key, leaf))).collect()
    }

    /// Every setting of Postgres that is written for the cluster itself, those of its SGPostgresConfig last. What overrides of
    /// shards share, or name of their own, is not gone through for each of them: there can be thousands.
    pub fn own_parameters(&self) -> impl Iterator<Item = Parameter<'a>> {
        let inline =
            self.parameters.filter(|_| self.answers_for_settings).into_iter().flat_map(Parameters::iter);
        let inline = inline.map(|(key, leaf)| self.inline_parameter(key, leaf));
        let config =
            self.postgres_config.filter(|_| self.answers_for_settings).into_iter().flat_map(Parameters::iter);
        inline.chain(config.filter_map(|(key, leaf)| self.configured(key, leaf)))
    }

    fn inline_parameter(&self, key: &'a str, leaf: &'a crate::view::Leaf<'a>) -> Parameter<'a> {
        let place = self.settings.place(&["configurations", "postgres", "postgresql.conf"]);
        Parameter { field: Field::new(leaf, place.key(key)), key, set_in: SetIn::Inline }
    }

    fn configured(&self, key: &'a str, leaf: &'a crate::view::Leaf<'a>) -> Option<Parameter<'a>> {
        let config = self.naming.configurations?.sg_postgres_config.text()?;
        let place = self.naming.place(&["configurations", "sgPostgresConfig"]);
        Some(Parameter { field: Field::new(leaf, place), key, set_in: SetIn::Config { name: config, key } })
    }
}
