//! A field that old manifests have and new operators do not: the setting moved, and the old place is mute.

use indoc::indoc;

use crate::{
    cluster::{Base, FieldPath},
    rule::{Check, Definition, Example, Problems, Rule, Severity},
    view::{Body, Kind},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "removed-field",
    severity: Severity::Warning,
    summary: "spec.prometheusAutobind is gone since StackGres 1.17",
    rationale: "The field moved below spec.configurations.observability, and much documentation still shows \
        it below spec. What happens to it depends on the way to the cluster. kubectl apply refuses the \
        manifest, while Helm, Argo CD and client libraries drop the field silently. Then nobody scrapes the \
        cluster, and the first to notice is whoever looks for the graphs of an incident.",
    fix: "Move it to spec.configurations.observability.prometheusAutobind.",
    reference: "StackGres 1.17: the custom resource definitions of SGCluster and SGShardedCluster no longer \
        have spec.prometheusAutobind.",
    links: &[
        "https://stackgres.io/doc/latest/administration/upgrade/deprecated-fields/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning",
        "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 2
              prometheusAutobind: true
        "},
        &["spec.prometheusAutobind"],
    ),
    good: indoc! {"
        spec:
          instances: 2
          configurations:
            observability:
              prometheusAutobind: true
    "},
    checks: &[Check::Manifest(check)],
})
.judges_stopped()
.limitations(
    "Which version of StackGres the manifest is for is not known: before 1.17 the field belongs below spec. \
    An API server drops the field before anybody sees it, so only files can be judged.",
);

fn check<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    let has_moved = matches!(object.known_kind(), Some(Kind::Cluster | Kind::ShardedCluster));
    let Some(spec) = object.spec.get().filter(|_| has_moved) else { return };
    if spec.prometheus_autobind.is_absent() {
        return;
    }
    let removed = FieldPath::new(Base::Spec, &["prometheusAutobind"]);
    problems
        .at_name(
            removed.path(),
            "prometheusAutobind was removed from spec in StackGres 1.17: kubectl apply refuses it, Helm and \
             Argo CD drop it silently",
        )
        .help("move it to spec.configurations.observability.prometheusAutobind");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn the_root_field_is_reported_whatever_its_value() {
        for (spec, at) in [
            ("{instances: 2, prometheusAutobind: true}", &["spec.prometheusAutobind"][..]),
            ("{instances: 0, prometheusAutobind: false}", &["spec.prometheusAutobind"]),
            ("{prometheusAutobind: {}}", &["spec.prometheusAutobind"]),
            ("{instances: 2, prometheusAutobind: null}", &[]),
            ("{instances: 2, configurations: {observability: {prometheusAutobind: true}}}", &[]),
            ("nothing", &[]),
        ] {
            cluster(spec).raises(&RULE, at);
        }
        sharded("{prometheusAutobind: true}").raises(&RULE, &["spec.prometheusAutobind"]);
        cluster("{prometheusAutobind: true}").says(&RULE, "1.17");
    }
}
