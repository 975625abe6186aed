//! An override that the operator, or the API server, cannot take.

use indoc::indoc;

use crate::{
    cluster::{Child, Element, Overriding, Sharded},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software, is_not},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-override",
    severity: Severity::Error,
    summary: "an override of an SGShardedCluster that the operator refuses",
    rationale: "An index is a number from 0, and a type is Worker or QueryRouter, with exactly these \
        capitals. The operator reads indexes as 32-bit numbers and fails on a larger one. It also fails on \
        an override that names syncInstances without instancesPerCluster beside it, because it compares the \
        two. The person who applies the manifest then sees an internal error of the operator's webhook, \
        without a field.",
    fix: "Count workers from 0, and give an override that has its own syncInstances its own \
        instancesPerCluster.",
    reference: "StackGres operator 1.19: constraints of StackGresShardedClusterWorker.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example::sharded(
        indoc! {"
            spec:
              coordinator:
                instances: 1
              workers:
                clusters: 3
                instancesPerCluster: 2
                overrides:
                  - index: -1
                    instancesPerCluster: 1
        "},
        &["spec.workers.overrides[0].index"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            instancesPerCluster: 2
            overrides:
              - index: 0
                instancesPerCluster: 1
    "},
    checks: &[Check::Sharded(check)],
})
.operator_denies()
.judges_stopped()
.observed(&[Observation {
    software: Software::StackGres,
    versions: &["1.19.0-rc5"],
    what: "A number beyond 2^31, or syncInstances without instancesPerCluster, ends in an exception of the \
        webhook.",
}]);

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let routers = sharded.count(Child::QueryRouter).unwrap_or(0);
    for overriding in sharded.overrides() {
        check_type(overriding, problems);
        check_index(overriding, problems);
        check_indexes(overriding, routers, problems);
    }
    for written in sharded.written() {
        let counted = !written.sync_instances().is_absent();
        let overriding = sharded.overrides().iter().find(|it| it.holds(&written));
        let Some(overriding) = overriding.filter(|it| counted && it.lacks_instances()) else {
            continue;
        };
        problems
            .at(
                &overriding.instances_per_cluster(),
                "instancesPerCluster is missing beside syncInstances: the operator compares the two, and fails",
            )
            .help("write the instancesPerCluster of these workers into the override too")
            .see(&written.sync_instances(), "must be below it");
    }
}

fn check_type<'a>(overriding: &Overriding<'a>, problems: &mut Problems<'a>) {
    let kind = overriding.kind();
    if overriding.child.is_none() {
        let names = Child::ALL.map(Child::name);
        let problem = problems.at(&kind, format!("the type {}", is_not(&kind, "Worker or QueryRouter")));
        if let Some(written) = kind.text() {
            problem.offer_name("type", written, &names);
        }
    }
}

fn check_index<'a>(overriding: &Overriding<'a>, problems: &mut Problems<'a>) {
    let index = overriding.index();
    let fits = |index: i64| (0..=i64::from(i32::MAX)).contains(&index);
    if index.is_absent() || index.integer().is_some_and(fits) {
        return;
    }
    let problem = problems.at(&index, format!("the index {}", is_not(&index, "a whole number from 0")));
    if let Some(number) = index.text().and_then(|text| text.parse::<i32>().ok()).filter(|number| *number >= 0)
    {
        problem.help(format!("write it without quotes: {number}")).suggest(number);
    }
}

fn check_indexes<'a>(overriding: &Overriding<'a>, routers: i64, problems: &mut Problems<'a>) {
    let read = |element: &crate::cluster::Field<'a>| Element::read(element, routers);
    for element in overriding.indexes().filter(|element| read(element) == Element::TooLarge) {
        problems
            .at(
                &element,
                format!("{} is beyond every number that the operator can read, and it fails", element.leaf()),
            )
            .help("there are at most 1024 workers: name a range such as \"0-9\"");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn what_the_operator_cannot_read_is_told_where_it_stands() {
        for (overriding, at, says) in [
            ("{index: 0, type: Worker}", &[][..], ""),
            ("{index: 0, type: null}", &[], ""),
            ("{index: 0, type: worker}", &[".type"], "write type: Worker"),
            ("{index: 0, type: 1}", &[".type"], "must be Worker or QueryRouter"),
            ("{index: -1}", &[".index"], "the index is -1"),
            ("{index: 1.5}", &[".index"], "must be a whole number from 0"),
            ("{index: '2'}", &[".index"], "without quotes: 2"),
            ("{index: 4000000000}", &[".index"], "must be a whole number from 0"),
            ("{indexes: ['0-4000000000', 1]}", &[".indexes[0]"], "beyond every number"),
            ("{indexes: [4000000000]}", &[".indexes[0]"], "beyond every number"),
            ("{indexes: [nonsense, -1, '2-1']}", &[], ""),
            (
                "{index: 0, replication: {mode: sync, syncInstances: 1}}",
                &[".instancesPerCluster"],
                "compares the two",
            ),
            (
                "{index: 0, replication: {mode: async, syncInstances: 1}}",
                &[".instancesPerCluster"],
                "compares the two",
            ),
            ("{index: 0, replication: {mode: sync-all}}", &[], ""),
            ("{index: 0, instancesPerCluster: 3, replication: {mode: sync, syncInstances: 1}}", &[], ""),
        ] {
            let case = sharded("{workers: {clusters: 3, instancesPerCluster: 2, overrides: [{}]}}")
                .set("spec.workers.overrides[0]", overriding);
            case.raises_below(&RULE, "spec.workers.overrides[0]", at);
            if !at.is_empty() {
                case.says(&RULE, says);
            }
        }
    }
}
