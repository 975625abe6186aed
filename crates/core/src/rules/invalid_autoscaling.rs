//! An autoscaling that the operator cannot use: an unknown mode, or a dimension without its bounds.

use std::borrow::Cow;

use indoc::indoc;

use crate::{
    cluster::{Autoscaling, Cluster, Field, Part},
    rule::{Check, Definition, Example, Problem, Problems, Rule, Severity, is_not, one_of},
    view::Leaf,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-autoscaling",
    severity: Severity::Error,
    summary: "autoscaling has an unknown mode, or a dimension that is on lacks its bounds",
    rationale: "Without a mode autoscaling is in mode all. So an empty autoscaling object already asks for \
        bounds of the number of instances (minInstances, maxInstances) and of the size of pods (minAllowed, \
        maxAllowed). An SGShardedCluster has only the modes vertical, the default there, and none.",
    fix: "Set the bounds of each dimension that is on, or switch the dimension off with mode.",
    reference: "StackGres operator: its validating webhook; the CRD's minimum of 2 for both bounds.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecautoscaling",
        "https://stackgres.io/doc/latest/features/autoscaling/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              autoscaling:
                mode: horizontal
                maxInstances: 5
        "},
        &["spec.autoscaling.minInstances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          autoscaling:
            mode: horizontal
            minInstances: 2
            maxInstances: 5
    "},
    checks: &[Check::Cluster(check)],
})
.operator_denies()
.judges_stopped();

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let Some(autoscaling) = &cluster.autoscaling else { return };
    if autoscaling.mode().is_none() {
        check_mode(autoscaling, problems);
    }
    // What is missing beside a field that nobody knows may have another name.
    let may_be_renamed = |field: &Field<'_>| field.is_absent() && autoscaling.holds_unknown_fields;
    if cluster.part == Part::Whole {
        for (field, name) in
            [(&autoscaling.min_instances, "minInstances"), (&autoscaling.max_instances, "maxInstances")]
        {
            if !may_be_renamed(field) {
                check_instances(autoscaling, field, name, problems);
            }
        }
    }
    if autoscaling.is_vertical() {
        let named = [(&autoscaling.min_allowed, "minAllowed"), (&autoscaling.max_allowed, "maxAllowed")];
        for ((field, name), containers) in named.into_iter().zip(autoscaling.containers()) {
            if !may_be_renamed(field) {
                check_allowed(autoscaling, field, (name, containers), problems);
            }
        }
    }
}

fn check_mode<'a>(autoscaling: &Autoscaling<'a>, problems: &mut Problems<'a>) {
    let (mode, names) = (&autoscaling.mode, autoscaling.modes());
    let problem = problems.at(mode, format!("the autoscaling mode {}", is_not(mode, &one_of(names))));
    problem.offer_name("mode", mode.text().unwrap_or_default(), names);
}

fn check_instances<'a>(
    autoscaling: &Autoscaling<'a>,
    field: &Field<'a>,
    name: &'static str,
    problems: &mut Problems<'a>,
) {
    let is_missing = autoscaling.is_horizontal() && field.is_absent();
    let is_wrong = !field.is_absent() && field.integer().is_none_or(|bound| bound < 2);
    if is_missing || is_wrong {
        let message = format!("autoscaling.{name} {}", is_not(field, "a whole number of at least 2"));
        let problem = problems.at(field, message);
        if is_missing {
            problem
                .help("write it, or switch the scaling of instances off with mode: vertical or mode: none");
            move_up(problem, autoscaling, name);
        }
    }
}

/// Where the field stands one level too deep, that is all there is to mend.
fn move_up<'a>(problem: &mut Problem<'a>, autoscaling: &Autoscaling<'a>, name: &'static str) {
    let deeper = autoscaling.one_level_deeper();
    let found = deeper.iter().find(|(_, keys)| keys.iter().any(|key| key == name));
    if let Some((section, _)) = found {
        let section_name = section.path().name().to_owned();
        problem
            .help(format!(
                "move {name} one level up: autoscaling.{name}, not autoscaling.{section_name}.{name}"
            ))
            .see(section, format!("{name} stands here, one level too deep"));
    }
}

/// The containers whose size can be bounded; an API server drops others, and what is left is refused.
const CONTAINERS: [&str; 3] = ["patroni", "pgbouncer", "envoy"];

fn check_allowed<'a>(
    autoscaling: &Autoscaling<'a>,
    field: &Field<'a>,
    (name, containers): (&'static str, &[Cow<'a, str>]),
    problems: &mut Problems<'a>,
) {
    let unknown = containers.iter().find(|container| !CONTAINERS.contains(&&***container));
    let has_known = containers.iter().any(|container| CONTAINERS.contains(&&**container));
    if !matches!(field.leaf(), Leaf::Object(_)) || containers.is_empty() {
        let message =
            format!("the size of pods is scaled, and autoscaling.{name} names no container and resource");
        let problem = problems
            .at(field, message)
            .help(format!("name them, as in {name}: {{patroni: {{cpu: 500m}}}}, or choose another mode"));
        move_up(problem, autoscaling, name);
    } else if let Some(unknown) = unknown.filter(|_| !has_known) {
        let shown = Leaf::Text(unknown.clone());
        problems
            .at(field, format!("autoscaling.{name} names the container {shown}, which an API server drops, and nothing is left"))
            .help(format!("the containers are {}", one_of(&CONTAINERS)));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn a_dimension_that_is_on_has_its_bounds() {
        let bounds = &["spec.autoscaling.minInstances", "spec.autoscaling.maxInstances"][..];
        let allowed = &["spec.autoscaling.minAllowed", "spec.autoscaling.maxAllowed"][..];
        for (autoscaling, at) in [
            ("{mode: none}", &[][..]),
            (
                "{minInstances: 2, maxInstances: 3, minAllowed: {patroni: {cpu: 1}}, maxAllowed: {patroni: {cpu: 2}}}",
                &[],
            ),
            ("{mode: horizontal, minInstances: 2.0, maxInstances: 9}", &[]),
            ("{mode: vertical, minAllowed: {patroni: {cpu: 1}}, maxAllowed: {patroni: {cpu: 2}}}", &[]),
            ("{mode: horizontal}", bounds),
            ("{mode: horizontal, minInstances: 1, maxInstances: x}", bounds),
            ("{minAllowed: {patroni: {cpu: 1}}, maxAllowed: {patroni: {cpu: 2}}}", bounds),
            ("{mode: none, minInstances: 0}", &["spec.autoscaling.minInstances"]),
            ("{mode: vertical}", allowed),
            ("{mode: vertical, minAllowed: {}, maxAllowed: []}", allowed),
            ("{mode: Horizontal}", &["spec.autoscaling.mode"]),
            ("{mode: 3}", &["spec.autoscaling.mode"]),
        ] {
            cluster("{instances: 3}").set("spec.autoscaling", autoscaling).raises(&RULE, at);
        }
        cluster("{instances: 0, autoscaling: {mode: x}}").raises(&RULE, &["spec.autoscaling.mode"]);
    }

    #[test]
    fn what_stands_one_level_too_deep_or_is_dropped_is_told() {
        for (autoscaling, words) in [
            (
                "{mode: horizontal, horizontal: {minInstances: 2, maxInstances: 3}}",
                "move minInstances one level up",
            ),
            (
                "{mode: vertical, vertical: {minAllowed: {patroni: {cpu: 1}}, maxAllowed: {}}}",
                "move minAllowed one level up",
            ),
            (
                "{mode: vertical, minAllowed: {postgres: {cpu: 1}}, maxAllowed: {patroni: {cpu: 2}}}",
                "the container \"postgres\", which an API server drops",
            ),
        ] {
            cluster("{instances: 3}").set("spec.autoscaling", autoscaling).says(&RULE, words);
        }
        cluster("{instances: 3, autoscaling: {mode: vertical, minAllowed: {postgres: {}, patroni: {cpu: 1}}, maxAllowed: {envoy: {cpu: 2}}}}")
            .raises(&RULE, &[]);
    }

    #[test]
    fn a_sharded_cluster_scales_only_the_size_of_pods() {
        sharded("{coordinator: {instances: 2, autoscaling: {mode: horizontal}}, workers: {clusters: 2, \
                 instancesPerCluster: 2, autoscaling: {mode: none}, overrides: [{index: 0, autoscaling: {maxAllowed: {patroni: {cpu: 1}}}}]}}")
        .raises(&RULE, &["spec.coordinator.autoscaling.mode", "spec.workers.overrides[0].autoscaling.minAllowed"]);
    }
}
