//! An SGShardedCluster that the operator accepts, and one of whose clusters it then refuses.

use indoc::indoc;

use crate::{
    cluster::{Base, Cluster, Part, Sharded},
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "sharded-child-refused",
    severity: Severity::Error,
    summary: "a cluster of an SGShardedCluster is one that the operator's own webhook refuses",
    rationale: "The operator checks the syncInstances of all workers against their instancesPerCluster, but \
        not against the instances of an override that inherits it. So it accepts the SGShardedCluster. Then \
        it makes an SGCluster of the override, and its own webhook refuses that one. The worker is never \
        made, or never changed again, and only events tell. The same happens to an override with standbys \
        where the flavor is babelfish, which runs on one instance.",
    fix: "Give the override a replication of its own that fits its instances, or give it more instances.",
    reference: "StackGres operator 1.19: its webhooks of SGShardedCluster and of SGCluster.",
    links: &["https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"],
    bad: Example::sharded(
        indoc! {"
            spec:
              coordinator:
                instances: 3
              workers:
                clusters: 3
                instancesPerCluster: 3
                replication:
                  mode: sync
                  syncInstances: 2
                overrides:
                  - index: 0
                    instancesPerCluster: 2
        "},
        &["spec.workers.overrides[0].instancesPerCluster"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 3
          workers:
            clusters: 3
            instancesPerCluster: 3
            replication:
              mode: sync
              syncInstances: 2
            overrides:
              - index: 0
                instancesPerCluster: 2
                replication:
                  mode: sync
                  syncInstances: 1
    "},
    checks: &[Check::Sharded(check)],
})
.observed(&[Observation {
    software: Software::StackGres,
    versions: &["1.19.0-rc5"],
    what: "The operator accepts the SGShardedCluster, and refuses the SGCluster that it makes of the \
        override.",
}]);

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let overridden = |part: &&Cluster<'a>| matches!(part.part, Part::Override(..)) && part.runs();
    for part in sharded.parts().iter().filter(overridden) {
        let Some(name) = sharded.name_of(part.part) else { continue };
        let (Some(mode), Some(instances)) = (part.mode(), part.instances()) else { continue };
        // What stands at the root is held against every override, and the SGShardedCluster itself is refused.
        let is_inherited = matches!(part.sync_instances.place().base(), Base::Workers(_));
        let count =
            part.sync_instances().filter(|count| is_inherited && mode.is_counted() && *count >= instances);
        if let Some(count) = count {
            problems
                .at(
                    &part.instances,
                    format!(
                        "the operator will refuse the SGCluster {name} that it makes of this: it inherits syncInstances \
                         {count}, which must be below its {instances} instances"
                    ),
                )
                .help("give the override more instances, or a replication of its own")
                .see(&part.sync_instances, "is inherited from here");
        }
        if part.postgres_flavor.text() == Some("babelfish") && instances > 1 {
            problems
                .at(
                    &part.instances,
                    format!("the operator will refuse the SGCluster {name} that it makes of this: babelfish runs on one instance"),
                )
                .help("set it to 1");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::sharded;

    const AT: &str = "spec.workers.overrides[0].instancesPerCluster";

    #[test]
    fn an_inherited_count_is_held_against_the_instances_of_the_override() {
        for (replication, overriding, at) in [
            ("{mode: sync, syncInstances: 2}", "{index: 0, instancesPerCluster: 2}", &[AT][..]),
            ("{mode: strict-sync, syncInstances: 2}", "{index: 0, instancesPerCluster: 1}", &[AT]),
            ("{mode: sync, syncInstances: 2}", "{index: 0, instancesPerCluster: 3}", &[]),
            ("{mode: sync, syncInstances: 2}", "{index: 0, instancesPerCluster: 0}", &[]),
            ("{mode: sync, syncInstances: 2}", "{index: 9, instancesPerCluster: 2}", &[]),
            (
                "{mode: sync, syncInstances: 2}",
                "{index: 0, instancesPerCluster: 2, replication: {mode: sync-all}}",
                &[],
            ),
            (
                "{mode: sync, syncInstances: 2}",
                "{index: 0, instancesPerCluster: 2, replication: {mode: sync, syncInstances: 2}}",
                &[],
            ),
            ("{mode: sync-all, syncInstances: 2}", "{index: 0, instancesPerCluster: 2}", &[]),
        ] {
            sharded("{coordinator: {instances: 3}, workers: {clusters: 3, instancesPerCluster: 3, overrides: [{}]}}")
                .set("spec.workers.replication", replication)
                .set("spec.workers.overrides[0]", overriding)
                .raises(&RULE, at);
        }
    }

    #[test]
    fn babelfish_runs_on_one_instance_in_overrides_of_either_type() {
        let spec = "{type: citus, postgres: {flavor: babelfish}, coordinator: {instances: 1, queryRouterClusters: 2}, \
            workers: {clusters: 3, instancesPerCluster: 1, overrides: [{index: 0, instancesPerCluster: 2}, \
            {type: QueryRouter, index: 1, instancesPerCluster: 2}]}}";
        sharded(spec).raises(&RULE, &[AT, "spec.workers.overrides[1].instancesPerCluster"]);
        sharded(spec).says(&RULE, "SGCluster demo-router1");
    }
}
