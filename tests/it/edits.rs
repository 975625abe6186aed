//! Edits of files change what they are to change, whatever the layout: every comment stays with what it is about.
//!
//! The comments of the generated manifests say themselves what they are about. `PROPTEST_CASES=10000` makes a long run.

mod written;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use syncguard_core::policy::Policy;
use syncguard_lint::{Judge, KnownObjects, Rewritten, complete, rewrite};
use syncguard_manifest as manifest;
use syncguard_manifest::{
    SetValue,
    path::{OwnedPath, Step},
};
use written::{Written, misplaced, written};

/// What a command does with a text, and the values that it puts into it, round by round.
fn changed(command: &str, text: &str) -> (Rewritten, Vec<SetValue<OwnedPath>>) {
    let (policy, known) = (Policy::default(), KnownObjects::default());
    let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: false };
    let mut all = Vec::new();
    let rewritten = rewrite(text.as_bytes(), |text, document, subjects| {
        let edits = if command == "--fix" {
            judge.suggestions(text, document, subjects)
        } else {
            let operations = subjects.iter().map(|subject| complete::operations(subject, &known, &policy));
            operations.flat_map(|(inside, operations)| complete::in_document(&inside, operations)).collect()
        };
        all.extend(edits.clone());
        edits
    });
    (rewritten, all)
}

fn data(text: &str) -> Value {
    let read = manifest::parse(text);
    assert_eq!(read.error, None, "this can be read:\n{text}");
    read.documents[0].read().unwrap()
}

/// The data with some values put into it.
fn with(mut data: Value, edits: &[SetValue<OwnedPath>]) -> Value {
    for SetValue { path, value } in edits {
        let place = path.path().steps().iter().fold(&mut data, |data, step| match step {
            Step::Key(key) => &mut data[*key],
            Step::Index(index) => &mut data[*index],
        });
        *place = value.clone();
    }
    data
}

fn check(command: &str, Written { text }: &Written) -> Result<(), TestCaseError> {
    prop_assert_eq!(misplaced(text), None::<String>, "the manifest is as it says itself:\n{}", text);
    let (rewritten, edits) = changed(command, text);
    if !rewritten.failures.is_empty() {
        prop_assert!(rewritten.splices.is_empty(), "what is refused stays as it is:\n{}", text);
        return Ok(());
    }
    let edited = String::from_utf8(rewritten.apply(text.as_bytes())).unwrap();
    let told = |what: &str| format!("{command}: {what}\n{text}\nbecame\n{edited}");
    prop_assert_eq!(misplaced(&edited), None::<String>, "{}", told("a comment moved"));
    let comments = |text: &str| -> Vec<String> {
        manifest::parse(text).documents[0].comments().iter().map(|it| it.text.to_owned()).collect()
    };
    prop_assert_eq!(comments(text), comments(&edited), "{}", told("comments were lost"));
    prop_assert_eq!(data(&edited), with(data(text), &edits), "{}", told("something else changed"));
    let mut now = edited.lines();
    let gone = text.lines().filter(|line| !now.clone().any(|it| it == *line && now.any(|it| it == *line)));
    prop_assert!(gone.count() <= edits.len(), "{}", told("other lines changed"));
    let (again, _) = changed(command, &edited);
    prop_assert!(again.splices.is_empty(), "{}", told("a second run changes more"));
    Ok(())
}

proptest! {
    #[test]
    fn comments_stay_with_what_they_are_about_when_defaults_are_filled_in(written in written()) {
        check("mutate --write", &written)?;
    }

    #[test]
    fn comments_stay_with_what_they_are_about_when_findings_are_fixed(written in written()) {
        check("--fix", &written)?;
    }
}

#[test]
fn nearly_every_manifest_can_be_edited() {
    let mut runner = TestRunner::deterministic();
    for command in ["mutate --write", "--fix"] {
        let (mut done, mut refused) = (0, Vec::new());
        while done + refused.len() < 100 {
            let Written { text } = written().new_tree(&mut runner).unwrap().current();
            let (rewritten, edits) = changed(command, &text);
            match rewritten.failures.first() {
                Some(failure) => refused.push(format!("{failure}\n{text}")),
                None => done += usize::from(!edits.is_empty()),
            }
        }
        assert!(
            refused.len() < 10,
            "{command} refuses {} of 100, such as\n{}",
            refused.len(),
            refused.join("\n")
        );
    }
}
