//! Bounds of the autoscaler that contradict each other, or the number that is written.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Field},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "autoscaling-out-of-range",
    severity: Severity::Warning,
    summary: "the autoscaler's bounds are the wrong way round, or instances lies outside them",
    rationale: "The autoscaler moves the number of instances between its bounds. A number outside of them \
        changes as soon as the autoscaler runs, and with it which ordinals belong to which group. Bounds \
        that are the wrong way round leave it nothing to choose.",
    fix: "Put instances between autoscaling.minInstances and autoscaling.maxInstances.",
    reference: "StackGres: spec.autoscaling; horizontal scaling writes the number of instances through the \
        scale subresource.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecautoscaling",
        "https://stackgres.io/doc/latest/features/autoscaling/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 6
              autoscaling:
                mode: horizontal
                minInstances: 2
                maxInstances: 4
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 4
          autoscaling:
            mode: horizontal
            minInstances: 2
            maxInstances: 4
    "},
    checks: &[Check::Cluster(check)],
});

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(autoscaling) = cluster.horizontal_autoscaling() else { return };
    let bound = |field: &Field<'a>| field.integer().filter(|bound| *bound >= 2);
    let (Some(minimum), Some(maximum)) =
        (bound(&autoscaling.min_instances), bound(&autoscaling.max_instances))
    else {
        return;
    };
    if minimum > maximum {
        problems
            .at(&autoscaling.min_instances, format!("minInstances {minimum} is above maxInstances {maximum}"))
            .help("exchange the two, or raise maxInstances")
            .see(&autoscaling.max_instances, "is the smaller one");
        return;
    }
    if let Some(instances) = cluster.instances().filter(|instances| !(minimum..=maximum).contains(instances))
    {
        let message = format!(
            "{instances} instances are outside what the autoscaler may choose, {minimum} to {maximum}"
        );
        problems
            .at(&cluster.instances, message)
            .help(format!("set it to a number from {minimum} to {maximum}"));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn the_bounds_hold_the_instances() {
        for (n, autoscaling, at) in [
            (3, "{mode: horizontal, minInstances: 2, maxInstances: 4}", &[][..]),
            (2, "{mode: horizontal, minInstances: 2, maxInstances: 2}", &[]),
            (5, "{mode: horizontal, minInstances: 2, maxInstances: 4}", &["spec.instances"]),
            (2, "{minInstances: 3, maxInstances: 4}", &["spec.instances"]),
            (3, "{mode: horizontal, minInstances: 4, maxInstances: 2}", &["spec.autoscaling.minInstances"]),
            (9, "{mode: vertical, minInstances: 2, maxInstances: 4}", &[]),
            (9, "{mode: horizontal, minInstances: 2}", &[]),
            (0, "{mode: horizontal, minInstances: 2, maxInstances: 4}", &[]),
        ] {
            cluster("{}").set("spec.instances", n).set("spec.autoscaling", autoscaling).raises(&RULE, at);
        }
    }
}
