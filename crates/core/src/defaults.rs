//! The ordered list of what is filled in where a manifest says nothing, one file each.
//!
//! Filling in twice changes nothing the second time, and nothing that somebody wrote is changed, but for a
//! `syncInstances` that was derived itself (`derived_sync_instances`).

mod counted_sync_instances;
mod derived_sync_instances;
mod group_names;
mod group_roles;
mod mode;
mod role;

use serde_json::{Value, json};

use crate::{
    replication::Mode,
    view::{Given, Leaf, Replication, Spec},
};
use syncguard_manifest::{SetValue, path::Path};

/// One default: what it fills in, when, and how.
pub struct Default {
    /// Its name, also that of its file.
    pub name: &'static str,
    /// What it fills in, as people write it.
    pub path: &'static str,
    /// The value.
    pub value: &'static str,
    /// The condition.
    pub when: &'static str,
    fill: for<'a> fn(&mut Completion<'_, 'a>),
}

/// Every default, in the order in which they are filled in.
pub static ALL: &[&Default] = &[
    &mode::DEFAULT,
    &role::DEFAULT,
    &counted_sync_instances::DEFAULT,
    &derived_sync_instances::DEFAULT,
    &group_names::DEFAULT,
    &group_roles::DEFAULT,
];

/// Fills in the defaults of an SGCluster's `spec`; says what was filled in, parents first.
///
/// `before` is the stored `spec`; `derive` allows a `syncInstances` that is reckoned from the instances.
pub fn complete<'a>(
    spec: &mut Given<'a, Spec<'a>>,
    before: Option<&Spec<'_>>,
    derive: bool,
) -> Vec<SetValue> {
    let Given::Is(spec) = spec else { return Vec::new() };
    let mut completion = Completion { spec, before, derive, operations: Vec::new() };
    for default in ALL {
        (default.fill)(&mut completion);
    }
    completion.operations
}

/// A `spec` on its way to being complete.
struct Completion<'c, 'a> {
    spec: &'c mut Spec<'a>,
    before: Option<&'c Spec<'c>>,
    derive: bool,
    operations: Vec<SetValue>,
}

impl<'a> Completion<'_, 'a> {
    /// `spec.replication` as it is so far.
    fn replication(&self) -> Option<&Replication<'a>> {
        self.spec.replication.get()
    }

    /// What the operator takes the mode for; none where it is unknown.
    fn mode(&self) -> Option<Mode> {
        mode_of(self.spec)
    }

    /// Puts a value below `spec.replication`, which is made where it is absent. Where something else than
    /// an object stands there, nothing is filled in.
    fn put(
        &mut self,
        key: &'static str,
        value: Leaf<'static>,
        slot: for<'r> fn(&'r mut Replication<'a>) -> &'r mut Leaf<'a>,
    ) {
        let place = Path::of(&["spec", "replication"]);
        let is_new = self.spec.replication.is_absent();
        let Some(replication) = self.spec.replication.get_or_default() else { return };
        if is_new {
            self.operations.push(SetValue { path: place.clone(), value: json!({}) });
        }
        self.operations.push(SetValue { path: place.key(key), value: to_json(&value) });
        *slot(replication) = value;
    }

    /// Puts a value into every group in which a field is absent.
    fn put_in_groups(
        &mut self,
        key: &'static str,
        value: fn(usize) -> String,
        slot: for<'g> fn(&'g mut crate::view::Group<'a>) -> &'g mut Leaf<'a>,
    ) {
        let Given::Is(replication) = &mut self.spec.replication else { return };
        let Given::Is(groups) = &mut replication.groups else { return };
        for (index, group) in groups.iter_mut().enumerate() {
            let Given::Is(group) = group else { continue };
            let leaf = slot(group);
            if leaf.is_absent() {
                let path = Path::of(&["spec", "replication", "groups"]).index(index).key(key);
                *leaf = Leaf::Text(value(index).into());
                self.operations.push(SetValue { path, value: to_json(leaf) });
            }
        }
    }
}

/// What the operator takes the mode of a `spec` for; none where it is unknown or unreadable.
fn mode_of(spec: &Spec<'_>) -> Option<Mode> {
    match &spec.replication {
        Given::Absent => Some(Mode::Async),
        Given::Other(_) => None,
        Given::Is(replication) if replication.mode.is_absent() => Some(Mode::Async),
        Given::Is(replication) => Mode::named(replication.mode.text()?),
    }
}

fn to_json(leaf: &Leaf<'_>) -> Value {
    match leaf {
        Leaf::Text(text) => json!(text),
        Leaf::Integer(number) => json!(number),
        _ => Value::Null,
    }
}
