//! Strict durability on pods that may stand on one node.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "strict-standbys-share-node",
    severity: Severity::Warning,
    summary: "a strict mode where pods may share a node, so one node can take every copy",
    rationale: "Anti-affinity keeps the pods of a cluster on different nodes. The profile production has \
        it, testing and development do not, and nonProductionOptions.disableClusterPodAntiAffinity \
        overrides the profile. Without it the scheduler may put leader and standbys on one node. When that \
        node fails, the copies that a strict mode insists on are lost together, or writes hang.",
    fix: "Remove disableClusterPodAntiAffinity: true, or set it to false, which also overrides a profile \
        without anti-affinity.",
    reference: "StackGres operator: the defaults of its profiles, and the explicit value before them.",
    links: &[
        "https://stackgres.io/doc/latest/features/cluster-profiles/",
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecnonproductionoptions",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              nonProductionOptions:
                disableClusterPodAntiAffinity: true
              replication:
                mode: strict-sync-all
        "},
        &["spec.nonProductionOptions.disableClusterPodAntiAffinity"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          profile: production
          replication:
            mode: strict-sync-all
    "},
    checks: &[Check::Cluster(check)],
})
.limitations(
    "Where pods.scheduling has a podAntiAffinity or topologySpreadConstraints, these may keep the pods \
    apart, and the rule is silent. Node affinity and taints are not read, and neither is pods.scheduling in \
    the parts of an SGShardedCluster.",
);

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_strict()) else { return };
    if cluster.instances().is_none_or(|instances| instances < 2) {
        return;
    }
    // What the manifest says of its own about the pods' nodes may keep them apart, and is not understood here.
    if let Some(field) = cluster.pods_may_share_a_node().filter(|_| !cluster.spreads_its_pods()) {
        let message =
            format!("{} with pods that may share a node: losing one node can take every copy", mode.name());
        problems
            .at(&field, message)
            .help("keep pods apart: nonProductionOptions.disableClusterPodAntiAffinity: false")
            .see(&cluster.mode, "insists on a second copy");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn anti_affinity_is_the_profiles_unless_it_is_written() {
        let option = &["spec.nonProductionOptions.disableClusterPodAntiAffinity"][..];
        for (spec, at) in [
            ("{profile: production}", &[][..]),
            ("{profile: testing}", &["spec.profile"]),
            ("{profile: testing, pods: {scheduling: {topologySpreadConstraints: [{maxSkew: 1}]}}}", &[]),
            (
                "{profile: testing, pods: {scheduling: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: []}}}}",
                &[],
            ),
            (
                "{profile: testing, pods: {scheduling: {podAntiAffinity: {}, nodeSelector: {a: b}}}}",
                &["spec.profile"],
            ),
            ("{profile: development}", &["spec.profile"]),
            ("{nonProductionOptions: {disableClusterPodAntiAffinity: true}}", option),
            ("{profile: testing, nonProductionOptions: {disableClusterPodAntiAffinity: false}}", &[]),
            (
                "{profile: testing, nonProductionOptions: {disableClusterPodAntiAffinity: null}}",
                &["spec.profile"],
            ),
            ("{nonProductionOptions: {disableClusterPodAntiAffinity: 'true'}}", &[]),
        ] {
            for (n, mode, at) in
                [(3, "strict-sync-all", at), (3, "sync-all", &[]), (1, "strict-sync-all", &[])]
            {
                cluster(spec).set("spec.instances", n).set("spec.replication.mode", mode).raises(&RULE, at);
            }
        }
    }
}
