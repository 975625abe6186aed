//! Who may change the number and the size of a cluster's pods, and between which bounds.

use super::field::{Base, Field, FieldPath};
use std::borrow::Cow;

use crate::view::{self, Nested};

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
    /// Whether it holds fields that no known StackGres has: one of them may be the new name of one that is missing.
    pub holds_unknown_fields: bool,
    modes: &'static [&'static str],
    view: &'a view::Autoscaling<'a>,
    base: Base,
}

impl<'a> Autoscaling<'a> {
    pub(super) fn new(view: &'a view::Autoscaling<'a>, base: Base, whole: bool) -> Self {
        let at = |keys| FieldPath::new(base, keys);
        Self {
            mode: Field::new(&view.mode, at(&["autoscaling", "mode"])),
            min_instances: Field::new(&view.min_instances, at(&["autoscaling", "minInstances"])),
            max_instances: Field::new(&view.max_instances, at(&["autoscaling", "maxInstances"])),
            min_allowed: Field::new(view.min_allowed.leaf(), at(&["autoscaling", "minAllowed"])),
            max_allowed: Field::new(view.max_allowed.leaf(), at(&["autoscaling", "maxAllowed"])),
            holds_unknown_fields: !view.unknown.is_empty(),
            // The first is the default. The instances of a sharded cluster's parts are not scaled.
            modes: if whole { &["all", "horizontal", "vertical", "none"] } else { &["vertical", "none"] },
            view,
            base,
        }
    }

    /// What stands in `horizontal` and in `vertical`, one level below the bounds that belong to `autoscaling` itself.
    pub fn one_level_deeper(&self) -> [(Field<'a>, &'a [Cow<'a, str>]); 2] {
        let at = |nested: &'a Nested<'a>, keys| {
            (Field::new(nested.leaf(), FieldPath::new(self.base, keys)), nested.keys())
        };
        [
            at(&self.view.horizontal, &["autoscaling", "horizontal"]),
            at(&self.view.vertical, &["autoscaling", "vertical"]),
        ]
    }

    /// The containers that `minAllowed` and `maxAllowed` name.
    pub fn containers(&self) -> [&'a [Cow<'a, str>]; 2] {
        [self.view.min_allowed.keys(), self.view.max_allowed.keys()]
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
