//! The sharded clusters that were judged: what is wrong with one of them is not told again of the SGClusters that the operator
//! makes of it, because it has to be mended in the sharded cluster.

use std::collections::{BTreeMap, BTreeSet};

use syncguard_core::{
    cluster::{Child, Sharded, no_postgres_configs, number_of},
    rule::Severity,
    view::{Given, Object},
};
use syncguard_lint::Judged;

/// By namespace.
#[derive(Default)]
pub(super) struct Parents(BTreeMap<String, Vec<Parent>>);

/// An SGShardedCluster: the names of the SGClusters that it becomes, and the rules that it raises.
pub(super) struct Parent {
    coordinator: String,
    /// A template, and how many names it makes.
    templates: [(String, i64); 2],
    raised: BTreeSet<&'static str>,
}

impl Parent {
    /// The names of a stored object; none where it cannot be read.
    pub fn of(json: &[u8]) -> Option<Self> {
        let object: Object<'_> = syncguard_core::json::from_slice(json).ok()?;
        let Given::Is(body) = &object else { return None };
        let sharded = Sharded::of(body, &no_postgres_configs);
        let template = |child| (sharded.name_template(child), sharded.count(child).unwrap_or(0));
        Some(Self {
            coordinator: sharded.coordinator_name(),
            templates: Child::ALL.map(template),
            raised: BTreeSet::new(),
        })
    }

    fn has(&self, name: &str) -> bool {
        let is_numbered = |(template, count): &(String, i64)| {
            name.strip_prefix(&**template).and_then(number_of).is_some_and(|number| number < *count)
        };
        name == self.coordinator || self.templates.iter().any(is_numbered)
    }
}

impl Parents {
    /// Takes one in that raised these rules.
    pub fn add(&mut self, namespace: String, parent: Parent, raised: BTreeSet<&'static str>) {
        self.0.entry(namespace).or_default().push(Parent { raised, ..parent });
    }

    /// Leaves out of what was found in an SGCluster what its parent was told of.
    pub fn leave_out(&self, namespace: &str, name: &str, judged: &mut Judged) {
        let parents = self.0.get(namespace).into_iter().flatten();
        for parent in parents.filter(|parent| parent.has(name)) {
            judged.diagnostics.retain(|diagnostic| !parent.raised.contains(diagnostic.rule.id));
        }
        let of = |severity| judged.diagnostics.iter().filter(|it| it.severity == severity).count();
        (judged.summary.errors, judged.summary.warnings) = (of(Severity::Error), of(Severity::Warning));
    }
}

#[cfg(test)]
mod tests {
    use super::Parent;

    #[test]
    fn a_child_is_known_by_the_names_that_the_operator_gives() {
        let parent = |spec: &str| {
            let json = format!(
                r#"{{"apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster", "metadata": {{"name": "db"}}, "spec": {spec}}}"#
            );
            Parent::of(json.as_bytes()).unwrap()
        };
        let plain = parent(r#"{"coordinator": {"queryRouterClusters": 1}, "workers": {"clusters": 2}}"#);
        let named = parent(
            r#"{"coordinator": {"clusterName": "c"}, "workers": {"clusters": 2, "clusterNameTemplate": "w"}}"#,
        );
        let old = parent(r#"{"coordinator": {}, "shards": {"clusters": 2}}"#);
        for (of, name, has) in [
            (&plain, "db-coord", true),
            (&plain, "db-worker1", true),
            (&plain, "db-worker2", false),
            (&plain, "db-router0", true),
            (&plain, "db-worker01", false),
            (&plain, "db", false),
            (&named, "c", true),
            (&named, "w0", true),
            (&named, "db-worker0", false),
            (&old, "db-shard1", true),
            (&old, "db-worker1", false),
        ] {
            assert_eq!(of.has(name), has, "whether {name} is made of it");
        }
    }
}
