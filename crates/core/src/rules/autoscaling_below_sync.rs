//! The autoscaler may shrink the cluster below what its mode needs.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "autoscaling-below-sync",
    severity: Severity::Error,
    summary: "the autoscaler may go down to no more instances than syncInstances",
    rationale: "In sync and strict-sync the operator refuses a cluster with syncInstances or fewer \
        instances. But the autoscaler writes through /scale, which the operator's webhook does not see. The \
        cluster would run on with fewer copies than the manifest names, and the next full write of it would \
        be denied.",
    fix: "Set autoscaling.minInstances above syncInstances.",
    reference: "StackGres operator: horizontal autoscaling uses the scale subresource.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecautoscaling",
        "https://stackgres.io/doc/latest/features/autoscaling/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 4
              autoscaling:
                mode: horizontal
                minInstances: 2
                maxInstances: 4
              replication:
                mode: sync
                syncInstances: 2
        "},
        &["spec.autoscaling.minInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          autoscaling:
            mode: horizontal
            minInstances: 3
            maxInstances: 4
          replication:
            mode: sync
            syncInstances: 2
    "},
    checks: &[Check::Cluster(check)],
})
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(mode) = cluster.mode().filter(|mode| mode.is_counted()) else { return };
    let Some(autoscaling) = cluster.horizontal_autoscaling() else { return };
    let (Some(minimum), Some(count)) = (autoscaling.min_instances.integer(), cluster.sync_instances()) else {
        return;
    };
    if minimum >= 2 && minimum <= count {
        let message = format!(
            "{} needs more than {count} instances, and the autoscaler may go down to {minimum}",
            mode.name()
        );
        problems
            .at(&autoscaling.min_instances, message)
            .help(format!("set it to {} or more", count.saturating_add(1)))
            .see(&cluster.sync_instances, "must stay below the number of instances");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn the_autoscaler_must_stay_above_the_count() {
        let at = &["spec.autoscaling.minInstances"][..];
        for (autoscaling, mode, count, at) in [
            ("{mode: horizontal, minInstances: 2}", "sync", "2", at),
            ("{minInstances: 2}", "strict-sync", "3", at),
            ("{mode: horizontal, minInstances: 2}", "sync", "null", &[][..]),
            ("{mode: horizontal, minInstances: 3}", "sync", "2", &[]),
            ("{mode: vertical, minInstances: 2}", "sync", "2", &[]),
            ("{mode: horizontal, minInstances: 2}", "sync-all", "2", &[]),
            ("{mode: horizontal, minInstances: x}", "sync", "2", &[]),
        ] {
            cluster("{instances: 5}")
                .set("spec.autoscaling", autoscaling)
                .set("spec.replication.mode", mode)
                .set("spec.replication.syncInstances", count)
                .raises(&RULE, at);
        }
    }
}
