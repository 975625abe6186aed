//! Who may change the number and the size of a cluster's pods, and between which bounds.

use super::field::{Base, Field, Place};
use crate::view;

/// Who may change the size of a cluster, and how far.
pub struct Autoscaling<'a> {
    /// Which dimensions are on.
    pub mode: Field<'a>,
    /// The smallest n that the autoscaler may choose.
    pub min_instances: Field<'a>,
    /// The largest n that the autoscaler may choose.
    pub max_instances: Field<'a>,
    /// The smallest pods that it may choose.
    pub min_allowed: Field<'a>,
    /// The largest pods that it may choose.
    pub max_allowed: Field<'a>,
    modes: &'static [&'static str],
}

impl<'a> Autoscaling<'a> {
    pub(super) fn new(view: &'a view::Autoscaling<'a>, base: Base, whole: bool) -> Self {
        let at = |keys| Place::new(base, keys);
        Self {
            mode: Field::new(&view.mode, at(&["autoscaling", "mode"])),
            min_instances: Field::new(&view.min_instances, at(&["autoscaling", "minInstances"])),
            max_instances: Field::new(&view.max_instances, at(&["autoscaling", "maxInstances"])),
            min_allowed: Field::new(&view.min_allowed, at(&["autoscaling", "minAllowed"])),
            max_allowed: Field::new(&view.max_allowed, at(&["autoscaling", "maxAllowed"])),
            // The first is the default. The instances of a sharded cluster's parts are not scaled.
            modes: if whole { &["all", "horizontal", "vertical", "none"] } else { &["vertical", "none"] },
        }
    }

    /// The modes that can stand here, the default first.
    pub fn modes(&self) -> &'static [&'static str] {
        self.modes
    }

    /// The mode in effect; none where it is unknown.
    pub fn mode(&self) -> Option<&'static str> {
        if self.mode.is_absent() {
            return self.modes.first().copied();
        }
        self.modes.iter().copied().find(|mode| self.mode.text() == Some(mode))
    }

    /// Whether the number of pods is scaled.
    pub fn is_horizontal(&self) -> bool {
        matches!(self.mode(), Some("all" | "horizontal"))
    }

    /// Whether the size of pods is scaled.
    pub fn is_vertical(&self) -> bool {
        matches!(self.mode(), Some("all" | "vertical"))
    }
}
