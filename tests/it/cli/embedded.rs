//! Clusters that stand inside other objects: judged at their place, or told of.

use super::{ALONE, OTHER, folder::Folder};

/// A manifest, indented.
fn indented(text: &str, by: usize) -> String {
    let lines = text.lines().map(|line| format!("{:by$}{line}\n", ""));
    lines.collect()
}

#[test]
fn a_cluster_inside_another_object_is_judged_at_its_place() {
    let deep = indented(ALONE, 6);
    let item = format!("    - {}", indented(ALONE, 6).trim_start());
    for (what, text, place) in [
        (
            "an Object of Crossplane",
            format!(
                "apiVersion: kubernetes.crossplane.io/v1alpha2\nkind: Object\nspec:\n  forProvider:\n    manifest:\n{deep}"
            ),
            "11:20",
        ),
        (
            "a ManifestWork",
            format!(
                "apiVersion: work.open-cluster-management.io/v1\nkind: ManifestWork\nspec:\n  workload:\n    manifests:\n{item}"
            ),
            "11:20",
        ),
        (
            "a Template of OpenShift",
            format!("apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n{item}"),
            "9:20",
        ),
        (
            "a play of Ansible",
            format!(
                "- hosts: all\n  tasks:\n  - kubernetes.core.k8s:\n      definition:\n{}",
                indented(ALONE, 8)
            ),
            "10:22",
        ),
        ("a task of Ansible", format!("- k8s:\n    resource_definition:\n{deep}"), "8:20"),
        (
            "a List in a List",
            format!("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n{item}"),
            "12:20",
        ),
    ] {
        let folder = Folder::with(&[("all.yaml", text.as_str())]);
        let said = folder.run("validate -o concise all.yaml");
        said.exits(1, &format!("there is a fault inside {what}"));
        let expected = [format!("all.yaml:{place} error[strict-sync-all-without-standby]")];
        assert_eq!(said.places(), expected, "where it is in {what}\n{text}\n{}", said.out);
        assert!(said.out.contains("1 cluster in 1 document"), "{what} holds one cluster:\n{}", said.out);
        assert!(
            folder.run("explain all.yaml").out.contains("SGCluster alone"),
            "it is explained inside {what}"
        );
        let completed = folder.run("mutate all.yaml").out;
        assert!(completed.contains("role: ha-read"), "it is completed inside {what}:\n{completed}");
    }
}

#[test]
fn an_sgpostgresconfig_inside_another_object_counts() {
    let config = "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {name: fast}\nspec: {postgresql.conf: {fsync: 'off'}}\n";
    let cluster = format!("{}  configurations: {{sgPostgresConfig: fast}}\n", super::SOUND);
    let inside = |text: &str| format!("- k8s:\n    definition:\n{}", indented(text, 6));
    let folder = Folder::with(&[("play.yaml", inside(config) + &inside(&cluster))]);
    let said = folder.run("validate -o jsonl play.yaml").findings();
    assert_eq!(said, ["error fsync-off spec.configurations.sgPostgresConfig"]);
}

#[test]
fn what_is_missing_in_an_embedded_cluster_may_come_from_around_it() {
    let cluster = indented(&ALONE.replace("  instances: 1\n", ""), 6);
    let text = format!("apiVersion: a.b/v1\nkind: Composition\nspec:\n  resources:\n  - base:\n{cluster}");
    let said = Folder::with(&[("all.yaml", &text)]).run("validate -o concise all.yaml");
    assert_eq!(said.places(), ["all.yaml:10:7 warning[invalid-instances]"]);
    let variable = text.replace("      spec:\n", "      spec:\n        instances: ${{N}}\n");
    let open = Folder::with(&[("all.yaml", variable)]).run("validate -o concise all.yaml");
    assert_eq!(open.places(), ["all.yaml:11:20 warning[invalid-instances]"], "{}", open.out);
    assert!(said.out.contains("it stands inside another object, which may complete it"), "{}", said.out);
}

#[test]
fn the_name_of_a_cluster_in_another_object_is_no_cluster() {
    for text in [
        "apiVersion: v1\nkind: Secret\nmetadata:\n  ownerReferences:\n  - {apiVersion: stackgres.io/v1, kind: SGCluster, name: db, uid: a}\n",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n  scaleTargetRef: {apiVersion: stackgres.io/v1, kind: SGCluster, name: db}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: stackgres.io, names: {kind: SGCluster}}\n",
    ] {
        let said = Folder::with(&[("a.yaml", text)]).run("validate a.yaml");
        assert_eq!(
            said.out,
            "0 clusters in 1 document of 1 file: nothing was judged; skipped 1 of other kinds\n"
        );
    }
}

#[test]
fn a_cluster_in_a_text_or_in_values_is_told_of() {
    let json = r#"{"apiVersion":"stackgres.io/v1","kind":"SGCluster","spec":{"instances":1}}"#;
    let told = "; 1 cluster in texts or values not judged\n";
    for (text, is_told) in [
        (format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  db.yaml: |\n{}", indented(ALONE, 4)), true),
        (format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  db.json: '{json}'\n"), true),
        (format!("- k8s:\n    definition: |\n{}", indented(ALONE, 6)), true),
        ("db:\n  instances: 1\n  replication: {mode: strict-sync-all}\n".to_owned(), true),
        (
            "kind: HelmRelease\nspec: {values: {db: {instances: 1, replication: {mode: sync}}}}\n".to_owned(),
            true,
        ),
        (
            "kind: HelmRelease\nspec: {values: {db: {instances: 1, replication: {mode: group}}}}\n"
                .to_owned(),
            false,
        ),
        (ALONE.to_owned(), false),
        (
            format!(
                "{OTHER}  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{json}'\n"
            ),
            false,
        ),
    ] {
        let said = Folder::with(&[("a.yaml", &text)]).run("validate a.yaml").out;
        assert_eq!(said.ends_with(told), is_told, "whether this is told of:\n{text}\n{said}");
    }
}

#[test]
fn what_a_later_key_replaces_is_neither_judged_nor_completed() {
    let item = format!("- {}", indented(ALONE, 2).trim_start());
    let text = format!("kind: Template\nobjects:\n{item}objects: []\n");
    let folder = Folder::with(&[("db.yaml", text.as_str())]);
    let judged = folder.run("validate -o concise");
    assert!(
        !judged.out.contains("db.yaml:"),
        "nothing is said of a cluster that no reader sees:\n{}",
        judged.out
    );
    assert_eq!(folder.run("mutate db.yaml").out, text, "and nothing is filled into it");
}
