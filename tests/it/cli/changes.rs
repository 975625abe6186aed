//! `--old`: what a change would do, held against what is there now.

use super::{ALONE, PAIR, SOUND, folder::Folder};

const CLONE: &str = "warning writes-block-during-clone spec.instances";

/// An SGCluster of this name and namespace.
fn named(manifest: &str, metadata: &str) -> String {
    let name = manifest.lines().find(|line| line.starts_with("  name: ")).unwrap();
    manifest.replace(&format!("{name}\n"), metadata)
}

#[track_caller]
fn says(why: &str, old: &str, new: &str, expected: &[&str]) -> String {
    let folder = Folder::with(&[("old.yaml", old), ("new.yaml", new)]);
    let said = folder.run("validate -o jsonl --old old.yaml new.yaml");
    assert_eq!(said.findings(), expected, "{why}");
    folder.run("validate -o concise --old old.yaml new.yaml").out
}

#[test]
fn the_rules_about_changes_speak() {
    let old = named(PAIR, "  name: c\n");
    let weaker = old.replace("mode: strict-sync", "mode: sync");
    says(
        "from strict-sync to sync durability is weakened",
        &old,
        &weaker,
        &["warning durability-weakened spec.replication.mode"],
    );
    says("nothing changes, and what is new is judged as ever", &weaker, &weaker, &[]);
    let one = named(ALONE, "  name: c\n");
    let three = named(SOUND, "  name: c\n");
    says("from one instance to three every write waits for the first clone", &one, &three, &[CLONE]);
}

#[test]
fn old_objects_match_by_kind_name_and_namespace() {
    let one = |place| named(ALONE, place);
    let three = |place| named(SOUND, place);
    let both = |old: String, other: String| format!("{old}---\n{other}");
    let nowhere = "  name: c\n";
    let (shop, bank) = ("  name: c\n  namespace: shop\n", "  name: c\n  namespace: bank\n");
    let sharded = one(nowhere).replace("v1\nkind: SGCluster", "v1alpha1\nkind: SGShardedCluster");
    for (why, old, new, matches) in [
        ("the same name without a namespace", one(nowhere), three(nowhere), true),
        ("another name", one(nowhere), three("  name: d\n"), false),
        ("the same namespace", one(shop), three(shop), true),
        ("another namespace", one(shop), three(bank), false),
        ("only the old one has a namespace", one(shop), three(nowhere), true),
        ("only the new one has a namespace", one(nowhere), three(shop), true),
        (
            "two old ones, and the new one does not say which",
            both(one(shop), one(bank)),
            three(nowhere),
            false,
        ),
        ("two old ones, and the new one says which", both(one(shop), three(bank)), three(shop), true),
        ("another kind of the same name", sharded, three(nowhere), false),
    ] {
        let expected: &[&str] = if matches { &[CLONE] } else { &[] };
        let said = says(why, &old, &new, expected);
        let is_new = said.contains("1 cluster not in --old, judged as new");
        assert_eq!(is_new, !matches, "{why}: whether it is said that the cluster is judged as new:\n{said}");
    }
}

#[test]
fn an_error_that_was_there_before_is_a_warning_and_says_so() {
    let before = named(ALONE, "  name: c\n");
    let after = before.replace("spec:\n", "spec:\n  profile: testing\n");
    let said = says(
        "the fault is as old as the object",
        &before,
        &after,
        &["warning strict-sync-all-without-standby spec.instances"],
    );
    assert!(
        said.contains("(downgraded: already present before this change)"),
        "the reason is given:\n{said}"
    );
    says(
        "the fault comes with the change",
        &named(SOUND, "  name: c\n"),
        &before,
        &["error strict-sync-all-without-standby spec.instances"],
    );
}

#[test]
fn old_objects_can_be_a_directory_or_a_list() {
    let item = named(ALONE, "  name: c\n").trim_end().replace('\n', "\n  ");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n");
    let folder =
        Folder::with(&[("live/all.yaml", list.as_str()), ("new.yaml", &named(SOUND, "  name: c\n"))]);
    for old in ["live", "live/all.yaml"] {
        let said = folder.run(&format!("validate -o jsonl --old {old} new.yaml"));
        assert_eq!(said.findings(), [CLONE], "what `--old {old}` brings to light");
    }
}

#[test]
fn a_derived_number_follows_the_instances() {
    let old = named(SOUND, "  name: c\n");
    let folder = Folder::with(&[
        ("old.yaml", old.as_str()),
        ("new.yaml", &old.replace("instances: 3", "instances: 5")),
    ]);
    let completed = folder.run("mutate --old old.yaml new.yaml").out;
    assert!(
        completed.contains("    syncInstances: 4\n"),
        "2 was 3 - 1, so 5 - 1 takes its place:\n{completed}"
    );
    let said = folder.run("validate -o jsonl --old old.yaml new.yaml").findings();
    assert_eq!(said, [""; 0], "validate judges the completed object");
}
