//! Any text as a manifest: it is judged and completed without a crash, what is completed reads as it was but for the
//! defaults, and what is read of it writes to JSON that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use syncguard_core::policy::Policy;
use syncguard_lint::{Judge, KnownObjects, Rewritten, complete, pieces::documents, rewrite, source::Source};
use syncguard_manifest as manifest;
use syncguard_manifest::{
    SetValue,
    path::{OwnedPath, Step},
};

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    let Ok(text) = str::from_utf8(bytes) else { return };
    reads_alike_as_json(text);
    for command in [Command::Mutate, Command::Fix] {
        keeps_the_rest(command, text);
    }
});

fn judge(bytes: &[u8]) {
    let source = Source::of_text("fuzz.yaml", bytes.to_vec());
    let (policy, known) = (Policy::default(), KnownObjects::default());
    let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: true };
    for piece in source.pieces().expect("a text in memory") {
        judge.piece(&source, &piece.expect("a text in memory"));
    }
}

fn reads_alike_as_json(text: &str) {
    for document in manifest::parse(text).documents {
        let Ok(value) = document.read::<Value>() else { continue };
        let json = as_yaml(&value.to_string());
        let again = manifest::parse(&json);
        assert!(again.error.is_none(), "JSON is YAML: {json}");
        let same = again.documents.first().is_some_and(|it| it.read::<Value>().is_ok_and(|it| it == value));
        assert!(same, "JSON reads as what it was written from: {json}");
    }
}

/// The same JSON without the characters that stand in a JSON text as they are, and in no YAML.
fn as_yaml(json: &str) -> String {
    let is_json_only =
        |c: char| matches!(c, '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let escaped = |c: char| if is_json_only(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escaped).collect()
}

#[derive(Debug, Clone, Copy)]
enum Command {
    Mutate,
    Fix,
}

impl Command {
    /// What it does with a text, and the values that it puts into it.
    fn run(self, text: &str) -> (Rewritten, Vec<SetValue<OwnedPath>>) {
        let (policy, known) = (Policy::default(), KnownObjects::default());
        let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: false };
        let mut all = Vec::new();
        let rewritten = rewrite(text.as_bytes(), |text, document, subjects| {
            let edits = match self {
                Self::Fix => judge.suggestions(text, document, subjects),
                Self::Mutate => {
                    let edits = |subject| {
                        let (inside, operations) = complete::operations(subject, &known, &policy);
                        complete::in_document(&inside, operations)
                    };
                    subjects.iter().flat_map(edits).collect()
                }
            };
            all.extend(edits.clone());
            edits
        });
        (rewritten, all)
    }
}

fn keeps_the_rest(command: Command, text: &str) {
    let (rewritten, edits) = command.run(text);
    if rewritten.splices.is_empty() || !rewritten.failures.is_empty() {
        return;
    }
    let edited = String::from_utf8(rewritten.apply(text.as_bytes())).expect("UTF-8 stays UTF-8");
    let (before, now) = (manifest::parse(text), manifest::parse(&edited));
    assert_eq!(before.error.is_some(), now.error.is_some(), "{command:?} of {text:?} made {edited:?}");
    // The edits of several documents do not say which of them they are for.
    if let (1, [before], [now]) =
        (documents(text.as_bytes()).count(), &before.documents[..], &now.documents[..])
    {
        let mut expected: Value = before.read().expect("what was completed can be read");
        edits.iter().for_each(|edit| put(&mut expected, edit));
        let now: Value = now.read().expect("what is completed can be read");
        assert_eq!(now, expected, "{command:?} of {text:?} made {edited:?}");
    }
    let (again, _) = command.run(&edited);
    assert!(again.splices.is_empty(), "a second {command:?} changes more: {text:?} became {edited:?}");
}

fn put(data: &mut Value, edit: &SetValue<OwnedPath>) {
    let place = edit.path.path().steps().iter().fold(data, |data, step| match step {
        Step::Key(key) => &mut data[*key],
        Step::Index(index) => &mut data[*index],
    });
    *place = edit.value.clone();
}
