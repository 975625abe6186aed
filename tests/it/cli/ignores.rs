//! What the author of a file accepts: comments, the annotation, and those of them that hide nothing.

use super::{ALONE, PAIR, folder::Folder};

/// A manifest with the line `spec.instances` replaced, or with metadata added.
fn with_instances(manifest: &str, line: &str) -> String {
    let present = manifest.lines().find(|line| line.starts_with("  instances")).unwrap();
    manifest.replace(present, line)
}

fn annotated(manifest: &str, annotation: &str) -> String {
    manifest.replace(
        "metadata:\n",
        &format!("metadata:\n  annotations:\n    syncguard.dev/ignore: {annotation:?}\n"),
    )
}

const ERROR: &str = "error strict-sync-all-without-standby spec.instances";
const SOFTENED: &str = "warning strict-sync-all-without-standby spec.instances";
const UNUSED: &str = "warning unused-ignore";
const UNUSED_ANNOTATION: &str = r#"warning unused-ignore metadata.annotations["syncguard.dev/ignore"]"#;
const WARNING: &str = "warning strict-with-one-standby spec.instances";

fn check(why: &str, text: String, expected: &[&str]) {
    let folder = Folder::with(&[("db.yaml", text)]);
    let mut said = folder.run("validate -o jsonl db.yaml").findings();
    said.sort();
    assert_eq!(said, expected, "{why}");
}

#[test]
fn a_comment_downgrades_errors() {
    for (why, lines, expected) in [
        ("nothing is ignored", "  instances: 1", ERROR),
        (
            "at the end of the line",
            "  instances: 1 # syncguard: ignore[strict-sync-all-without-standby] a test",
            SOFTENED,
        ),
        (
            "on the line above",
            "  # syncguard: ignore[strict-sync-all-without-standby] a test\n  instances: 1",
            SOFTENED,
        ),
        (
            "above, with another comment between",
            "  # syncguard: ignore[strict-sync-all-without-standby]\n  # one\n  instances: 1",
            SOFTENED,
        ),
    ] {
        check(why, with_instances(ALONE, lines), &[expected]);
    }
}

#[test]
fn a_comment_hides_warnings() {
    let at_the_end = |comment: &str| with_instances(PAIR, &format!("  instances: 2 # {comment}"));
    for (why, text, expected) in [
        ("a warning vanishes", at_the_end("syncguard: ignore[strict-with-one-standby]"), &[][..]),
        (
            "several rules, one of which says nothing here",
            at_the_end("syncguard: ignore[fsync-off, strict-with-one-standby]"),
            &[UNUSED],
        ),
        (
            "on another line it hides nothing",
            PAIR.replace("replication:", "replication: # syncguard: ignore[strict-with-one-standby]"),
            &[WARNING, UNUSED],
        ),
        (
            "a line too far above it hides nothing",
            PAIR.replace("spec:", "# syncguard: ignore[strict-with-one-standby]\nspec:"),
            &[WARNING, UNUSED],
        ),
        (
            "a rule that does not exist",
            at_the_end("syncguard: ignore[strict-with-one-stanby]"),
            &[WARNING, UNUSED],
        ),
        ("other comments mean nothing", at_the_end("ignore[strict-with-one-standby]"), &[WARNING]),
        (
            "Windows line ends",
            at_the_end("syncguard: ignore[strict-with-one-standby]").replace('\n', "\r\n"),
            &[],
        ),
    ] {
        check(why, text, expected);
    }
}

#[test]
fn an_annotation_downgrades_errors_and_hides_warnings() {
    for (why, manifest, annotation, expected) in [
        ("on an error", ALONE, "strict-sync-all-without-standby: a test, really", &[SOFTENED][..]),
        ("on a warning", PAIR, "strict-with-one-standby", &[]),
        ("one that hides nothing", PAIR, "fsync-off: why not", &[WARNING, UNUSED_ANNOTATION]),
    ] {
        check(why, annotated(manifest, annotation), expected);
    }
}

#[test]
fn no_inline_ignores_hears_neither_comments_nor_annotations() {
    for (why, text, expected) in [
        (
            "a comment",
            with_instances(ALONE, "  instances: 1 # syncguard: ignore[strict-sync-all-without-standby]"),
            "error strict-sync-all-without-standby spec.instances",
        ),
        (
            "an annotation",
            annotated(PAIR, "strict-with-one-standby, fsync-off"),
            "warning strict-with-one-standby spec.instances",
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", text)]);
        let said = folder.run("validate -o jsonl --no-inline-ignores db.yaml").findings();
        assert_eq!(said, [expected], "{why} counts for nothing with --no-inline-ignores");
    }
}

#[test]
fn two_excuses_for_one_error_do_not_hide_it() {
    let comment = "  instances: 1 # syncguard: ignore[strict-sync-all-without-standby]";
    let twice = with_instances(&annotated(ALONE, "strict-sync-all-without-standby"), comment);
    let folder = Folder::with(&[
        ("db.yaml", twice.as_str()),
        ("old.yaml", ALONE),
        ("new.yaml", &with_instances(ALONE, comment)),
    ]);
    for arguments in ["db.yaml", "--old old.yaml new.yaml"] {
        let said = folder.run(&format!("validate -o jsonl {arguments}")).findings();
        assert_eq!(
            said,
            ["warning strict-sync-all-without-standby spec.instances"],
            "`validate {arguments}`"
        );
    }
}

#[test]
fn a_downgraded_error_says_why() {
    for (text, reason) in [
        (
            with_instances(ALONE, "  instances: 1 # syncguard: ignore[strict-sync-all-without-standby]"),
            "(downgraded: a comment says that it is known)",
        ),
        (
            annotated(ALONE, "strict-sync-all-without-standby"),
            "(downgraded: the object's annotation says that it is known)",
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", text)]);
        for arguments in ["validate db.yaml", "validate -o concise db.yaml"] {
            let said = folder.run(arguments);
            said.exits(0, "what is known is no error");
            assert!(said.out.contains(reason), "`{arguments}` should say {reason}:\n{}", said.out);
        }
    }
}

#[test]
fn an_unused_ignore_points_at_itself_and_names_the_rule_that_was_meant() {
    let text = with_instances(PAIR, "  instances: 2 # syncguard: ignore[strict-with-one-stanby]");
    let folder = Folder::with(&[("db.yaml", text)]);
    let said = folder.run("validate -o concise db.yaml");
    assert_eq!(
        said.places(),
        ["db.yaml:6:14 warning[strict-with-one-standby]", "db.yaml:6:16 warning[unused-ignore]"]
    );
    assert!(
        said.out.contains("did you mean strict-with-one-standby?"),
        "the nearest name is given:\n{}",
        said.out
    );
}

#[test]
fn an_ignore_that_is_not_written_as_one_is_told() {
    for comment in [
        "# syncguard: ignore [strict-with-one-standby]",
        "# syncguard: ignore strict-with-one-standby",
        "# syncguard: ignore: strict-with-one-standby",
        "# syncguard ignore[strict-with-one-standby]",
        "# Syncguard: ignore[strict-with-one-standby]",
        "# syncguard: ignores[strict-with-one-standby]",
        "# syncguard: ignore[]",
        "# syncguard:disable strict-with-one-standby",
    ] {
        let text = with_instances(PAIR, &format!("  instances: 2 {comment}"));
        let said = Folder::with(&[("db.yaml", text)]).run("validate -o concise db.yaml");
        let expected =
            ["db.yaml:6:14 warning[strict-with-one-standby]", "db.yaml:6:16 warning[unused-ignore]"];
        assert_eq!(said.places(), expected, "{comment} ignores nothing\n{}", said.out);
        assert!(said.out.contains("# syncguard: ignore[ID]"), "the right way is shown:\n{}", said.out);
    }
    let text = with_instances(PAIR, "  instances: 2 # syncguard is told of it; we ignore the rest");
    let said = Folder::with(&[("db.yaml", text)]).run("validate -o jsonl db.yaml").findings();
    assert_eq!(said, ["warning strict-with-one-standby spec.instances"], "prose is no ignore");
}

#[test]
fn an_annotation_that_is_not_the_one_is_told() {
    for (key, value, told) in [
        ("syncguard.dev/ignores", "strict-with-one-standby", "did you mean syncguard.dev/ignore?"),
        ("syncguard.io/ignore", "strict-with-one-standby", "did you mean syncguard.dev/ignore?"),
        ("syncgard.dev/ignore", "strict-with-one-standby", "did you mean syncguard.dev/ignore?"),
        ("syncguard.dev/ignore", "Strict_With_One_Standby", "did you mean strict-with-one-standby?"),
        (
            "syncguard.dev/ignore",
            "fsync-off: no, Strict-With-One-Standby",
            "did you mean strict-with-one-standby?",
        ),
        ("syncguard.dev/ignore", "strict-with-one-stanby", "did you mean strict-with-one-standby?"),
        ("syncguard.dev/ignore", "", "names no rule"),
    ] {
        let text = annotated(PAIR, value).replace("syncguard.dev/ignore", key);
        let said = Folder::with(&[("db.yaml", text)]).run("validate -o concise db.yaml").out;
        let is_told = said.lines().any(|line| line.contains("warning[unused-ignore]") && line.contains(told));
        assert!(is_told, "{key}: {value} should be told with {told:?}:\n{said}");
    }
}
