//! The flavor babelfish without the feature gate that allows it.

use indoc::indoc;

use crate::{
    cluster::{Cluster, Part},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "babelfish-without-feature-gate",
    severity: Severity::Error,
    summary: "the flavor babelfish without the feature gate that allows it",
    rationale: "Babelfish is experimental in StackGres, and the operator refuses a cluster of that flavor \
        unless the manifest says that this is known.",
    fix: "Add babelfish-flavor to spec.nonProductionOptions.enabledFeatureGates, or use the flavor vanilla.",
    reference: "StackGres operator: the validator of the babelfish flavor, of SGCluster and \
        SGShardedCluster.",
    links: &[
        "https://stackgres.io/doc/latest/features/babelfish/",
        "https://stackgres.io/doc/latest/administration/babelfish/",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 1
              postgres:
                version: "16.6"
                flavor: babelfish
        "#},
        &["spec.nonProductionOptions.enabledFeatureGates"],
    ),
    good: indoc! {r#"
        spec:
          instances: 1
          postgres:
            version: "16.6"
            flavor: babelfish
          nonProductionOptions:
            enabledFeatureGates:
              - babelfish-flavor
    "#},
    checks: &[Check::Cluster(check)],
})
.operator_denies()
.judges_stopped();

/// The feature gate.
const GATE: &str = "babelfish-flavor";

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let is_first = matches!(cluster.part, Part::Whole | Part::Coordinator);
    let is_babelfish = cluster.postgres_flavor.text() == Some("babelfish");
    if !is_first || !is_babelfish || cluster.has_feature_gate(GATE) != Some(false) {
        return;
    }
    problems
        .at_path(
            cluster.feature_gates_place().path(),
            format!("the flavor babelfish needs the feature gate {GATE}"),
        )
        .help(format!("add {GATE} to enabledFeatureGates"))
        .see(&cluster.postgres_flavor, "is experimental");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn babelfish_is_allowed_by_its_gate_alone() {
        let at = &["spec.nonProductionOptions.enabledFeatureGates"][..];
        for (options, at) in [
            ("{}", at),
            ("null", at),
            ("{enabledFeatureGates: [other]}", at),
            ("{enabledFeatureGates: [other, babelfish-flavor]}", &[]),
        ] {
            cluster("{instances: 1, postgres: {flavor: babelfish}}")
                .set("spec.nonProductionOptions", options)
                .raises(&RULE, at);
        }
        cluster("{instances: 1, postgres: {flavor: vanilla}}").raises(&RULE, &[]);
        sharded("{postgres: {flavor: babelfish}, coordinator: {instances: 1}, workers: {clusters: 2, instancesPerCluster: 1}}")
            .raises(&RULE, at);
    }
}
