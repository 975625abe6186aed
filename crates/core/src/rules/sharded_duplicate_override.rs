//! Two overrides of one worker: only one of them can be meant.

use std::collections::HashSet;

use indoc::indoc;

use crate::{
    cluster::{Overriding, Range, Sharded},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-duplicate-override",
    severity: Severity::Error,
    summary: "two overrides of an SGShardedCluster are for the same index",
    rationale: "An override says what is different in the workers that it names. Two of them for one worker \
        cannot both hold, because whole objects replace each other and nothing is merged, so the operator \
        refuses the object. It counts workers and query routers together: an override of type Worker for 0 \
        and one of type QueryRouter for 0 collide too. The usual cause is a copied block whose index was \
        not changed, and then another worker lacks its override.",
    fix: "Give each override indexes of its own, or merge the two into one.",
    reference: "StackGres operator 1.19: its webhook of SGShardedCluster compares the expanded indexes of \
        all overrides, whatever their type, also beyond the number of workers.",
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
                  - index: 1
                    instancesPerCluster: 2
                  - index: 1
                    instancesPerCluster: 3
        "},
        &["spec.workers.overrides[1].index"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            instancesPerCluster: 1
            overrides:
              - index: 1
                instancesPerCluster: 2
              - index: 2
                instancesPerCluster: 3
    "},
    checks: &[Check::Sharded(check)],
})
.operator_denies();

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let mut claims: Vec<Claim<'_, 'a>> = claims(sharded).collect();
    claims.sort_by_key(|claim| claim.range.first);
    let mut told = HashSet::new();
    let mut reaching: Option<&Claim<'_, 'a>> = None;
    for claim in &claims {
        if let Some(other) = reaching.filter(|other| other.range.overlaps(claim.range)) {
            let [first, second] = in_order(other, claim);
            if told.insert(second.by.position) {
                tell(first, second, problems);
            }
        }
        if reaching.is_none_or(|other| claim.range.last > other.range.last) {
            reaching = Some(claim);
        }
    }
}

/// The numbers that one element of an override is for.
struct Claim<'s, 'a> {
    by: &'s Overriding<'a>,
    at: Option<usize>,
    range: Range,
}

fn claims<'s, 'a>(sharded: &'s Sharded<'a>) -> impl Iterator<Item = Claim<'s, 'a>> {
    let of = |by: &'s Overriding<'a>| {
        by.ranges.iter().map(move |(at, range)| Claim { by, at: *at, range: *range })
    };
    sharded.overrides().iter().flat_map(of)
}

/// The two in the order in which they are written.
fn in_order<'c, 's, 'a>(one: &'c Claim<'s, 'a>, other: &'c Claim<'s, 'a>) -> [&'c Claim<'s, 'a>; 2] {
    let place = |claim: &Claim<'_, '_>| (claim.by.position, claim.at);
    if place(one) <= place(other) { [one, other] } else { [other, one] }
}

fn tell<'a>(first: &Claim<'_, 'a>, second: &Claim<'_, 'a>, problems: &mut Problems<'a>) {
    let index = first.range.first.max(second.range.first);
    problems
        .at(&second.by.place_of(second.at), format!("index {index} has an override already"))
        .help("set it to the worker that is meant, or put both overrides into one")
        .see(&first.by.place_of(first.at), "the first override of this index");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn every_override_after_the_first_of_an_index_is_one_too_many() {
        const OVERRIDES: &str = "spec.workers.overrides";
        for (overrides, at) in [
            ("[{index: 1}, {index: 1}]", &["[1].index"][..]),
            ("[{index: 1}, {index: 0}, {index: 1.0}, {index: 1}]", &["[2].index", "[3].index"]),
            ("[{indexes: ['0-2']}, {indexes: [5, '2-4']}]", &["[1].indexes[1]"]),
            ("[{indexes: ['0-9']}, {index: 4}, {index: 5}]", &["[1].index", "[2].index"]),
            ("[{index: 9}, {indexes: ['0-9']}]", &["[1].indexes[0]"]),
            ("[{indexes: [0, 0]}]", &["[0].indexes[1]"]),
            ("[{index: 0}, {type: QueryRouter, index: 0}]", &["[1].index"]),
            ("[{index: 0}, {type: Nonsense, index: 0}]", &["[1].index"]),
            ("[{index: 99}, {index: 99}]", &["[1].index"]),
            ("[{index: 0, indexes: [1]}, {index: 1}]", &[]),
            ("[{indexes: ['0-1']}, {indexes: ['2-2000000000']}]", &[]),
            ("[{indexes: [all]}, {indexes: [all]}]", &[]),
            ("[{index: 0}, {index: 1}]", &[]),
            ("[{index: '1'}, {index: '1'}, {index: 1}]", &[]),
            ("[{}, {}, null, 1]", &[]),
            ("null", &[]),
            ("{index: 1}", &[]),
        ] {
            sharded("{workers: {clusters: 3}}").set(OVERRIDES, overrides).raises_below(&RULE, OVERRIDES, at);
        }
        let routers =
            "{coordinator: {queryRouterClusters: 2}, workers: {overrides: [{indexes: [all]}, {index: 1}]}}";
        sharded(routers).raises(&RULE, &["spec.workers.overrides[1].index"]);
        sharded("{shards: {clusters: 3, overrides: [{index: 1}, {index: 1}]}}")
            .raises(&RULE, &["spec.shards.overrides[1].index"]);
    }
}
