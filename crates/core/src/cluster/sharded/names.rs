//! The names of the SGClusters that the operator makes of an SGShardedCluster (StackGres 1.19,
//! `StackGresShardedClusterUtil`).

use super::{Part, Sharded};
use crate::{
    cluster::{Base, Child, Field, FieldPath},
    view::ABSENT,
};
use syncguard_manifest::path::Path;

/// A number as the operator writes it behind a template.
pub fn number_of(digits: &str) -> Option<i64> {
    let number = digits.parse::<i64>().ok()?;
    (number >= 0 && number.to_string() == digits).then_some(number)
}

impl<'a> Sharded<'a> {
    /// The name of the SGCluster that the operator makes of the coordinator.
    pub fn coordinator_name(&self) -> String {
        let given = self.spec.coordinator.get().and_then(|view| view.cluster_name.text());
        given.map_or_else(|| format!("{}-coord", self.name()), str::to_owned)
    }

    /// The names of the SGClusters that it makes of workers, or of query routers, without their numbers.
    pub fn name_template(&self, child: Child) -> String {
        let given = match child {
            Child::Worker => self.workers.and_then(|workers| workers.cluster_name_template.text()),
            Child::QueryRouter => {
                self.spec.coordinator.get().and_then(|view| view.query_router_cluster_name_template.text())
            }
        };
        let kind = match child {
            Child::Worker => self.field.one(),
            Child::QueryRouter => "router",
        };
        given.map_or_else(|| format!("{}-{kind}", self.name()), str::to_owned)
    }

    /// The SGCluster that the operator makes of a part, the first where it makes several; none where it makes none.
    pub fn name_of(&self, part: Part) -> Option<String> {
        let numbered = |child, number: i64| format!("{}{number}", self.name_template(child));
        match part {
            Part::Whole => None,
            Part::Coordinator => Some(self.coordinator_name()),
            Part::Plain(child) => self.first_plain(child).map(|number| numbered(child, number)),
            Part::Override(child, position) => {
                self.first_of(child, position).map(|number| numbered(child, number))
            }
        }
    }

    /// The SGCluster that the operator makes for the value at a path, the first where several share it; none where the value is
    /// the whole object's.
    pub fn name_for(&self, path: &Path<'_>) -> Option<String> {
        let part = match Base::of_workers(path) {
            Some((Base::Override(_, position), _)) => {
                let overriding = self.overrides.iter().find(|it| it.position == position)?;
                Some(Part::Override(overriding.child?, position))
            }
            Some(_) => {
                let mut workers = self.parts.iter().filter(|part| part.part.is_of(Child::Worker));
                workers.find(|part| part.exists).map(|part| part.part)
            }
            None => Base::is_of_coordinator(path).then_some(Part::Coordinator),
        };
        self.name_of(part?)
    }

    /// The field that gives workers, or query routers, another name.
    pub fn name_template_field(&self, child: Child) -> Field<'a> {
        match child {
            Child::Worker => {
                let leaf = self.workers.map_or(&ABSENT, |workers| &workers.cluster_name_template.0);
                Field::new(leaf, FieldPath::new(Base::Workers(self.field), &["clusterNameTemplate"]))
            }
            Child::QueryRouter => self.of_coordinator(
                |view| &view.query_router_cluster_name_template,
                &["queryRouterClusterNameTemplate"],
            ),
        }
    }

    /// `coordinator.clusterName`.
    pub fn coordinator_name_field(&self) -> Field<'a> {
        self.of_coordinator(|view| &view.cluster_name, &["clusterName"])
    }

    fn name(&self) -> &'a str {
        self.object.name().unwrap_or("unnamed")
    }
}
