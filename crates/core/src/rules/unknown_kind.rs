//! An object that is nearly of a kind that is judged, and is of none.

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Rule, Severity},
    view::Kind,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "unknown-kind",
    severity: Severity::Error,
    summary: "a kind or apiVersion that is nearly one of StackGres",
    rationale: "An API server has no such kind and refuses the object. Until then it passes for something \
        of another kind, and nobody judges it.",
    fix: "Correct kind and apiVersion: SGCluster and SGPostgresConfig of stackgres.io/v1, SGShardedCluster \
        of stackgres.io/v1beta1 (v1alpha1 until StackGres 1.18).",
    reference: "The custom resource definitions of StackGres: names.kind and versions.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
    ],
    bad: Example {
        kind: Kind::Cluster,
        manifest: indoc! {"
            apiVersion: stackgres.io/v1
            kind: SGcluster
            metadata:
              name: demo
            spec:
              instances: 3
              replication:
                mode: sync
        "},
        before: None,
        at: &["kind"],
    },
    good: indoc! {"
        apiVersion: stackgres.io/v1
        kind: SGCluster
        metadata:
          name: demo
        spec:
          instances: 3
          replication:
            mode: sync
    "},
    checks: &[Check::Text],
})
.severity_note(
    "It is a warning where the apiVersion is missing or of another group, because the text may be no \
    manifest of StackGres at all.",
)
.judges_stopped()
.limitations(
    "Only files are searched: no API server would send such an object. A kind that is far from all of them \
    is skipped and counted.",
);
