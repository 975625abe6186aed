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
        ["five.yaml:4:1 warning[invalid-instances]"],
        "no kustomization names it, so it is judged"
    );
    let said = folder.run("validate -o concise over/two.yaml").places();
    assert_eq!(
        said,
        ["over/two.yaml:4:1 warning[invalid-instances]"],
        "named alone it is what it is: a fragment"
    );
    let yml = Folder::with(&[("kustomization.yml", "patches:\n- path: p.yaml\n"), ("p.yaml", patch)]);
    judges(&yml, ".", &[]);
}

#[test]
fn what_is_none_of_ours_is_skipped_and_counted() {
    for (what, text, skipped) in [
        ("another kind", OTHER, 1),
        ("values of a chart for an SGCluster", "kind: SGCluster\nreplication: {mode: sometimes}\n", 1),
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

#[test]
fn the_items_of_a_typed_list_need_not_say_what_they_are() {
    let items = [SOUND, ALONE].map(|text| {
        let untyped: Vec<_> = text.lines().skip(2).collect();
        format!("- {}\n", untyped.join("\n  "))
    });
    let list = format!("apiVersion: stackgres.io/v1\nkind: SGClusterList\nitems:\n{}", items.concat());
    let folder = Folder::with(&[
        ("all.yaml", list.as_str()),
        ("new.yaml", &ALONE.replace("instances: 1", "instances: 3")),
    ]);
    let said = folder.run("validate -o json all.yaml");
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["findings"][0]["rule"], "strict-sync-all-without-standby");
    assert_eq!(report["findings"][0]["object"]["kind"], "SGCluster");
    assert_eq!(report["summary"]["clusters"], 2);
    assert_eq!(report["summary"]["not_judged_inside"], 0);
    let said = folder.run("validate -o jsonl --old all.yaml new.yaml").findings();
    assert_eq!(said, ["warning writes-block-during-clone spec.instances"], "they are old objects, too");
    assert!(folder.run("explain all.yaml").out.contains("SGCluster sound"), "explain knows them");
    assert!(folder.run("mutate all.yaml").out.contains("role: ha-read"), "mutate completes them");
}

#[test]
fn three_dashes_that_are_glued_to_a_document_are_an_error() {
    let glued = format!("{SOUND}---{ALONE}");
    let folder = Folder::with(&[("db.yaml", glued.as_str()), ("first.yaml", &format!("---{ALONE}"))]);
    let said = folder.run("validate -o concise db.yaml first.yaml").places();
    assert_eq!(
        said,
        ["db.yaml:11:4 error[invalid-yaml]", "first.yaml:1:4 error[invalid-yaml]"],
        "kubectl drops the rest of such a line"
    );
    for command in ["mutate", "explain"] {
        folder.run(&format!("{command} first.yaml")).exits(2, "it cannot be read");
    }
}

#[test]
fn variables_count_with_their_defaults_and_that_is_said() {
    let text = ALONE
        .replace("instances: 1", "instances: ${REPLICAS:=1} # of them")
        .replace("mode: strict-sync-all", "mode: ${MODE:-strict-sync-all}");
    let folder = Folder::with(&[("db.yaml", text)]);
    let said = folder.run("validate -o concise db.yaml");
    assert_eq!(said.places(), ["db.yaml:6:14 error[strict-sync-all-without-standby]"]);
    assert!(said.out.ends_with("; 2 variables judged by their defaults\n"), "{}", said.out);
    let full = folder.run("validate db.yaml").out;
    assert!(
        full.contains("instances: ${REPLICAS:=1} # of them"),
        "the line is shown as it is written:\n{full}"
    );
    folder.run("explain db.yaml").exits(0, "it can be explained");
    let without = Folder::with(&[("db.yaml", ALONE.replace("instances: 1", "instances: ${REPLICAS}"))]);
    let said = without.run("validate -o jsonl db.yaml").findings();
    assert_eq!(said, ["error invalid-instances spec.instances"], "without a default nobody knows");
}

const COMPLETE: &str = "\
apiVersion: stackgres.io/v1
kind: SGCluster
metadata: {name: base}
spec:
  postgres: {version: '17'}
  pods: {persistentVolume: {size: 1Gi}}
  replication: {mode: strict-sync-all}
";

#[test]
fn what_is_missing_in_a_fragment_is_a_warning() {
    let patch = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {name: a}\nspec: {replication: {mode: sync}}\n";
    let directive = COMPLETE.replace("spec:\n", "spec:\n  $patch: replace\n");
    let two_errors = COMPLETE.replace("strict-sync-all", "sometimes");
    for (why, files, code) in [
        ("a manifest that forgets it", vec![("db.yaml", COMPLETE)], 1),
        ("a base", vec![("db.yaml", COMPLETE), ("kustomization.yaml", "resources:\n- ./db.yaml\n")], 0),
        (
            "a base of another",
            vec![("db.yaml", COMPLETE), ("kustomization.yaml", "resources:\n- other.yaml\n")],
            1,
        ),
        ("a patch by itself", vec![("db.yaml", patch)], 0),
        ("a patch with a directive", vec![("db.yaml", directive.as_str())], 0),
        (
            "what is wrong in a base",
            vec![("db.yaml", &two_errors), ("kustomization.yml", "resources: \n  - db.yaml\n")],
            1,
        ),
    ] {
        let folder = Folder::with(&files);
        let said = folder.run("validate -o concise db.yaml");
        said.exits(code, &format!("instances is missing in {why}"));
        let is_told = said.out.contains("looks like a fragment");
        assert_eq!(
            is_told,
            !(code == 1 && files[0].1 == COMPLETE),
            "whether {why} looks like one:\n{}",
            said.out
        );
    }
    let folder = Folder::with(&[("db.yaml", COMPLETE), ("kustomization.yaml", "resources:\n- db.yaml\n")]);
    let said = folder.run("explain -o json .").out;
    assert!(!said.contains("invalid-instances"), "explain calls it no error either:\n{said}");
    let said = Folder::with::<&str>(&[]).run_with("validate", patch);
    said.exits(1, "what a program has rendered is complete");
}

#[test]
fn a_type_that_is_nearly_ours_is_a_finding() {
    for (what, text, code, place) in [
        ("a mistyped kind", SOUND.replace("kind: SGCluster", "kind: SgCluster"), 1, "2:7 error"),
        ("no kind", SOUND.replace("kind: SGCluster\n", ""), 1, "1:13 error"),
        ("no apiVersion", SOUND.replace("apiVersion: stackgres.io/v1\n", ""), 0, "1:7 warning"),
        ("a mistyped apiVersion", SOUND.replace("stackgres.io", "stackgres"), 0, "1:13 warning"),
    ] {
        let folder = Folder::with(&[("db.yaml", &text)]);
        let said = folder.run("validate -o concise db.yaml");
        said.exits(code, &format!("there is {what}"));
        assert_eq!(said.places(), [format!("db.yaml:{place}[unknown-kind]")], "{what}\n{}", said.out);
        assert!(said.out.contains("SGCluster"), "the right name is given:\n{}", said.out);
        let accepted = format!("# syncguard: ignore[unknown-kind] it is a test\n{text}");
        let line = if text.starts_with("apiVersion") && code == 1 && what == "a mistyped kind" {
            None
        } else {
            Some(accepted)
        };
        if let Some(accepted) = line {
            let said = Folder::with(&[("db.yaml", accepted)]).run("validate --fail-on error db.yaml");
            said.exits(0, &format!("a comment accepts {what}"));
        }
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
