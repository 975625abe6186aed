//! Query routers that there cannot be.

use indoc::indoc;

use crate::{
    cluster::{Child, Sharded},
    rule::{Check, Definition, Example, Problems, Rule, Severity, is_not},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-query-routers",
    severity: Severity::Error,
    summary: "query routers without Citus, or more workers than their offset leaves room for",
    rationale: "Query routers are clusters of one instance that answer queries beside the coordinator. Only \
        Citus has them, and each is a Citus group of its own. Workers are the groups from 1. Query routers \
        are those from queryRouterIndexOffset + 1, which is 1025 by default. So there can be at most as \
        many workers as the offset says, even where there are no query routers at all. The operator refuses \
        anything else.",
    fix: "Remove queryRouterClusters, or set type: citus. Raise queryRouterIndexOffset before there are \
        more workers.",
    reference: "StackGres operator 1.19: constraints of StackGresShardedClusterSpec; the CRD's minimum of \
        the offset is 1024.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/",
        "https://stackgres.io/doc/latest/administration/sharded-cluster/citus/",
    ],
    bad: Example::sharded(
        indoc! {"
            spec:
              type: ddp
              coordinator:
                instances: 1
                queryRouterClusters: 2
              workers:
                clusters: 3
                instancesPerCluster: 1
        "},
        &["spec.coordinator.queryRouterClusters"],
    ),
    good: indoc! {"
        spec:
          type: citus
          coordinator:
            instances: 1
            queryRouterClusters: 2
          workers:
            clusters: 3
            instancesPerCluster: 1
    "},
    checks: &[Check::Sharded(check)],
})
.operator_denies()
.judges_stopped();

/// `queryRouterIndexOffset` where nobody sets it.
const OFFSET: i64 = 1024;

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let routers = sharded.count_field(Child::QueryRouter);
    match sharded.count(Child::QueryRouter) {
        None => {
            let message =
                format!("the number of query routers {}", is_not(&routers, "a whole number of at least 0"));
            let problem = problems.at(&routers, message);
            if let Some(number) = routers.text().and_then(|text| text.parse::<u32>().ok()) {
                problem.help(format!("write it without quotes: {number}")).suggest(number);
            }
        }
        Some(1..) if sharded.sharding().text().is_some() && !sharded.is_citus() => {
            problems
                .at(
                    &routers,
                    format!("type {} has no query routers; only Citus has", sharded.sharding().leaf()),
                )
                .help("remove queryRouterClusters, or set type: citus")
                .see(&sharded.sharding(), "is not citus");
        }
        Some(_) => {}
    }
    check_offset(sharded, problems);
}

fn check_offset<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let offset = sharded.query_router_index_offset();
    if !offset.is_absent() && offset.integer().is_none_or(|offset| offset < OFFSET) {
        problems.at(&offset, format!("the offset {}", is_not(&offset, "a whole number of at least 1024")));
        return;
    }
    let most = offset.integer().unwrap_or(OFFSET);
    let Some(count) = sharded.count(Child::Worker).filter(|count| *count > most) else { return };
    problems
        .at(
            &sharded.count_field(Child::Worker),
            format!(
                "{count} workers leave no room for query routers, whose Citus groups begin behind {most}"
            ),
        )
        .help(format!("set coordinator.queryRouterIndexOffset: {count}, or have at most {most} workers"))
        .see(&offset, "the most workers that there can be");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    const ROUTERS: &str = "spec.coordinator.queryRouterClusters";
    const OFFSET: &str = "spec.coordinator.queryRouterIndexOffset";
    const CLUSTERS: &str = "spec.workers.clusters";

    #[test]
    fn query_routers_are_for_citus_and_workers_stay_below_their_offset() {
        for (kind, coordinator, clusters, at) in [
            ("citus", "{queryRouterClusters: 2}", 3, &[][..]),
            ("citus", "{queryRouterClusters: 0}", 1024, &[]),
            ("ddp", "{queryRouterClusters: 0}", 3, &[]),
            ("ddp", "{queryRouterClusters: 1}", 3, &[ROUTERS]),
            ("null", "{queryRouterClusters: 1}", 3, &[]),
            ("citus", "{queryRouterClusters: -1}", 3, &[ROUTERS]),
            ("citus", "{queryRouterClusters: '1'}", 3, &[ROUTERS]),
            ("citus", "{queryRouterClusters: null}", 1025, &[CLUSTERS]),
            ("citus", "{queryRouterIndexOffset: 2000}", 2000, &[]),
            ("citus", "{queryRouterIndexOffset: 2000}", 2001, &[CLUSTERS]),
            ("citus", "{queryRouterIndexOffset: 1000}", 3, &[OFFSET]),
            ("citus", "{queryRouterIndexOffset: many}", 3, &[OFFSET]),
        ] {
            sharded("{workers: {instancesPerCluster: 1}}")
                .set("spec.type", kind)
                .set("spec.coordinator", coordinator)
                .set("spec.coordinator.instances", 1)
                .set("spec.workers.clusters", clusters)
                .raises(&RULE, at);
        }
    }
}
