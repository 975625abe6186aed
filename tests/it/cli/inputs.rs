//! Which texts are judged: directories with what they leave out, standard input, lists, and what lies beside.

use super::{ALONE, OTHER, SOUND, folder::Folder};

const RULE: &str = "error[strict-sync-all-without-standby]";

#[track_caller]
fn judges(folder: &Folder, arguments: &str, files: &[&str]) {
    let expected: Vec<_> = files.iter().map(|file| format!("{file}:6:14 {RULE}")).collect();
    let said = folder.run(&format!("validate -o concise {arguments}"));
    assert_eq!(
        said.places(),
        expected,
        "the files that `validate {arguments}` judges\n{}{}",
        said.out,
        said.err
    );
}

#[test]
fn a_directory_is_searched_through_but_for_what_is_excluded() {
    let folder = Folder::with(&[
        ("b.yaml", ALONE),
        ("a.yml", ALONE),
        ("deep/er/c.JSON", ALONE),
        ("deep/d.yaml", ALONE),
        ("notes.txt", ALONE),
        (".hidden/e.yaml", ALONE),
        ("generated/f.yaml", ALONE),
        (".gitignore", "generated/\n"),
    ]);
    let all = ["a.yml", "b.yaml", "deep/d.yaml", "deep/er/c.JSON"];
    judges(&folder, ".", &all);
    judges(&folder, "deep", &all[2..]);
    judges(&folder, "b.yaml a.yml", &["b.yaml", "a.yml"]);
    judges(&folder, "generated/f.yaml notes.txt", &["generated/f.yaml", "notes.txt"]);
    for (arguments, files) in [
        ("--exclude deep", &all[..2]),
        ("--exclude deep/", &all[..2]),
        ("--exclude *.yaml", &["a.yml", "deep/er/c.JSON"]),
        ("--exclude deep/d.yaml --exclude a.yml", &["b.yaml", "deep/er/c.JSON"]),
        ("--exclude **/er/**", &["a.yml", "b.yaml", "deep/d.yaml"]),
    ] {
        judges(&folder, &format!("{arguments} ."), files);
    }
}

#[test]
fn standard_input_is_judged_and_can_be_named() {
    let folder = Folder::with(&[("b.yaml", ALONE)]);
    for (arguments, expected) in [
        ("validate -o concise", vec!["<stdin>:6:14"]),
        ("validate -o concise -", vec!["<stdin>:6:14"]),
        ("validate -o concise --stdin-filename chart/db.yaml", vec!["chart/db.yaml:6:14"]),
        ("validate -o concise b.yaml -", vec!["b.yaml:6:14", "<stdin>:6:14"]),
    ] {
        let expected: Vec<_> = expected.iter().map(|place| format!("{place} {RULE}")).collect();
        assert_eq!(folder.run_with(arguments, ALONE).places(), expected, "what `{arguments}` judges");
    }
    let said = folder.run_with("validate --stdin-filename chart/db.yaml", ALONE).out;
    assert!(said.contains("--> chart/db.yaml:6:14"), "the name stands in the full output too:\n{said}");
}

const KUSTOMIZATION: &str = "\
resources:
- base.yaml
patches:
- path: patches/one.yaml
- path: ./patches/../two.yaml
  target: {kind: SGCluster}
- patch: |-
    - op: replace
      path: /spec/instances
      value: 3
patchesStrategicMerge:
- three.yaml
patchesJson6902:
- path: four.yaml
  target: {kind: SGCluster, name: c, version: v1}
";

#[test]
fn patches_of_a_kustomization_are_fragments_and_not_judged() {
    let patch = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {name: alone}\nspec: {replication: {mode: sync}}\n";
    let operations = "- op: replace\n  path: /spec/instances\n  value: 3\n";
    let folder = Folder::with(&[
        ("over/kustomization.yaml", KUSTOMIZATION),
        ("over/base.yaml", ALONE),
        ("over/patches/one.yaml", patch),
        ("over/two.yaml", patch),
        ("over/three.yaml", patch),
        ("over/four.yaml", operations),
        ("five.yaml", patch),
    ]);
    judges(&folder, "over", &["over/base.yaml"]);
    let said = folder.run("validate -o concise .");
    let others: Vec<_> =
        said.places().into_iter().filter(|place| !place.starts_with("over/base.yaml")).collect();
    assert_eq!(
        others,
        ["five.yaml:4:1 error[invalid-instances]"],
        "no kustomization names it, so it is a manifest"
    );
    let said = folder.run("validate -o concise over/two.yaml").places();
    assert_eq!(said, ["over/two.yaml:4:1 error[invalid-instances]"], "named alone it is what it is");
    let yml = Folder::with(&[("kustomization.yml", "patches:\n- path: p.yaml\n"), ("p.yaml", patch)]);
    judges(&yml, ".", &[]);
}

#[test]
fn what_is_none_of_ours_is_skipped_and_counted() {
    for (what, text, skipped) in [
        ("another kind", OTHER, 1),
        ("an SGCluster without apiVersion", "kind: SGCluster\nspec: {instances: -1}\n", 1),
        ("values of a chart", "replication:\n  mode: sometimes\n", 1),
        ("a scalar", "hello\n", 1),
        ("a list of values", "- 1\n- 2\n", 1),
        ("nothing at all", "# nothing\n---\n", 0),
    ] {
        let folder = Folder::with(&[("db.yaml", text)]);
        let said = folder.run("validate db.yaml");
        said.exits(0, &format!("{what} is not judged"));
        let rest = if skipped == 0 { String::new() } else { format!("; skipped {skipped} of other kinds") };
        assert!(
            said.out.ends_with(&format!("of 1 file: nothing was judged{rest}\n")),
            "the summary of {what}: {}",
            said.out
        );
    }
}

#[test]
fn a_template_in_a_directory_is_skipped_unless_it_is_meant() {
    let template = "replicas: {{ .Values.replicas }\nother: [\n";
    let folder = Folder::with(&[("templates/values.yaml", template), ("db.yaml", ALONE)]);
    judges(&folder, ".", &["db.yaml"]);
    let said = folder.run("validate -o jsonl templates/values.yaml").findings();
    assert_eq!(said, ["error invalid-yaml"], "a file that somebody names is judged");
    let ours = Folder::with(&[("db.yaml", format!("{ALONE}{template}"))]);
    let said = ours.run("validate -o jsonl .").findings();
    assert_eq!(said, ["error invalid-yaml"], "a file that speaks of an SGCluster is judged");
}

#[test]
fn the_items_of_lists_are_judged_one_by_one() {
    let item = |text: &str| format!("- {}\n", text.trim_end().replace('\n', "\n  "));
    let items = [OTHER, SOUND, ALONE].map(item).concat();
    for head in ["apiVersion: v1\nkind: List", "apiVersion: stackgres.io/v1\nkind: SGClusterList"] {
        let folder = Folder::with(&[("all.yaml", format!("{head}\nitems:\n{items}"))]);
        let said = folder.run("validate -o jsonl all.yaml").findings();
        assert_eq!(
            said,
            ["error strict-sync-all-without-standby spec.instances"],
            "the findings of a {head:?}"
        );
    }
}

const CONFIG: &str = "\
apiVersion: stackgres.io/v1
kind: SGPostgresConfig
metadata:
  name: fast
spec:
  postgresql.conf:
    work_mem: 64MB
    synchronous_commit: 'off'
";

fn using_config(namespace: &str) -> String {
    let named = SOUND.replace("  name: sound\n", &format!("  name: sound\n{namespace}"));
    format!("{named}  configurations:\n    sgPostgresConfig: fast\n")
}

#[test]
fn an_sgpostgresconfig_anywhere_in_the_input_is_used_and_shown() {
    let folder = Folder::with(&[("z/config.yaml", CONFIG), ("a/db.yaml", &using_config(""))]);
    let expected = ["a/db.yaml:12:23 error[synchronous-commit-off]"];
    for paths in [".", "a z", "z a", "a/db.yaml z/config.yaml"] {
        let said = folder.run(&format!("validate -o concise {paths}"));
        assert_eq!(said.places(), expected, "the findings of `validate {paths}`");
    }
    let full = folder.run("validate .").out;
    let label = "\
  ::: z/config.yaml:8:25
   |
 8 |     synchronous_commit: 'off'
   |                         ----- set in SGPostgresConfig fast
";
    assert!(full.contains(label), "the second label is at the parameter in the other file:\n{full}");
    assert_eq!(folder.run("validate -o concise a").places(), [""; 0], "without the config nothing is known");
}

#[test]
fn an_sgpostgresconfig_is_that_of_the_clusters_namespace() {
    for (of_config, of_cluster, is_used) in [
        ("", "", true),
        ("  namespace: shop\n", "  namespace: shop\n", true),
        ("  namespace: shop\n", "", true),
        ("", "  namespace: shop\n", true),
        ("  namespace: shop\n", "  namespace: bank\n", false),
    ] {
        let config = CONFIG.replace("  name: fast\n", &format!("  name: fast\n{of_config}"));
        let folder = Folder::with(&[("all.yaml", format!("{config}---\n{}", using_config(of_cluster)))]);
        let said = folder.run("validate -o jsonl all.yaml").findings();
        let expected: &[&str] = if is_used {
            &["error synchronous-commit-off spec.configurations.sgPostgresConfig"]
        } else {
            &[]
        };
        assert_eq!(said, expected, "a config in {of_config:?} for a cluster in {of_cluster:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_directory_of_links_is_judged_as_its_files_are() {
    let folder = Folder::with(&[("elsewhere/db.yaml", ALONE), ("mounted/notes.txt", "nothing")]);
    std::os::unix::fs::symlink("../elsewhere/db.yaml", folder.path().join("mounted/db.yaml")).unwrap();
    folder.run("validate mounted").exits(1, "a mounted ConfigMap is a directory of links");
}

#[test]
fn foreign_texts_in_a_directory_are_skipped_however_they_are_unreadable() {
    let folder = Folder::with(&[("db.yaml", SOUND.as_bytes()), ("values.yaml", &b"greeting: caf\xe9\n"[..])]);
    folder.run("validate .").exits(0, "nobody meant values.yaml to be judged");
    folder.run("validate values.yaml").exits(1, "somebody did now");
}

#[test]
fn what_cannot_be_read_of_the_old_objects_is_told_with_its_line() {
    let old = format!("{SOUND}---\n{}", SOUND.replace("    mode", "\tmode"));
    let folder = Folder::with(&[("old.yaml", old.as_str()), ("new.yaml", SOUND)]);
    let said = folder.run("validate --old old.yaml new.yaml");
    said.exits(2, "nothing can be said of changes");
    assert!(said.err.contains("line 19"), "{}", said.err);
}
