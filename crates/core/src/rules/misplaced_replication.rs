//! `replication`, or one of its fields, in an object where nobody looks for it.

use std::borrow::Cow;

use indoc::indoc;

use crate::{
    rule::{Check, Definition, Example, Problems, Rule, Severity},
    view::{Body, Kind, Replication},
};
use syncguard_manifest::path::Path;

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "misplaced-replication",
    severity: Severity::Error,
    summary: "replication stands in another object than spec",
    rationale: "An API server drops a field that stands where the custom resource definition has none. The \
        cluster then runs asynchronous, whatever the manifest seems to say. kubectl apply refuses such a \
        manifest, Helm and Argo CD drop the field silently. All it takes is two spaces too few or too many.",
    fix: "Move replication below spec.",
    reference: "StackGres custom resource definitions: replication of an SGCluster stands below spec alone, \
        that of an SGShardedCluster also below coordinator, workers and overrides.",
    links: &[
        "https://stackgres.io/doc/latest/reference/crd/sgcluster/#sgclusterspecreplication",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning",
        "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    ],
    bad: Example::cluster(
        indoc! {r#"
            spec:
              instances: 3
              postgres:
                version: "17.5"
                replication:
                  mode: strict-sync-all
        "#},
        &["spec.postgres.replication"],
    ),
    good: indoc! {r#"
        spec:
          instances: 3
          postgres:
            version: "17.5"
          replication:
            mode: strict-sync-all
    "#},
    checks: &[Check::Manifest(check)],
})
.judges_stopped()
.limitations(
    "Only the top level, and postgres, pods and configurations below spec are checked. An API server has \
    dropped the field before a webhook sees the object, so only files can be judged.",
);

fn check<'a>(object: &'a Body<'a>, problems: &mut Problems<'a>) {
    if !matches!(object.known_kind(), Some(Kind::Cluster | Kind::ShardedCluster)) {
        return;
    }
    tell(&Path::root(), "the top level", &object.unknown, problems);
    let Some(spec) = object.spec.get() else { return };
    let spec_path = Path::of(&["spec"]);
    for (key, unread) in [
        ("postgres", spec.postgres.get().map(|it| &it.unread)),
        ("pods", spec.pods.get().map(|it| &it.unread)),
        ("configurations", spec.configurations.get().map(|it| &it.unread)),
    ] {
        tell(&spec_path.clone().key(key), key, unread.map(Vec::as_slice).unwrap_or_default(), problems);
    }
}

fn tell<'a>(holder: &Path<'a>, called: &str, keys: &'a [Cow<'a, str>], problems: &mut Problems<'a>) {
    for key in keys {
        let (what, help) = if key == "replication" {
            ("replication", "move it below spec".to_owned())
        } else if let Some(field) = Replication::KEYS.iter().find(|field| *field == key) {
            (*field, format!("move it into spec.replication: replication: {{{field}: …}}"))
        } else {
            continue;
        };
        problems
            .at_name(
                holder.clone().key(key),
                format!("{called} has no field {what}: nobody looks for it here"),
            )
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, postgres_config, sharded};

    #[test]
    fn replication_belongs_below_spec() {
        for (spec, at) in [
            ("{postgres: {replication: {mode: sync}}}", &["spec.postgres.replication"][..]),
            ("{pods: {syncInstances: 1, mode: sync}}", &["spec.pods.mode", "spec.pods.syncInstances"]),
            ("{configurations: {replication: {}}}", &["spec.configurations.replication"]),
            (
                "{replication: {mode: sync}, postgres: {version: '16', extensions: []}, pods: {resources: {}}}",
                &[],
            ),
        ] {
            cluster(spec).raises(&RULE, at);
        }
        cluster("{instances: 1}").set("replication", "{mode: sync}").raises(&RULE, &["replication"]);
        cluster("{instances: 1}").set("syncInstances", "2").says(&RULE, "spec.replication");
        sharded("{postgres: {replication: {}}}").raises(&RULE, &["spec.postgres.replication"]);
        postgres_config("{}").set("replication", "{}").raises(&RULE, &[]);
    }
}
