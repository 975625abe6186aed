//! `shards` renamed to `workers` by hand: the operator makes new, empty clusters.

use indoc::indoc;

use crate::{
    cluster::{Child, Sharded, WorkersField},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
    view::Kind,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "workers-renamed-without-template",
    severity: Severity::Error,
    summary: "shards become workers under other names, so new and empty clusters are made",
    rationale: "The clusters of shards are called NAME-shard0 and so on, those of workers NAME-worker0, \
        unless clusterNameTemplate says otherwise. Suppose somebody renames the field by hand before the \
        operator has moved the object. The operator then makes NAME-worker0 and so on, empty, and sets the \
        clusters that hold the data to 0 instances. Queries find no rows.",
    fix: "Set workers.clusterNameTemplate to NAME-shard in the same change. Or let the operator of \
        StackGres 1.19 move the object first: it does so on any update, and when it starts.",
    reference: "StackGres operator 1.19: names of the clusters of an SGShardedCluster.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example {
        kind: Kind::ShardedCluster,
        manifest: indoc! {"
            spec:
              coordinator:
                instances: 1
              workers:
                clusters: 3
                instancesPerCluster: 1
        "},
        before: Some(indoc! {"
            spec:
              coordinator:
                instances: 1
              shards:
                clusters: 3
                instancesPerCluster: 1
        "}),
        at: &["spec.workers.clusterNameTemplate"],
    },
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            clusterNameTemplate: demo-shard
            instancesPerCluster: 1
    "},
    checks: &[Check::ShardedChange(check)],
})
.judges_stopped()
.limitations("In files the stored object is known only from --old.")
.observed(&[Observation {
    software: Software::StackGres,
    versions: &["1.19.0-rc5"],
    what: "The operator accepts the rename, and names its clusters NAME-worker0 and so on.",
}]);

fn check<'a>(before: &Sharded<'a>, now: &Sharded<'a>, problems: &mut Problems<'a>) {
    let is_renamed = before.workers_field() == WorkersField::Shards && now.has_workers();
    let [old, new] = [before, now].map(|sharded| sharded.name_template(Child::Worker));
    if !is_renamed || old == new || before.count(Child::Worker) == Some(0) {
        return;
    }
    problems
        .at(
            &now.name_template_field(Child::Worker),
            format!("the clusters {old}0 and so on are stopped, and {new}0 and so on are made in their place, empty"),
        )
        .help(format!("add clusterNameTemplate: {old} to workers"));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    #[test]
    fn a_rename_keeps_the_names_or_is_told() {
        const AT: &[&str] = &["spec.workers.clusterNameTemplate"];
        for (before, now, at) in [
            ("{shards: {clusters: 2}}", "{workers: {clusters: 2}}", AT),
            ("{shards: {clusters: 2}}", "{workers: {clusters: 2, clusterNameTemplate: other}}", AT),
            ("{shards: {clusters: 2}}", "{workers: {clusters: 2, clusterNameTemplate: demo-shard}}", &[]),
            ("{shards: {clusters: 0}}", "{workers: {clusters: 2}}", &[]),
            ("{shards: {clusters: 2}}", "{shards: {clusters: 3}}", &[]),
            ("{workers: {clusters: 2}}", "{workers: {clusters: 2, clusterNameTemplate: other}}", &[]),
        ] {
            sharded(now).after(sharded(before)).raises(&RULE, at);
        }
        sharded("{workers: {clusters: 2}}")
            .after(sharded("{shards: {clusters: 2}}"))
            .says(&RULE, "clusterNameTemplate: demo-shard");
    }
}
