//! An ignore that hides nothing today, and might hide a fault of tomorrow.

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Rule, Severity},
    view::Kind,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "an ignore that hides nothing",
    rationale: "An ignore is a decision about one fault. When the fault is gone, or its name was never \
        right, the ignore stays behind as a hole in the judgment. The same fault can come back for another \
        reason, and nobody hears of it.",
    fix: "Remove the ignore, or correct the id of the rule.",
    reference: "syncguard: the annotation syncguard.dev/ignore, and comments of the form # syncguard: \
        ignore[<id>].",
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/"],
    bad: Example {
        kind: Kind::Cluster,
        manifest: indoc! {r#"
            apiVersion: stackgres.io/v1
            kind: SGCluster
            metadata:
              name: demo
              annotations:
                syncguard.dev/ignore: "strict-with-one-standby: a test cluster"
            spec:
              instances: 3
              replication:
                mode: strict-sync
                syncInstances: 1
        "#},
        before: None,
        at: &["metadata.annotations[\"syncguard.dev/ignore\"]"],
    },
    good: indoc! {"
        apiVersion: stackgres.io/v1
        kind: SGCluster
        metadata:
          name: demo
        spec:
          instances: 3
          replication:
            mode: strict-sync
            syncInstances: 1
    "},
    checks: &[Check::Text],
})
.judges_stopped()
.limitations(
    "Only files are searched for unused ignores. A webhook sees one state of the object and not its \
    history.",
);

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    const ANNOTATION: &str = "metadata.annotations[\"syncguard.dev/ignore\"]";

    #[test]
    fn an_annotation_that_hides_nothing_is_reported() {
        for (ignore, at) in [
            ("fsync-off", &[ANNOTATION][..]),
            ("'no-such-rule: or is there'", &[ANNOTATION]),
            ("'removed-field: we know, fsync-off'", &[ANNOTATION]),
            ("'removed-field: we know'", &[]),
            ("''", &[]),
        ] {
            cluster("{instances: 3, prometheusAutobind: true}").set(ANNOTATION, ignore).raises(&RULE, at);
        }
    }
}
