//! `--severity` and `--settings`: a configured severity replaces every default of its rule.

use super::{ALONE, PAIR, folder::Folder};

const ALONE_IS: &str = "strict-sync-all-without-standby spec.instances";
const PAIR_IS: &str = "strict-with-one-standby spec.instances";

#[test]
fn severities_come_from_the_settings_and_then_from_the_flags() {
    let folder = Folder::with(&[
        ("all.yaml", format!("{ALONE}---\n{PAIR}")),
        (
            "settings.yaml",
            "rules:\n  strict-with-one-standby: error\n  strict-sync-all-without-standby: off\n".to_owned(),
        ),
    ]);
    for (arguments, alone, pair) in [
        ("", "error", "warning"),
        ("--severity strict-with-one-standby=error", "error", "error"),
        ("--severity strict-sync-all-without-standby=warning", "warning", "warning"),
        (
            "--severity strict-sync-all-without-standby=off --severity strict-with-one-standby=error",
            "off",
            "error",
        ),
        ("--settings settings.yaml", "off", "error"),
        ("--settings settings.yaml --severity strict-with-one-standby=off", "off", "off"),
        ("--severity strict-with-one-standby=off --severity strict-with-one-standby=error", "error", "error"),
    ] {
        let said = folder.run(&format!("validate -o jsonl {arguments} all.yaml"));
        let expected: Vec<_> = [(alone, ALONE_IS), (pair, PAIR_IS)]
            .iter()
            .filter(|(severity, _)| *severity != "off")
            .map(|(severity, rule)| format!("{severity} {rule}"))
            .collect();
        assert_eq!(said.findings(), expected, "the findings with {arguments:?}\n{}", said.err);
    }
}

#[test]
fn settings_say_whether_the_annotation_counts_and_whether_numbers_are_derived() {
    let annotated = PAIR.replace(
        "  name: pair\n",
        "  name: pair\n  annotations: {syncguard.dev/ignore: strict-with-one-standby}\n",
    );
    let folder = Folder::with(&[
        ("db.yaml", annotated.as_str()),
        ("all.yaml", &super::SOUND.replace("    syncInstances: 2\n", "")),
        ("deaf.yaml", "honorIgnores: false\n"),
        ("plain.yaml", "deriveSyncInstances: false\n"),
    ]);
    assert_eq!(
        folder.run("validate -o jsonl db.yaml").findings(),
        [""; 0],
        "the author of a file is trusted"
    );
    assert_eq!(
        folder.run("validate -o jsonl --settings deaf.yaml db.yaml").findings(),
        ["warning strict-with-one-standby spec.instances"],
        "unless the settings say otherwise"
    );
    let derived = folder.run("mutate all.yaml").out;
    assert!(derived.contains("syncInstances: 2"), "n - 1 is derived:\n{derived}");
    let plain = folder.run("mutate --settings plain.yaml all.yaml").out;
    assert!(!plain.contains("syncInstances"), "unless the settings say otherwise:\n{plain}");
}

#[test]
fn fix_writes_what_is_safe_and_diff_only_shows_it() {
    let text = "\
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: c
spec:
  instances: 3   # three
  replication:
    mode: strict_sync_all  # all of them
    role: ha-raed
    syncInstances: 2
";
    let fixed = text.replace("strict_sync_all", "strict-sync-all").replace("ha-raed", "ha-read");
    let folder = Folder::with(&[("db.yaml", text), ("sound.yaml", super::SOUND)]);
    let said = folder.run("validate --diff .");
    said.exits(1, "--fix would change something");
    let expected = "\
--- a/db.yaml
+++ b/db.yaml
@@ -5,6 +5,6 @@
 spec:
   instances: 3   # three
   replication:
-    mode: strict_sync_all  # all of them
-    role: ha-raed
+    mode: strict-sync-all  # all of them
+    role: ha-read
     syncInstances: 2
";
    assert_eq!(said.out, expected, "the difference that --fix would make");
    assert_eq!(folder.read("db.yaml"), text, "--diff changes nothing");
    let said = folder.run("validate --fix -o jsonl db.yaml sound.yaml");
    said.exits(0, "what is fixed is not found any more");
    assert_eq!(said.findings(), [""; 0], "what remains is judged");
    assert!(
        said.err.contains("in db.yaml") && !said.err.contains("sound.yaml"),
        "it is said what was fixed: {}",
        said.err
    );
    assert_eq!(folder.read("db.yaml"), fixed, "comments and layout stay");
    folder.run("validate --diff .").exits(0, "there is nothing left to fix");
}

#[test]
fn fix_leaves_alone_what_a_comment_or_an_annotation_accepts() {
    const ID: &str = "ignored-sync-instances";
    let stale = super::SOUND.replace("syncInstances: 2", "syncInstances: 1");
    for (why, text, is_fixed) in [
        ("nobody accepts it", stale.clone(), true),
        (
            "a comment accepts it",
            stale.replace("es: 1\n", &format!("es: 1 # syncguard: ignore[{ID}]\n")),
            false,
        ),
        (
            "a comment above accepts it",
            stale.replace("    sync", &format!("    # syncguard: ignore[{ID}]\n    sync")),
            false,
        ),
        (
            "an annotation accepts it",
            stale.replace(
                "name: sound\n",
                &format!("name: sound\n  annotations: {{syncguard.dev/ignore: {ID}}}\n"),
            ),
            false,
        ),
        (
            "an annotation accepts it, though it stays a finding",
            super::SOUND.replace("strict-sync-all", "strict_sync_all").replace(
                "name: sound\n",
                "name: sound\n  annotations: {syncguard.dev/ignore: unknown-replication-mode}\n",
            ),
            false,
        ),
        (
            "a comment accepts something else",
            stale.replace("es: 1\n", "es: 1 # syncguard: ignore[fsync-off]\n"),
            true,
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", format!("{}---\n{text}", super::OTHER))]);
        let said = folder.run("validate --diff db.yaml");
        said.exits(
            i32::from(is_fixed),
            &format!("{why}, so that --fix {} it", if is_fixed { "changes" } else { "keeps" }),
        );
    }
}

#[test]
fn fix_needs_files_and_leaves_alone_what_it_cannot_know() {
    let folder = Folder::with(&[("alone.yaml", ALONE)]);
    let said = folder.run_with("validate --fix", ALONE);
    said.exits(2, "standard input cannot be changed");
    assert!(said.err.contains("use --diff"), "it is said what to do instead: {}", said.err);
    folder.run("validate --fix alone.yaml").exits(1, "nobody can know how many pods there should be");
    assert_eq!(folder.read("alone.yaml"), ALONE);
    let mistyped = super::SOUND.replace("strict-sync-all", "strict_sync_all");
    let said = folder.run_with("validate --diff", mistyped);
    said.exits(1, "--diff shows what would change in standard input");
    assert!(said.out.contains("+    mode: strict-sync-all\n"), "the difference:\n{}", said.out);
}
