//! A file, or one document of it, that is not YAML.

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Rule, Severity},
    view::Kind,
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "invalid-yaml",
    severity: Severity::Error,
    summary: "the text is not valid YAML",
    rationale: "What cannot be parsed cannot be judged, and must not pass for judged. The usual causes are \
        a tab in the indentation, an unclosed quote, and a template that has not been rendered.",
    fix: "Correct the text at the place that is shown. Render a template before it is judged.",
    reference: "YAML 1.2 specification.",
    links: &["https://yaml.org/spec/1.2.2/"],
    bad: Example {
        kind: Kind::Cluster,
        manifest: indoc! {"
            apiVersion: stackgres.io/v1
            kind: SGCluster
            metadata:
              name: demo
            spec:
              instances: 3
              replication: {mode: sync
        "},
        before: None,
        at: &[""],
    },
    good: indoc! {"
        apiVersion: stackgres.io/v1
        kind: SGCluster
        metadata:
          name: demo
        spec:
          instances: 3
          replication: {mode: sync}
    "},
    checks: &[Check::Text],
})
.judges_stopped();
