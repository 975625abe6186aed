//! `mutate`: the defaults filled in, with comments and layout kept.

use serde_json::{Value, json};

use super::{SOUND, folder::Folder, folder::syncguard};

const PLAIN: &str = "\
# A cluster.
apiVersion: stackgres.io/v1
kind: SGCluster
metadata: {name: c}   # in one line
spec:
    instances: 3

    # Everybody waits.
    replication:
        mode: strict-sync-all   # the strictest
    profile: testing
";

const COMPLETED: &str = "\
# A cluster.
apiVersion: stackgres.io/v1
kind: SGCluster
metadata: {name: c}   # in one line
spec:
    instances: 3

    # Everybody waits.
    replication:
        mode: strict-sync-all   # the strictest
        role: ha-read
        syncInstances: 2
    profile: testing
";

const DIFFERENCE: &str = "\
--- a/db.yaml
+++ b/db.yaml
@@ -8,4 +8,6 @@
     # Everybody waits.
     replication:
         mode: strict-sync-all   # the strictest
+        role: ha-read
+        syncInstances: 2
     profile: testing
";

#[test]
fn the_completed_text_keeps_comments_and_layout() {
    let folder = Folder::with(&[("db.yaml", PLAIN)]);
    for (what, said) in [
        ("by default", folder.run("mutate db.yaml")),
        ("with -o yaml", folder.run("mutate -o yaml db.yaml")),
        ("of standard input", folder.run_with("mutate", PLAIN)),
        ("of standard input by name", folder.run_with("mutate -", PLAIN)),
    ] {
        assert_eq!(said.out, COMPLETED, "the text that is printed {what}\n{}", said.err);
    }
    assert_eq!(folder.read("db.yaml"), PLAIN, "printing changes no file");
    assert_eq!(folder.run("mutate -o diff db.yaml").out, DIFFERENCE);
}

#[test]
fn write_changes_the_files_once() {
    let folder = Folder::with(&[("db.yaml", PLAIN), ("sound.yaml", SOUND)]);
    folder.run("mutate --check .").exits(1, "db.yaml is not complete");
    let said = folder.run("mutate --write .");
    said.exits(0, "it is complete now");
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("", "completed db.yaml\n"),
        "the file that changed is named"
    );
    assert_eq!(folder.read("db.yaml"), COMPLETED);
    assert_eq!(folder.read("sound.yaml"), SOUND, "what is complete stays as it is");
    folder.run("mutate --check .").exits(0, "everything is complete");
    assert_eq!(folder.run("mutate --write .").err, "", "a second time changes nothing");
}

#[test]
fn check_names_the_files_in_which_defaults_are_missing() {
    let folder = Folder::with(&[("db.yaml", PLAIN), ("sound.yaml", SOUND)]);
    let said = folder.run("mutate --check db.yaml sound.yaml");
    assert_eq!(
        said.exits(1, "db.yaml is not complete").out,
        "db.yaml: defaults would be filled in; syncguard mutate -o diff shows them\n"
    );
    assert_eq!(folder.read("db.yaml"), PLAIN, "--check changes no file");
}

#[test]
fn the_json_patch_of_each_object_is_printed() {
    let folder = Folder::with(&[("db.yaml", PLAIN), ("sound.yaml", SOUND)]);
    let patches = |said: super::folder::Said| serde_json::from_str::<Value>(&said.out).unwrap();
    let object = json!({ "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "name": "c" });
    let patch = json!([
        { "op": "add", "path": "/spec/replication/role", "value": "ha-read" },
        { "op": "add", "path": "/spec/replication/syncInstances", "value": 2 },
    ]);
    let expected = json!([{ "file": "db.yaml", "object": object, "patch": patch }]);
    assert_eq!(patches(folder.run("mutate -o json-patch .")), expected);
    let expected = json!([{ "object": object, "patch": patch }]);
    assert_eq!(
        patches(folder.run_with("mutate -o json-patch", PLAIN)),
        expected,
        "standard input has no file"
    );
    assert_eq!(patches(folder.run("mutate -o json-patch sound.yaml")), json!([]), "nothing is missing");
}

#[test]
fn every_layout_is_kept() {
    let flow =
        "{apiVersion: stackgres.io/v1, kind: SGCluster, spec: {instances: 2, replication: {mode: sync}}}\n";
    let json = "{\n  \"apiVersion\": \"stackgres.io/v1\",\n  \"kind\": \"SGCluster\",\n  \"spec\": {\n    \"instances\": 2\n  }\n}\n";
    let completed_json = json.replace(
        "\"instances\": 2\n",
        "\"instances\": 2,\n    \"replication\": {\"mode\": \"async\", \"role\": \"ha-read\"}\n",
    );
    for (what, file, text, expected) in [
        ("Windows line ends", "db.yaml", PLAIN.replace('\n', "\r\n"), COMPLETED.replace('\n', "\r\n")),
        ("a byte order mark", "db.yaml", format!("\u{feff}{PLAIN}"), format!("\u{feff}{COMPLETED}")),
        (
            "documents of other kinds around",
            "db.yaml",
            format!("a: [1,  2]  # x\n---\n{PLAIN}---\n# end\n"),
            format!("a: [1,  2]  # x\n---\n{COMPLETED}---\n# end\n"),
        ),
        (
            "a flow mapping",
            "db.yaml",
            flow.to_owned(),
            flow.replace("mode: sync", r#"mode: sync, "role": "ha-read", "syncInstances": 1"#),
        ),
        ("JSON", "db.json", json.to_owned(), completed_json),
        ("no replication at all, and no newline at the end", "db.yaml",
            "apiVersion: stackgres.io/v1\nkind: SGCluster\nspec:\n  instances: 2".to_owned(),
            "apiVersion: stackgres.io/v1\nkind: SGCluster\nspec:\n  instances: 2\n  replication:\n    mode: async\n    role: ha-read".to_owned()),
    ] {
        let folder = Folder::with(&[(file, text)]);
        folder.run(&format!("mutate --write {file}")).exits(0, what);
        assert_eq!(folder.read(file), expected, "{what}");
    }
}

#[test]
fn the_items_of_a_list_and_the_object_of_a_review_are_completed() {
    let item = PLAIN.lines().skip(1).collect::<Vec<_>>().join("\n  ");
    let folder = Folder::with(&[("all.yaml", format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n"))]);
    let said = folder.run("mutate all.yaml").out;
    assert!(
        said.contains("          role: ha-read\n          syncInstances: 2\n"),
        "the item of the list:\n{said}"
    );
    let said = syncguard("mutate --check examples/strict-sync-all.yaml examples/strict-sync-all.review.json");
    said.exits(0, "the documentation's example says everything");
}

#[test]
fn several_files_make_one_stream_of_documents() {
    let folder = Folder::with(&[
        ("a.yaml", SOUND),
        ("b.yaml", SOUND.trim_end()),
        ("c.yaml", &format!("---\n{SOUND}")),
        ("d.json", r#"{"a": 1}"#),
    ]);
    let stream = folder.run("mutate .").out;
    assert_eq!(stream, format!("{SOUND}---\n{SOUND}---\n{SOUND}---\n{}", r#"{"a": 1}"#));
}

#[test]
fn one_file_that_cannot_be_edited_keeps_none_of_the_others_from_it() {
    let aliased = "apiVersion: stackgres.io/v1\nkind: SGCluster\nx: &r {mode: Sync}\nspec: {instances: 3, replication: *r}\n";
    let mistyped = SOUND.replace("strict-sync-all", "strict_sync_all");
    let folder = Folder::with(&[("a.yaml", aliased), ("b.yaml", mistyped.as_str())]);
    let said = folder.run("validate --fix -o concise .");
    said.exits(2, "not everything could be fixed; the fault is still found");
    assert!(said.err.contains("not fixed: a.yaml"), "it is said which file was not: {}", said.err);
    assert_eq!(folder.read("b.yaml"), SOUND, "the other one is fixed");
    let incomplete = SOUND.replace("    role: ha-read\n", "");
    let folder = Folder::with(&[("a.yaml", aliased), ("b.yaml", incomplete.as_str())]);
    let said = folder.run("mutate --write .");
    said.exits(2, "not everything could be completed");
    assert!(folder.read("b.yaml").contains("role: ha-read"), "the other one is completed");
}

#[test]
fn one_document_that_cannot_be_edited_keeps_none_of_the_others_from_it() {
    let aliased = "apiVersion: stackgres.io/v1\nkind: SGCluster\nx: &r {mode: Sync}\nspec: {instances: 3, replication: *r}\n";
    let incomplete = SOUND.replace("    role: ha-read\n", "");
    let text = format!("{aliased}---\n{incomplete}");
    for how in
        ["mutate db.yaml", "mutate -o diff db.yaml", "mutate --check db.yaml", "mutate --write db.yaml"]
    {
        let folder = Folder::with(&[("db.yaml", text.as_str())]);
        let said = folder.run(how);
        said.exits(2, "not everything could be completed");
        assert!(
            said.err.contains("db.yaml: the document on line 1: "),
            "{how} says which was not: {}",
            said.err
        );
        let done = format!("{}{}", said.out, folder.read("db.yaml"));
        let is_told = how.contains("--check") && said.out.contains("db.yaml: defaults would be filled in");
        assert!(is_told || done.contains("    role: ha-read\n"), "{how} does the other one: {done}");
    }
    let mistyped = format!("{aliased}---\n{}", SOUND.replace("strict-sync-all", "strict_sync_all"));
    let folder = Folder::with(&[("db.yaml", mistyped.as_str())]);
    folder.run("validate --fix db.yaml").exits(2, "not everything could be fixed");
    assert_eq!(folder.read("db.yaml"), format!("{aliased}---\n{SOUND}"), "the other one is fixed");
    let folder = Folder::with(&[("db.yaml", mistyped.as_str())]);
    let said = folder.run("validate --diff db.yaml");
    said.exits(2, "not everything could be fixed");
    assert!(said.out.contains("+    mode: strict-sync-all\n"), "and shown: {}", said.out);
}

#[test]
fn fixing_goes_on_until_nothing_is_left_to_fix() {
    let twice = SOUND.replace("strict-sync-all", "sync_all").replace("syncInstances: 2", "syncInstances: 7");
    let folder = Folder::with(&[("db.yaml", twice.as_str())]);
    folder.run("validate --fix db.yaml").exits(0, "one run is enough");
    assert_eq!(folder.run("validate --diff db.yaml").exits(0, "a second run changes nothing").out, "");
    let fixed = folder.read("db.yaml");
    assert!(
        fixed.contains("mode: sync-all\n") && !fixed.contains("syncInstances: 7"),
        "both are fixed: {fixed}"
    );
}

#[test]
fn a_comment_stays_where_it_accepts_a_finding() {
    let text = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata:\n  name: c\nspec:\n  instances: 2\n  configurations:\n    # sgPostgresConfig: x\n  replication: {} # syncguard: ignore[x] y\n";
    let folder = Folder::with(&[("db.yaml", text)]);
    folder.run("mutate --write db.yaml").exits(0, "it can be completed");
    let expected = text.replace(
        "replication: {} # syncguard: ignore[x] y\n",
        "replication: # syncguard: ignore[x] y\n    mode: async\n    role: ha-read\n",
    );
    assert_eq!(folder.read("db.yaml"), expected);
}

#[test]
fn what_is_meant_and_cannot_be_read_is_refused_in_every_form() {
    let tab = SOUND.replace("    mode", "\tmode");
    let folder = Folder::with(&[("db.yaml", tab.as_str()), ("notes.yaml", "greeting: [\n")]);
    for how in [
        "mutate .",
        "mutate --check .",
        "mutate -o diff .",
        "mutate -o json-patch .",
        "mutate -o json-patch db.yaml",
    ] {
        let said = folder.run(how);
        said.exits(2, "nobody can say what is missing in it");
        assert!(said.err.contains("db.yaml:8:"), "{how} says where: {}", said.err);
    }
}
