//! A key that stands twice in one object: the last one wins, and the first one is what people read.

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Rule, Severity},
    view::Kind,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "duplicate-key",
    severity: Severity::Warning,
    summary: "a key stands twice in one object, and the last one wins",
    rationale: "YAML forbids it, and most readers silently take the last value. In a manifest that has \
        grown over the years the second replication block is far below the first. A reviewer who has found \
        one does not look for another, and the cluster runs with a mode that nobody meant.",
    fix: "Remove all but one, and keep the value that is meant.",
    reference: "YAML 1.2 specification: the keys of a mapping are unique; Kubernetes takes the last one.",
    links: &["https://yaml.org/spec/1.2.2/#3213-node-comparison"],
    bad: Example {
        kind: Kind::Cluster,
        manifest: indoc! {"
            apiVersion: stackgres.io/v1
            kind: SGCluster
            metadata:
              name: demo
            spec:
              instances: 5
              instances: 3
              replication:
                mode: sync
                syncInstances: 1
        "},
        before: None,
        at: &["spec.instances"],
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
            syncInstances: 1
    "},
    checks: &[Check::Text],
})
.judges_stopped();
