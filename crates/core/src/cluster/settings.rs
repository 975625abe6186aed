//! Where the settings of a cluster are written, and which feature gates are open for it.

use super::{Cluster, FieldPath, field::Base};
use crate::view::{Configurations, DynamicConfig, Given, Parameters};

/// A `configurations` object, and what it stands in.
#[derive(Clone, Copy)]
pub(super) struct Configured<'a> {
    pub configurations: Option<&'a Configurations<'a>>,
    pub base: Base,
}

impl<'a> Configured<'a> {
    pub fn place(self, keys: &'static [&'static str]) -> FieldPath<'a> {
        FieldPath::new(self.base, keys)
    }

    /// The settings of Postgres that stand here.
    pub fn parameters(self) -> Option<&'a Parameters<'a>> {
        self.configurations?.postgres.get()?.postgresql_conf.get()
    }

    /// The settings of Patroni that stand here.
    pub fn dynamic_config(self) -> Option<&'a DynamicConfig<'a>> {
        self.configurations?.patroni.get()?.dynamic_config.get()
    }
}

impl<'a> Cluster<'a> {
    /// Whether the manifest opens a feature gate of StackGres; none where what it opens cannot be read.
    pub fn has_feature_gate(&self, name: &str) -> Option<bool> {
        match &self.spec.non_production_options {
            Given::Absent => Some(false),
            Given::Other(_) => None,
            Given::Is(options) => match &options.enabled_feature_gates {
                Given::Absent => Some(false),
                Given::Other(_) => None,
                Given::Is(gates) => Some(gates.iter().any(|gate| gate.text() == Some(name))),
            },
        }
    }

    /// Where feature gates are opened.
    pub fn feature_gates_place(&self) -> FieldPath<'a> {
        FieldPath::new(Base::Spec, &["nonProductionOptions", "enabledFeatureGates"])
    }
}
