//! Renders: what is in tests/golden/chart, always the same, and nothing that `helm lint` has something against.

use crate::{
    golden,
    helm::{NAMESPACE, RELEASE, files, rendered, run, template, values_of},
};

#[test]
fn lint_has_nothing_against_it() {
    for file in files() {
        let flags = values_of(&file);
        let mut args = vec!["lint", "--strict", "chart"];
        args.extend(flags.iter().map(String::as_str));
        let said = run(&args);
        let text = said.stdout + &said.stderr;
        let complains = text.contains("[WARNING]") || text.contains("[ERROR]");
        assert!(said.succeeded && !complains, "`helm lint --strict` was to be content with {file}: {text}");
    }
}

#[test]
fn renders_are_those_that_were_read() {
    for file in files() {
        let text = rendered(RELEASE, NAMESPACE, &file);
        assert_eq!(text, rendered(RELEASE, NAMESPACE, &file), "{file} was to render twice alike");
        golden::agrees(&format!("tests/golden/chart/{file}.yaml"), &text);
    }
}

#[test]
fn notes_say_what_to_do_next() {
    for file in ["defaults", "everything", "minimal"] {
        let (flags, namespace) = (values_of(file), format!("--namespace={NAMESPACE}"));
        let mut args = vec!["install", RELEASE, "chart", "--dry-run=client", &namespace];
        args.extend(flags.iter().map(String::as_str));
        let said = run(&args);
        assert!(said.succeeded, "Helm was to tell the notes, and said: {}", said.stderr);
        let (_, notes) = said.stdout.split_once("NOTES:\n").expect("notes");
        golden::agrees(&format!("tests/golden/chart/NOTES-{file}.txt"), notes);
    }
}

#[test]
fn an_older_kubernetes_is_refused() {
    let said = template(RELEASE, NAMESPACE, &["--kube-version=1.32.9"]);
    let wanted = "chart requires kubeVersion: >=1.33.0-0";
    assert!(!said.succeeded && said.stderr.contains(wanted), "Kubernetes 1.32 was to be refused: {said:?}");
}
