//! `spec.shards` where the operator takes `spec.workers`.

use indoc::indoc;

use crate::{
    cluster::Sharded,
    facts::Release,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "shards-instead-of-workers",
    severity: Severity::Error,
    summary: "an SGShardedCluster with shards, which StackGres 1.19 calls workers",
    rationale: "StackGres 1.19 renamed spec.shards to spec.workers. Its operator moves what older operators \
        have stored, and refuses shards in anything new, even beside workers. A manifest that is applied \
        again after the upgrade is refused, because kubectl leaves the new field beside the old one.",
    fix: "Rename shards to workers, with apiVersion stackgres.io/v1beta1. For a sharded cluster that exists \
        already, also set workers.clusterNameTemplate to NAME-shard, so that its clusters keep their names.",
    reference: "StackGres operator 1.19: ShardsToWorkersMutator, which runs on updates of objects whose \
        annotation is 1.18 or older, and the constraints of StackGresShardedClusterSpec.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
    ],
    bad: Example::sharded(
        indoc! {"
            spec:
              coordinator:
                instances: 1
              shards:
                clusters: 3
                instancesPerCluster: 1
        "},
        &["spec.shards"],
    ),
    good: indoc! {"
        spec:
          coordinator:
            instances: 1
          workers:
            clusters: 3
            instancesPerCluster: 1
    "},
    checks: &[Check::ShardedUnless(check, is_moved)],
})
.severity_note("It is a warning where neither the object nor the settings tell which StackGres runs.")
.operator_denies()
.judges_stopped()
.limitations(
    "Which StackGres runs is told by the annotation stackgres.io/operatorVersion, by apiVersion v1beta1 or \
    by the setting stackGresVersion. With StackGres 1.18 and older, shards is right.",
)
.observed(&[Observation {
    software: Software::StackGres,
    versions: &["1.19.0-rc5"],
    what: "The operator refuses shards in a new object, beside workers too, and moves them in a stored one.",
}]);

fn check<'a>(sharded: &Sharded<'a>, problems: &mut Problems<'a>) {
    let Some(shards) = sharded.shards() else { return };
    if sharded.has_workers() {
        problems
            .at_name(
                shards.path(),
                "shards stands beside workers: StackGres 1.19 refuses it, older ones know no workers",
            )
            .help("remove shards, and put what is still wanted of it into workers");
        return;
    }
    // What an older operator has stored is moved, under whichever version somebody asks for it.
    let is_stored_by_an_older_one = sharded.noted_release().is_some_and(|release| release < Release::WORKERS);
    let operator = sharded.known_operator();
    if is_stored_by_an_older_one || operator.is_some_and(|release| release < Release::WORKERS) {
        return;
    }
    problems
        .at_name(
            shards.path(),
            "StackGres 1.19 and later take workers, and refuse shards in what is not stored yet",
        )
        .severity(Severity::error_if(operator.is_some()))
        .help("rename it to workers; where an older StackGres runs, say so by the setting stackGresVersion");
}

/// The operator moves what an older one has stored, by whoever it is written.
fn is_moved(before: &Sharded<'_>, now: &Sharded<'_>) -> bool {
    !now.has_workers() && before.noted_release().is_some_and(|release| release < Release::WORKERS)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{OPERATOR_VERSION, sharded};

    const AT: &str = "spec.shards";

    #[test]
    fn shards_are_refused_by_an_operator_that_knows_workers() {
        for (version, annotations, severity) in [
            ("stackgres.io/v1beta1", "{}", Some("error")),
            ("stackgres.io/v1alpha1", "{}", Some("warning")),
            ("stackgres.io/v1alpha1", "{stackgres.io/operatorVersion: 1.19.0-rc5}", Some("error")),
            ("stackgres.io/v1alpha1", "{stackgres.io/operatorVersion: 1.18.6}", None),
            ("stackgres.io/v1beta1", "{stackgres.io/operatorVersion: 1.18.6}", None),
        ] {
            let expected: Vec<_> = severity.map(|severity| (severity, AT)).into_iter().collect();
            sharded("{shards: {clusters: 1}}")
                .set("apiVersion", version)
                .set("metadata.annotations", annotations)
                .raises_as(&RULE, &expected);
        }
        sharded("{shards: {clusters: 1}, workers: {clusters: 1}}")
            .set("apiVersion", "stackgres.io/v1alpha1")
            .raises_as(&RULE, &[("error", AT)]);
        sharded("{workers: {clusters: 1}}").raises(&RULE, &[]);
        sharded("{shards: null}").raises(&RULE, &[]);
    }

    #[test]
    fn what_the_operator_moves_is_let_pass() {
        for (version, before, now, at) in [
            ("1.18.6", "{shards: {clusters: 1}}", "{shards: {clusters: 2}}", &[][..]),
            ("1.18.6", "{workers: {clusters: 1}}", "{shards: {clusters: 2}}", &[]),
            (
                "1.18.6",
                "{workers: {clusters: 1}}",
                "{workers: {clusters: 1}, shards: {clusters: 2}}",
                &[("error", AT)],
            ),
            ("1.19.0", "{workers: {clusters: 1}}", "{shards: {clusters: 2}}", &[("error", AT)]),
            // It is stored so, and an update of something else must go through.
            ("1.19.0", "{shards: {clusters: 1}}", "{shards: {clusters: 2}}", &[("warning", AT)]),
        ] {
            sharded(now)
                .set(OPERATOR_VERSION, version)
                .after(sharded(before).set(OPERATOR_VERSION, version))
                .raises_as(&RULE, at);
        }
    }
}
