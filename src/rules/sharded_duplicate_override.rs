//! Two overrides of one shard: only one of them can be meant.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    cluster::Sharded,
    rule::{Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "sharded-duplicate-override",
    severity: Severity::Error,
    severity_note: "",
    parity: true,
    judges_stopped: false,
    summary: "two overrides of an SGShardedCluster have the same index",
    rationale: "An override says what is different in the shard of its index. Two of them for one shard \
        cannot both hold, because whole objects replace each other and nothing is merged, so the operator \
        refuses the object. The usual cause is a copied block whose index was forgotten, and then another \
        shard lacks its override.",
    fix: "Give each override the index of its own shard, or put both into one.",
    blind_spot: "",
    reference: "StackGres operator: webhook of SGShardedCluster.",
    bad: Example::sharded(
        "spec:
  coordinator:
    instances: 1
  shards:
    clusters: 3
    instancesPerCluster: 1
    overrides:
      - index: 1
        instancesPerCluster: 2
      - index: 1
        instancesPerCluster: 3
",
        &["spec.shards.overrides[1].index"],
    ),
    good: "spec:
  coordinator:
    instances: 1
  shards:
    clusters: 3
    instancesPerCluster: 1
    overrides:
      - index: 1
        instancesPerCluster: 2
      - index: 2
        instancesPerCluster: 3
",
    checks: &[Check::Sharded(check)],
};

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let mut first = HashMap::new();
    for (_, index) in sharded.override_indexes() {
        let Some(shard) = index.integer() else { continue };
        match first.entry(shard) {
            Entry::Vacant(entry) => {
                entry.insert(index);
            }
            Entry::Occupied(entry) => {
                problems
                    .at(&index, format!("the shard of index {shard} has an override already"))
                    .help("set it to the shard that is meant, or put both overrides into one")
                    .see(entry.get(), "the first override of this shard");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn every_override_after_the_first_of_a_shard_is_one_too_many() {
        let index = |position: usize| format!("spec.shards.overrides[{position}].index");
        for (overrides, at) in [
            ("[{index: 1}, {index: 1}]", &[index(1)][..]),
            ("[{index: 1}, {index: 0}, {index: 1.0}, {index: 1}]", &[index(2), index(3)]),
            ("[{index: 9223372036854775807}, {index: 9223372036854775807}]", &[index(1)]),
            ("[{index: 0}, {index: 1}]", &[]),
            ("[{index: '1'}, {index: '1'}, {index: 1}]", &[]),
            ("[{}, {}, null, 1]", &[]),
            ("null", &[]),
            ("{index: 1}", &[]),
        ] {
            let at: Vec<_> = at.iter().map(String::as_str).collect();
            sharded(&format!("{{shards: {{clusters: 3, overrides: {overrides}}}}}")).raises(&RULE, &at);
        }
    }
}
