//! Exit codes: 0 nothing found, 1 something was, 2 nothing could be judged, 3 there was no cluster.

use std::process::{Command, Stdio};

use super::{ALONE, OTHER, PAIR, SOUND, folder::Folder, folder::repository};

const BROKEN: &str = "apiVersion: stackgres.io/v1\nkind: SGCluster\nspec: [\n";

fn folder() -> Folder {
    Folder::with(&[
        ("alone.yaml", ALONE),
        ("pair.yaml", PAIR),
        ("sound.yaml", SOUND),
        ("other.yaml", OTHER),
        ("broken.yaml", BROKEN),
        ("settings.yaml", "rules: {strict-with-one-standby: error}\n"),
        ("bad-settings.yaml", "rules: {strict-with-one-stanby: error}\n"),
    ])
}

#[test]
fn the_exit_code_says_what_was_found() {
    let folder = folder();
    for (arguments, code, why) in [
        ("validate sound.yaml", 0, "there is nothing to say"),
        ("validate pair.yaml", 0, "a warning is below --fail-on error, the default"),
        ("validate --fail-on error pair.yaml", 0, "a warning is below --fail-on error"),
        ("validate --fail-on warning pair.yaml", 1, "a warning reaches --fail-on warning"),
        ("validate --fail-on warning -q pair.yaml", 1, "--quiet hides warnings and forgives none"),
        ("validate alone.yaml", 1, "there is an error"),
        ("validate -o json=out.json -o concise alone.yaml", 1, "there is an error, whatever the format"),
        ("validate broken.yaml", 1, "a syntax error is a finding"),
        ("validate other.yaml", 0, "other kinds are none of ours"),
        ("validate --fail-if-none other.yaml", 3, "there is no cluster"),
        ("validate --fail-if-none sound.yaml", 0, "there is a cluster"),
        ("validate --fail-if-none broken.yaml", 1, "a finding says more than the absence of a cluster"),
        ("validate --severity strict-with-one-standby=error pair.yaml", 1, "the rule is an error now"),
        (
            "validate --severity strict-sync-all-without-standby=warning alone.yaml",
            0,
            "the rule is a warning now",
        ),
        (
            "validate --severity strict-sync-all-without-standby=off --fail-on warning alone.yaml",
            0,
            "the rule is off",
        ),
        ("validate --settings settings.yaml pair.yaml", 1, "the settings make the rule an error"),
        ("mutate --check sound.yaml", 0, "nothing is missing"),
        ("mutate --check alone.yaml", 1, "role is missing"),
        ("mutate alone.yaml", 0, "the completed text was asked for"),
        ("explain sound.yaml", 0, "it is explained"),
        ("rule", 0, "the list was asked for"),
        ("--version", 0, "the version was asked for"),
    ] {
        folder.run(arguments).exits(code, &format!("with `{arguments}` {why}"));
    }
}

#[test]
fn wrong_usage_and_unreadable_input_end_with_2_and_say_what_is_wrong() {
    let folder = folder();
    for (arguments, said) in [
        ("vaildate", "'validate'"),
        ("validate --fail-no warning sound.yaml", "'--fail-on'"),
        ("validate --stdin-file x sound.yaml", "'--stdin-filename'"),
        ("mutate --chek sound.yaml", "'--check'"),
        ("validate --fail-on eror sound.yaml", "'error'"),
        ("validate -o concsie sound.yaml", "did you mean concise?"),
        ("validate -o json -o full sound.yaml", "only one format can go to standard output"),
        ("validate -o json=no/such/folder.json sound.yaml", "cannot write no/such/folder.json"),
        ("explain -o txt sound.yaml", "'text'"),
        ("mutate -o jsonpatch sound.yaml", "'json-patch'"),
        ("mutate --write --check sound.yaml", "cannot be used with"),
        ("mutate --write -o diff sound.yaml", "cannot be used with"),
        ("mutate --check -o json-patch sound.yaml", "cannot be used with"),
        ("validate --diff --fix sound.yaml", "cannot be used with"),
        ("validate --diff -o json=out.json sound.yaml", "cannot be used with"),
        ("validate --diff --statistics sound.yaml", "cannot be used with"),
        ("validate --diff --fail-on warning sound.yaml", "cannot be used with"),
        ("validate --statistics -o json sound.yaml", "--statistics: they are written in the formats"),
        ("validate -o json=sound.yaml sound.yaml", "-o: sound.yaml is among the files to be judged"),
        ("validate -o json=./sound.yaml .", "-o: ./sound.yaml is among the files to be judged"),
        ("validate -o json=out -o jsonl=out sound.yaml", "-o: two formats would go to out"),
        ("validate --stdin-filename db.yaml sound.yaml", "standard input, which is not read here"),
        (
            "validate --severity strict-with-one-stanby=off sound.yaml",
            "did you mean strict-with-one-standby?",
        ),
        ("validate --severity strict-with-one-standby=fatal sound.yaml", "it is error, warning or off"),
        ("validate --severity strict-with-one-standby sound.yaml", "expected ID=SEVERITY"),
        ("validate --settings bad-settings.yaml sound.yaml", "did you mean strict-with-one-standby?"),
        ("validate --settings none.yaml sound.yaml", "cannot read the settings in none.yaml"),
        ("rule strict-with-one-stanby", "did you mean strict-with-one-standby?"),
        ("validate none.yaml", "cannot read none.yaml"),
        ("validate --old none.yaml sound.yaml", "cannot read none.yaml"),
        ("validate --old broken.yaml sound.yaml", "--old broken.yaml: line"),
        ("validate --exclude [ .", "--exclude"),
        ("validate --exclude . .", "--exclude \".\": this would leave everything out"),
        ("mutate none.yaml", "cannot read none.yaml"),
        ("mutate broken.yaml", "broken.yaml:3:7: "),
        ("explain none.yaml", "cannot read none.yaml"),
        ("explain broken.yaml", "broken.yaml:3:7: "),
        ("explain other.yaml", "there is nothing to explain"),
        ("validate", "standard input is empty: nothing was judged"),
        ("validate -", "standard input is empty: nothing was judged"),
        ("mutate", "standard input is empty"),
        ("explain", "standard input is empty"),
    ] {
        let run = folder.run(arguments);
        run.exits(2, &format!("`{arguments}` cannot be done"));
        assert!(run.err.contains(said), "`{arguments}` should say {said:?}, and says:\n{}", run.err);
        assert_eq!(run.out, "", "`{arguments}` has nothing to say about manifests");
    }
}

#[test]
fn without_a_path_the_directory_is_judged_where_standard_input_is_no_pipe() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("syncguard"));
    command.args(["validate", "-o", "concise"]).current_dir(folder.path()).stdin(Stdio::null());
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        said.starts_with("db.yaml:6:14: error["),
        "/dev/null is no pipe and no file, so . is judged:\n{said}"
    );
    let input = std::fs::File::open(folder.path().join("db.yaml")).unwrap();
    let said = String::from_utf8(command.stdin(input).output().unwrap().stdout).unwrap();
    assert!(said.starts_with("<stdin>:6:14: error["), "a file on standard input is judged:\n{said}");
}

#[test]
fn a_scale_alone_was_not_judged_and_beside_its_cluster_it_was() {
    let scale = repository("tests/fixtures/reviews/scale-6-to-1.validate.json");
    let scale = scale.display();
    let cluster = repository("examples/strict-sync-all.yaml");
    let folder = folder();
    let run = folder.run(&format!("validate {scale}"));
    run.exits(2, "no cluster is known, so the scale was not judged");
    assert!(run.out.contains("1 scale request not judged"), "it is said:\n{}", run.out);
    assert!(run.err.contains("nothing was judged"), "and why the code is 2:\n{}", run.err);
    let run = folder.run(&format!("validate {scale} sound.yaml"));
    run.exits(0, "the rest of the input was judged, and is sound");
    assert!(run.out.contains("1 scale request not judged"), "it is said all the same:\n{}", run.out);
    let run = folder.run(&format!("validate -o jsonl {scale} {}", cluster.display()));
    run.exits(1, "from 6 to 1 the cluster would run asynchronous");
    assert_eq!(
        run.findings().first().map(String::as_str),
        Some("error strict-sync-all-without-standby spec.replicas"),
        "the scale is refused at its replicas"
    );
}

/// A cluster that the captured scale request could be about.
fn scaled(metadata: &str, instances: u32) -> String {
    format!(
        "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {{name: sync-cluster{metadata}}}\n\
         spec: {{instances: {instances}, replication: {{mode: strict-sync-all}}}}\n"
    )
}

#[test]
fn a_scale_is_about_the_cluster_of_its_resource_version_or_the_only_one_with_the_old_replicas() {
    const CAPTURED: &str = "tests/fixtures/reviews/scale-6-to-1.validate.json";
    let scale = repository(CAPTURED);
    let review: serde_json::Value = serde_json::from_slice(&std::fs::read(&scale).unwrap()).unwrap();
    let version = review.pointer("/request/oldObject/metadata/resourceVersion").unwrap();
    let version = format!(", resourceVersion: {version}");
    for (why, clusters, is_judged) in [
        ("the name and the replicas agree", vec![scaled("", 6)], true),
        ("the namespace agrees too", vec![scaled(", namespace: failover", 6)], true),
        ("it is in another namespace", vec![scaled(", namespace: bank", 6)], false),
        ("it has other replicas", vec![scaled("", 4)], false),
        ("it has the resourceVersion", vec![scaled(&version, 4)], true),
        ("of two, one has the replicas", vec![scaled("", 4), scaled("", 6)], true),
        (
            "two have the replicas, and are different",
            vec![scaled("", 6), scaled("", 6).replace("strict-sync-all", "sync-all")],
            false,
        ),
        (
            "two have the replicas, and one the resourceVersion",
            vec![scaled("", 6).replace("strict-sync-all", "sync-all"), scaled(&version, 6)],
            true,
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", clusters.join("---\n"))]);
        let said = folder.run(&format!(
            "validate -o jsonl --severity ignored-sync-instances=off db.yaml {}",
            scale.display()
        ));
        let refused = "error strict-sync-all-without-standby spec.replicas".to_owned();
        assert_eq!(
            said.findings().contains(&refused),
            is_judged,
            "whether the scale is judged where {why}\n{}",
            said.out
        );
    }
}

#[test]
fn bad_input_is_a_finding_at_a_place_and_never_a_crash() {
    let head = "apiVersion: stackgres.io/v1\nkind: SGCluster\n";
    let level = |level: u32| {
        format!("    a{level}: &a{level} [{}]\n", [format!("*a{}", level - 1).as_str(); 9].join(","))
    };
    let levels: Vec<_> = (1..12).map(level).collect();
    let bomb =
        format!("{head}metadata:\n  annotations:\n    a0: &a0 [x,x,x,x,x,x,x,x,x]\n{}", levels.concat());
    let utf16 = [0xff, 0xfe].into_iter().chain(head.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let nested = format!("{head}spec: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    for (what, bytes, line, rule) in [
        ("a NUL byte", format!("{head}spec: {{instances: 1\0}}\n").into_bytes(), 3, "invalid-yaml"),
        ("UTF-16", utf16, 1, "invalid-yaml"),
        (
            "bytes that are no text",
            format!("{head}a: ").into_bytes().into_iter().chain([0xc3, 0x28]).collect(),
            3,
            "invalid-yaml",
        ),
        ("ten thousand levels", nested.into_bytes(), 3, "invalid-yaml"),
        ("aliases that multiply", bomb.into_bytes(), 10, "invalid-yaml"),
        (
            "a tab where spaces must be",
            format!("{head}spec:\n\tinstances: 1\n").into_bytes(),
            4,
            "invalid-yaml",
        ),
        ("a key that is no text", format!("{head}? [a]\n: b\n").into_bytes(), 3, "invalid-yaml"),
        (
            "a number beyond all numbers",
            format!("{head}spec: {{instances: {}}}\n", "9".repeat(400)).into_bytes(),
            3,
            "invalid-instances",
        ),
        (
            "half an object of JSON",
            br#"{"apiVersion": "stackgres.io/v1", "kind": "SGCluster", "spec": {"#.to_vec(),
            1,
            "invalid-yaml",
        ),
    ] {
        let folder = Folder::with(&[("db.yaml", &bytes)]);
        let said = folder.run("validate -o concise db.yaml");
        said.exits(1, &format!("{what} is a finding"));
        let places = said.places();
        let is_there = |place: &String| {
            place.starts_with(&format!("db.yaml:{line}:")) && place.ends_with(&format!("error[{rule}]"))
        };
        assert!(places.iter().any(is_there), "{what} should be {rule} on line {line}:\n{}", said.out);
        for command in ["mutate", "explain"] {
            let said = folder.run(&format!("{command} db.yaml"));
            let is_clear = said.code == 2 && said.err.starts_with("error: db.yaml:");
            let is_done = said.code == 0 && said.err.is_empty();
            assert!(
                is_clear || is_done,
                "{command} of {what} gives one clear error or a result:\n{}",
                said.err
            );
        }
    }
}

#[test]
fn what_keeps_the_server_from_starting_is_a_log_line_where_lines_are_json() {
    let said = folder().run("serve --log-format json --tls-cert no.crt --tls-key no.key");
    said.exits(2, "there is no such certificate");
    let last = said.err.lines().next_back().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    let error = last["error"].as_str().unwrap_or_default();
    assert_eq!(last["level"], "ERROR", "{last}");
    assert!(error.contains("--tls-cert no.crt"), "the line says why: {last}");
    assert_eq!(error.matches("No such file").count(), 1, "the cause is said once: {last}");
}
