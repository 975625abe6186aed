//! An override, or a part of one, that reaches no cluster.

use indoc::indoc;

use crate::{
    cluster::{Child, Element, Overriding, Sharded, WorkersField},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-unused-override",
    severity: Severity::Warning,
    summary: "an override of an SGShardedCluster has no effect",
    rationale: "Workers are counted from 0, so the last of three has the index 2. The operator accepts an \
        override beyond that and does nothing with it. Often the last worker is meant, and it runs without \
        what was written for it. Or the override waits for a worker that is added later, and changes it \
        then. The same happens to an element of indexes that means nothing: a number in quotes, a range \
        that runs backwards, and all, which counts query routers and never workers. Of an override's \
        configurations only sgPostgresConfig is used. Under Citus not even that is: each cluster gets a \
        copy of the workers'.",
    fix: "Count from 0, write numbers without quotes and ranges as \"0-2\", or remove what has no effect.",
    reference: "StackGres operator 1.19: its expansion of indexes, and what it copies into each cluster.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example::sharded(
        indoc! {"
            spec:
              coordinator:
                instances: 1
              workers:
                clusters: 3
                instancesPerCluster: 1
                overrides:
                  - index: 3
                    instancesPerCluster: 2
        "},
        &["spec.workers.overrides[0].index"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            instancesPerCluster: 1
            overrides:
              - index: 2
                instancesPerCluster: 2
    "},
    checks: &[Check::Sharded(check)],
});

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    for overriding in sharded.overrides() {
        let Some(child) = overriding.child else { continue };
        check_elements(overriding, sharded, problems);
        let is_for_none = !overriding.ranges.is_empty() && !overriding.is_for_one_of(sharded.count(child));
        if is_for_none {
            beyond(overriding, child, sharded, problems);
        }
        for place in overriding.without_effect() {
            let message = "the operator does not use this of an override: all workers share the workers' own";
            let help = "move it to the workers, or put it into an SGPostgresConfig";
            problems.at_name(place.path(), message).help(help);
        }
        if sharded.is_citus() && !overriding.postgres_config().is_absent() {
            let message = "under Citus each cluster gets a copy of the workers' SGPostgresConfig, never of an override's";
            problems
                .at(&overriding.postgres_config(), message)
                .help("set it at the workers, for all of them");
        }
    }
}

/// An override that says nothing of a number is for nobody, and so is each element that means nothing.
fn check_elements<'a>(overriding: &Overriding<'a>, sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    if !overriding.index().is_absent() {
        if let Some(first) = overriding.indexes().next() {
            problems
                .at(&first, "index stands beside indexes, and wins: these have no effect")
                .help("remove one of both");
        }
        return;
    }
    let routers = sharded.count(Child::QueryRouter).unwrap_or(0);
    let mut says_something = false;
    for element in overriding.indexes() {
        says_something = true;
        if Element::read(&element, routers) == Element::None {
            let problem = problems.at(&element, format!("{} is for no cluster", element.leaf()));
            match element.text() {
                Some("all") => {
                    problem.help("all means every query router, and there are none; name workers as \"0-2\"")
                }
                Some(text) if text.parse::<i32>().is_ok_and(|index| index >= 0) => {
                    problem.help(format!("write it without quotes: {text}"))
                }
                _ => problem.help("write a number from 0, or a range such as \"0-2\""),
            };
        }
    }
    // The CRD of shards asks for an index.
    if !says_something && sharded.workers_field() == WorkersField::Workers {
        problems
            .at_path(
                overriding.place().path(),
                "the override has neither index nor indexes, so it is for no cluster",
            )
            .help("add index: 0, or the number of the worker that is meant");
    }
}

fn beyond<'a>(overriding: &Overriding<'a>, child: Child, sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let at = overriding.ranges.first().and_then(|(at, _)| *at);
    let (place, count) = (overriding.place_of(at), sharded.count_field(child));
    let one = match child {
        Child::Worker => sharded.workers_field().one(),
        Child::QueryRouter => "query router",
    };
    problems
        .at(
            &place,
            format!("there is no {one} of index {}, so this override has no effect", shown(place.leaf())),
        )
        .help(help(one, sharded.count(child)))
        .see(&count, format!("the number of {one}s"));
}

/// An index or a range, as it is written but for quotes.
fn shown(leaf: &crate::view::Leaf<'_>) -> String {
    leaf.text().map_or_else(|| leaf.to_string(), str::to_owned)
}

/// What the index can be, if anything.
fn help(one: &str, count: Option<i64>) -> String {
    match count.and_then(|count| count.checked_sub(1)).filter(|last| *last >= 0) {
        Some(last) => format!("choose an index from 0 to {last}, or remove the override"),
        None => format!("remove the override; there are no {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    const OVERRIDES: &str = "spec.workers.overrides";

    #[test]
    fn indexes_run_from_zero_to_one_below_the_number_of_workers() {
        for (clusters, overrides, at) in [
            ("3", "[{index: 2}, {index: 3}, {index: 4}]", &["[1].index", "[2].index"][..]),
            ("0", "[{index: 0}]", &["[0].index"]),
            ("2", "[{index: 2147483647}]", &["[0].index"]),
            ("9223372036854775807", "[{index: 2147483646}]", &[]),
            ("3", "[{index: 0}, {index: -1}, {index: '9'}]", &[]),
            ("'3'", "[{index: 9}]", &[]),
            ("null", "[{index: 9}]", &[]),
        ] {
            sharded("{}")
                .set("spec.workers.clusters", clusters)
                .set(OVERRIDES, overrides)
                .raises_below(&RULE, OVERRIDES, at);
        }
        sharded("{workers: {clusters: 3, overrides: [{index: 3}]}}").says(&RULE, "from 0 to 2");
        let shards = sharded("{shards: {clusters: 3, overrides: [{index: 3}, {}]}}");
        shards.raises(&RULE, &["spec.shards.overrides[0].index"]);
        shards.says(&RULE, "no shard of index 3");
    }

    #[test]
    fn what_an_element_of_indexes_means_is_told_where_it_means_nothing() {
        const INDEXES: &str = "spec.workers.overrides[0].indexes";
        for (indexes, at, says) in [
            ("[0, '1-2']", &[][..], ""),
            ("['2-5']", &[], ""),
            ("['3-5']", &["[0]"], "no worker of index 3-5"),
            ("[0, all]", &["[1]"], "every query router"),
            ("[0, '1', '2-1', -1, x]", &["[1]", "[2]", "[3]", "[4]"], "without quotes: 1"),
        ] {
            let case = sharded("{workers: {clusters: 3, overrides: [{}]}}").set(INDEXES, indexes);
            case.raises_below(&RULE, INDEXES, at);
            if !at.is_empty() {
                case.says(&RULE, says);
            }
        }
        sharded("{workers: {clusters: 3, overrides: [{}, {instancesPerCluster: 2}]}}")
            .raises(&RULE, &["spec.workers.overrides[0]", "spec.workers.overrides[1]"]);
        sharded("{workers: {clusters: 3, overrides: [{index: 0, indexes: [1]}]}}")
            .raises(&RULE, &["spec.workers.overrides[0].indexes[0]"]);
    }

    #[test]
    fn overrides_of_query_routers_are_counted_by_themselves() {
        for (routers, at) in [(3, &[][..]), (2, &["[0].index"]), (0, &["[0].index", "[1].indexes[0]"])] {
            sharded(
                "{workers: {clusters: 9, overrides: [{type: QueryRouter, index: 2}, \
                {type: QueryRouter, indexes: [all]}]}}",
            )
            .set("spec.coordinator.queryRouterClusters", routers)
            .raises_below(&RULE, OVERRIDES, at);
        }
    }

    #[test]
    fn what_all_workers_share_has_no_effect_in_an_override() {
        const CONFIGURATIONS: &str = "spec.workers.overrides[0].configurations";
        for (kind, keys) in [
            ("ddp", &[".postgres", ".patroni"][..]),
            ("citus", &[".postgres", ".patroni", ".sgPostgresConfig"]),
        ] {
            sharded("{workers: {clusters: 3, overrides: [{index: 0}]}}")
                .set("spec.type", kind)
                .set(CONFIGURATIONS, "{postgres: {postgresql.conf: {}}, patroni: {}, sgPostgresConfig: a}")
                .raises_below(&RULE, CONFIGURATIONS, keys);
        }
    }
}
