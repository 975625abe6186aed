//! An override for a shard that does not exist.

use crate::{
    cluster::Sharded,
    rule::{Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "sharded-unused-override",
    severity: Severity::Warning,
    severity_note: "",
    parity: false,
    judges_stopped: false,
    summary: "an override of an SGShardedCluster has an index beyond its shards",
    rationale: "Shards are counted from 0, so the last of three has the index 2. The operator accepts an \
        override beyond that and does nothing with it. Often the last shard is meant, and it runs without \
        what was written for it; or the override waits for a shard that is added later, and changes it then.",
    fix: "Count the shards from 0, or remove the override.",
    blind_spot: "",
    reference: "StackGres operator: the SGCluster of a shard is named NAME-shard<index>, from 0 to clusters \
        - 1.",
    bad: Example::sharded(
        "spec:
  coordinator:
    instances: 1
  shards:
    clusters: 3
    instancesPerCluster: 1
    overrides:
      - index: 3
        instancesPerCluster: 2
",
        &["spec.shards.overrides[0].index"],
    ),
    good: "spec:
  coordinator:
    instances: 1
  shards:
    clusters: 3
    instancesPerCluster: 1
    overrides:
      - index: 2
        instancesPerCluster: 2
",
    checks: &[Check::Sharded(check)],
};

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let clusters = sharded.clusters();
    let Some(count) = clusters.integer() else { return };
    for (_, index) in sharded.override_indexes() {
        let Some(shard) = index.integer().filter(|shard| *shard >= count) else { continue };
        problems
            .at(&index, format!("there is no shard of index {shard}, so this override has no effect"))
            .help(help(count))
            .see(&clusters, "the number of shards");
    }
}

/// What the index can be, if anything.
fn help(count: i64) -> String {
    match count.checked_sub(1).filter(|last| *last >= 0) {
        Some(last) => format!("choose an index from 0 to {last}, or remove the override"),
        None => "remove the override; there are no shards".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn indexes_run_from_zero_to_one_below_the_number_of_shards() {
        let index = |position: usize| format!("spec.shards.overrides[{position}].index");
        for (clusters, overrides, at) in [
            ("3", "[{index: 2}, {index: 3}, {index: 4}]", &[index(1), index(2)][..]),
            ("0", "[{index: 0}]", &[index(0)]),
            ("2", "[{index: 9223372036854775807}]", &[index(0)]),
            ("-9223372036854775808", "[{index: 0}]", &[index(0)]),
            ("9223372036854775807", "[{index: 9223372036854775806}]", &[]),
            ("3", "[{index: 0}, {index: -1}, {}, {index: '9'}]", &[]),
            ("'3'", "[{index: 9}]", &[]),
            ("null", "[{index: 9}]", &[]),
        ] {
            let at: Vec<_> = at.iter().map(String::as_str).collect();
            let shards = format!("{{clusters: {clusters}, overrides: {overrides}}}");
            sharded(&format!("{{shards: {shards}}}")).raises(&RULE, &at);
        }
        sharded("{shards: {clusters: 3, overrides: [{index: 3}]}}").says(&RULE, "from 0 to 2");
    }
}
