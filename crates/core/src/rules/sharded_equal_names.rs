//! Names that make one SGCluster of two clusters of an SGShardedCluster.

use indoc::indoc;

use crate::{
    cluster::{Child, Field, Sharded, number_of},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-equal-names",
    severity: Severity::Error,
    summary: "two clusters of an SGShardedCluster get the same name",
    rationale: "The operator makes an SGCluster of the coordinator, of each worker and of each query \
        router. The name of a worker or query router is its template with the number behind it. Where two \
        names are equal, two parts of the sharded cluster describe one SGCluster. The operator writes it \
        once as the one and once as the other, and data is missing where its own cluster should be.",
    fix: "Give each kind a template of its own that does not end in a digit.",
    reference: "StackGres operator 1.19: StackGresShardedClusterUtil names the SGClusters; nothing there \
        compares them.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example::sharded(
        indoc! {"
            spec:
              type: citus
              coordinator:
                instances: 1
                queryRouterClusters: 2
                queryRouterClusterNameTemplate: db-
              workers:
                clusters: 3
                clusterNameTemplate: db-
                instancesPerCluster: 1
        "},
        &["spec.coordinator.queryRouterClusterNameTemplate"],
    ),
    good: indoc! {"
        spec:
          type: citus
          coordinator:
            instances: 1
            queryRouterClusters: 2
            queryRouterClusterNameTemplate: db-router-
          workers:
            clusters: 3
            clusterNameTemplate: db-worker-
            instancesPerCluster: 1
    "},
    checks: &[Check::Sharded(check)],
})
.judges_stopped()
.limitations("Names of other SGClusters in the namespace are not compared.");

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let [workers, routers] = Child::ALL.map(|child| Named::of(sharded, child));
    if let Some(name) = workers.shares(&routers) {
        tell(&name, &routers.field, &workers.field, problems);
    }
    let coordinator = sharded.coordinator_name();
    for named in [&workers, &routers] {
        if named.has(&coordinator) {
            tell(&coordinator, &named.field, &sharded.coordinator_name_field(), problems);
        }
    }
}

fn tell<'a>(name: &str, field: &Field<'a>, other: &Field<'a>, problems: &mut Problems<'a>) {
    // Where the template is the operator's own, it is the other that somebody wrote.
    let (field, other) = if field.is_absent() { (other, field) } else { (field, other) };
    problems
        .at(field, format!("two clusters get the name {name:?}"))
        .help("choose a name that no other cluster of it gets")
        .see(other, "the other one is named here");
}

/// Workers, or query routers: a template and how many numbers come behind it.
struct Named<'a> {
    template: String,
    count: i64,
    field: Field<'a>,
}

impl<'a> Named<'a> {
    fn of(sharded: &Sharded<'a>, child: Child) -> Self {
        Self {
            template: sharded.name_template(child),
            count: sharded.count(child).unwrap_or(0),
            field: sharded.name_template_field(child),
        }
    }

    /// Whether one of them has this name.
    fn has(&self, name: &str) -> bool {
        let number = name.strip_prefix(&*self.template);
        number.and_then(number_of).is_some_and(|number| number < self.count)
    }

    /// A name that one of both kinds has. The longer template is the shorter one and digits behind it, or they share none:
    /// then one of the first names of the longer is as good as any.
    fn shares(&self, other: &Self) -> Option<String> {
        let (short, long) =
            if self.template.len() <= other.template.len() { (self, other) } else { (other, self) };
        let digits = long.template.strip_prefix(&*short.template)?;
        if digits.is_empty() {
            return (short.count.min(long.count) > 0).then(|| format!("{}0", short.template));
        }
        // The first number that can come behind these digits: of 0 itself there is no longer name.
        let name = format!("{}0", long.template);
        let digits_are_a_number = !digits.starts_with('0');
        (long.count > 0 && digits_are_a_number && short.has(&name)).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    const WORKERS: &str = "spec.workers.clusterNameTemplate";
    const ROUTERS: &str = "spec.coordinator.queryRouterClusterNameTemplate";
    const COORDINATOR: &str = "spec.coordinator.clusterName";

    #[test]
    fn no_two_clusters_get_one_name() {
        for (coordinator, workers, at) in [
            (
                "{queryRouterClusters: 2, queryRouterClusterNameTemplate: w}",
                "{clusters: 3, clusterNameTemplate: w}",
                &[ROUTERS][..],
            ),
            (
                "{queryRouterClusters: 0, queryRouterClusterNameTemplate: w}",
                "{clusters: 3, clusterNameTemplate: w}",
                &[],
            ),
            (
                "{queryRouterClusters: 2, queryRouterClusterNameTemplate: demo-worker}",
                "{clusters: 3}",
                &[ROUTERS],
            ),
            (
                "{queryRouterClusters: 1, queryRouterClusterNameTemplate: w1}",
                "{clusters: 11, clusterNameTemplate: w}",
                &[ROUTERS],
            ),
            (
                "{queryRouterClusters: 1, queryRouterClusterNameTemplate: w1}",
                "{clusters: 10, clusterNameTemplate: w}",
                &[],
            ),
            (
                "{queryRouterClusters: 9, queryRouterClusterNameTemplate: w0}",
                "{clusters: 99, clusterNameTemplate: w}",
                &[],
            ),
            ("{clusterName: demo-worker2}", "{clusters: 3}", &[COORDINATOR]),
            ("{clusterName: demo-worker3}", "{clusters: 3}", &[]),
            ("{clusterName: demo-worker02}", "{clusters: 3}", &[]),
            ("{clusterName: x1}", "{clusters: 3, clusterNameTemplate: x}", &[WORKERS]),
            ("{instances: 1}", "{clusters: 2000000000}", &[]),
        ] {
            sharded("{type: citus}")
                .set("spec.coordinator", coordinator)
                .set("spec.workers", workers)
                .raises(&RULE, at);
        }
    }
}
