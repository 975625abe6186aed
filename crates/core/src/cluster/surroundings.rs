//! What else of the object matters to a cluster: whom it follows, what it starts with, where its pods may stand.

use super::{Cluster, Field, FieldPath, field::Base, written};
use crate::view::{self, ABSENT, Leaf, elements};

/// The ways in which a cluster can name the one that it follows.
pub struct Followed<'a> {
    /// `instance.sgCluster`, in the same namespace.
    pub sg_cluster: Field<'a>,
    /// `instance.external.host`.
    pub host: Field<'a>,
    /// `storage.path`, the archive.
    pub path: Field<'a>,
    /// Whether there is an archive, and no instance to stream from.
    pub is_archive_alone: bool,
}

impl<'a> Cluster<'a> {
    /// The cluster that this one follows; none where it follows none.
    pub fn followed(&self) -> Option<Followed<'a>> {
        let view = self.spec.replicate_from.get()?;
        let instance = view.instance.get();
        let external = instance.and_then(|instance| instance.external.get());
        let storage = view.storage.get();
        let field = |leaf: Option<&'a Leaf<'a>>, keys| {
            Field::new(leaf.unwrap_or(&ABSENT), FieldPath::new(Base::Spec, keys))
        };
        Some(Followed {
            sg_cluster: field(
                instance.map(|view| &view.sg_cluster.0),
                &["replicateFrom", "instance", "sgCluster"],
            ),
            host: field(
                external.map(|view| &view.host.0),
                &["replicateFrom", "instance", "external", "host"],
            ),
            path: field(storage.map(|view| &view.path.0), &["replicateFrom", "storage", "path"]),
            is_archive_alone: storage.is_some() && view.instance.is_absent(),
        })
    }

    /// The name of the object; none for an object without one, and for a part of another.
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// What has to be written before the first standby is there: data that are restored, or scripts.
    pub fn first_work(&self) -> Option<Field<'a>> {
        let initial_data = self.spec.initial_data.get();
        let restored = initial_data.map_or(&ABSENT, |data| &data.restore);
        let restore = Field::new(restored, FieldPath::new(Base::Spec, &["initialData", "restore"]));
        // The operator adds a script of its own, called NAME-default, to every cluster.
        let is_own = |script: &view::ManagedScript<'_>| {
            script.sg_script.text().is_none_or(|name| !name.ends_with("-default"))
        };
        let scripts = self.spec.managed_sql.get().map(|sql| &sql.scripts);
        let has_scripts = scripts.is_some_and(|scripts| elements(scripts).any(|(_, script)| is_own(script)));
        let scripts = if has_scripts { written(&self.spec.managed_sql) } else { &ABSENT };
        let scripts = Field::new(scripts, FieldPath::new(Base::Spec, &["managedSql"]));
        [restore, scripts].into_iter().find(|field| !field.is_absent())
    }

    /// Whether backups are configured, and with them an archive of WAL.
    pub fn has_backups(&self) -> bool {
        let configurations = self.spec.configurations.get();
        configurations.is_some_and(|all| matches!(all.backups, Leaf::List(1..) | Leaf::Object(_)))
    }

    /// Whether the manifest says itself how the pods are to be spread over nodes.
    pub fn spreads_its_pods(&self) -> bool {
        let pods = self.spec.pods.get();
        let scheduling = pods.and_then(|pods| pods.scheduling.get());
        scheduling.is_some_and(|scheduling| {
            let written = [&scheduling.pod_anti_affinity, &scheduling.topology_spread_constraints];
            written.iter().any(|leaf| matches!(leaf, Leaf::Object(1..) | Leaf::List(1..)))
        })
    }

    /// Whether an instance or an archive is followed, so that the cluster takes no writes itself.
    pub fn follows_another(&self) -> bool {
        !written(&self.spec.replicate_from).is_absent()
    }
}
