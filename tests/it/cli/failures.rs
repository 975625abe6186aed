//! What cannot be read: each is told in a line, the rest is done, and the exit code says that something is missing.

use serde_json::Value;

use super::{ALONE, SOUND, folder::Folder};

const BROKEN: &str = "apiVersion: stackgres.io/v1\nkind: SGCluster\nspec: [\n";
/// A template of a chart, which no YAML reader takes.
const TEMPLATE: &str = "\
{{- if .Values.enabled }}
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: {{ .Release.Name }}
spec:
  instances: {{ .Values.instances }}
{{- end }}
";

#[cfg(unix)]
fn folder() -> Folder {
    let latin = [b"kind: SGCluster # caf", &[0xe9][..], b"\n"].concat();
    let folder = Folder::with(&[
        ("a.yaml", SOUND.as_bytes()),
        ("b.yaml", BROKEN.as_bytes()),
        ("c.yaml", &latin[..]),
        ("f.yaml", SOUND.replace("name: sound", "name: second").as_bytes()),
    ]);
    std::os::unix::fs::symlink("gone", folder.path().join("d.yaml")).unwrap();
    std::os::unix::fs::symlink("e.yaml", folder.path().join("e.yaml")).unwrap();
    folder
}

#[test]
#[cfg(unix)]
fn validate_judges_the_rest_and_ends_with_2() {
    let said = folder().run("validate -o concise .");
    said.exits(2, "two files were not judged");
    assert_eq!(
        said.places(),
        ["b.yaml:3:7 error[invalid-yaml]", "c.yaml:1:22 error[invalid-yaml]"],
        "a text that can be read, and is no YAML, is a finding"
    );
    assert!(said.out.contains("2 clusters in 4 documents of 4 files"), "{}", said.out);
    let told: Vec<_> =
        said.err.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect();
    assert_eq!(told, ["error: cannot read ./d.yaml", "error: cannot read ./e.yaml"], "{}", said.err);
    let folder = Folder::with(&[("sound.yaml", SOUND), ("alone.yaml", ALONE)]);
    let said = folder.run("validate -o concise sound.yaml none.yaml alone.yaml");
    said.exits(2, "one of the files is not there");
    assert_eq!(said.places(), ["alone.yaml:6:14 error[strict-sync-all-without-standby]"]);
    assert!(said.err.starts_with("error: cannot read none.yaml: "), "{}", said.err);
}

#[test]
fn what_cannot_be_read_is_told_once_by_every_command() {
    let fixable = ALONE.replace("strict-sync-all", "strict_sync_all");
    for arguments in [
        "validate",
        "validate --diff",
        "validate --fix",
        "explain",
        "mutate",
        "mutate --check",
        "mutate -o json-patch",
    ] {
        let folder = Folder::with(&[("db.yaml", SOUND), ("fixable.yaml", &fixable)]);
        let said = folder.run(&format!("{arguments} db.yaml none.yaml fixable.yaml"));
        said.exits(2, &format!("`{arguments}` cannot read a file"));
        let told = said.err.lines().filter(|line| line.starts_with("error: cannot read none.yaml")).count();
        assert_eq!(told, 1, "`{arguments}` tells it once:\n{}", said.err);
        assert_ne!(said.out, "", "`{arguments}` does the rest");
    }
}

#[test]
#[cfg(unix)]
fn explain_explains_the_rest_and_ends_with_2() {
    let folder = folder();
    let said = folder.run("explain .");
    said.exits(2, "four files were not explained");
    for name in ["SGCluster sound", "SGCluster second"] {
        assert!(said.out.contains(name), "{name} can be explained:\n{}", said.out);
    }
    let told: Vec<_> = said.err.lines().collect();
    for (line, start) in told.iter().zip([
        "error: cannot read ./d.yaml: ",
        "error: cannot read ./e.yaml: ",
        "error: b.yaml:3:7: ",
        "error: c.yaml:1:22: ",
    ]) {
        assert!(line.starts_with(start), "{line} should begin with {start}");
    }
    assert_eq!(told.len(), 4, "each is told once:\n{}", said.err);
}

#[test]
#[cfg(unix)]
fn explain_writes_json_whatever_the_input() {
    for (why, folder, code, clusters) in [
        ("some files are broken", folder(), 2, 2),
        ("the only file is broken", Folder::with(&[("b.yaml", BROKEN)]), 2, 0),
        ("nothing is a cluster", Folder::with(&[("c.yaml", super::OTHER)]), 2, 0),
        ("a foreign file is broken", Folder::with(&[("a.yaml", SOUND), ("n.yaml", "a: [")]), 0, 1),
    ] {
        let said = folder.run("explain -o json .");
        said.exits(code, why);
        let list: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{why}: {error}\n{}", said.out));
        assert_eq!(list.as_array().map(Vec::len), Some(clusters), "where {why}");
    }
}

#[test]
fn the_templates_of_a_chart_are_passed_over_and_counted() {
    let quoted = TEMPLATE.replace("{{- if .Values.enabled }}\n", "").replace("{{- end }}\n", "");
    let quoted = quoted.replace("{{ .Release.Name }}", "'{{ .Release.Name }}'");
    let quoted = quoted.replace("{{ .Values.instances }}", "'{{ .Values.instances }}'");
    let chart = Folder::with(&[
        ("Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
        ("values.yaml", "instances: 3\n"),
        ("templates/cluster.yaml", TEMPLATE),
        ("templates/quoted.yaml", &quoted),
        (
            "templates/service.yaml",
            "kind: Service\nmetadata: {{ toYaml .Values.meta | nindent 2 }}\nspec: {{{ }}\n",
        ),
        ("templates/sound.yaml", SOUND),
    ]);
    for paths in [
        ".",
        "templates",
        "templates/cluster.yaml templates/quoted.yaml templates/service.yaml templates/sound.yaml",
    ] {
        let said = chart.run(&format!("validate {paths}"));
        said.exits(0, "a template is no fault");
        assert!(said.out.starts_with("1 cluster "), "what is no template is judged:\n{}", said.out);
        assert!(said.out.contains("; 3 Helm templates passed over: pipe `helm template`"), "{}", said.out);
    }
    let said = chart.run("explain .");
    said.exits(0, "what is no template is explained");
    assert_eq!(said.err, "3 Helm templates passed over: pipe `helm template`\n");
}

#[test]
fn a_fault_beside_what_looks_like_a_template_is_still_a_fault() {
    let alert = format!("{ALONE}  note: '{{{{ $labels.pod }}}}'\n\twrong: 1\n");
    let folder = Folder::with(&[("db.yaml", alert)]);
    let said = folder.run("validate -o concise .");
    assert!(said.out.starts_with("db.yaml:10:") && said.out.contains("error[invalid-yaml]"), "{}", said.out);
}

#[test]
fn standard_input_that_nobody_named_and_that_holds_no_object_is_a_mistake() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    for script in
        ["echo judged\n", "kind create cluster\nif true; then echo it; fi\n", "- 1\n", "# nothing\n"]
    {
        for command in ["validate", "mutate", "explain", "validate --diff"] {
            let said = folder.run_with(command, script);
            said.exits(2, &format!("`{command}` has swallowed {script:?}"));
            assert!(said.err.contains("standard input holds no Kubernetes object"), "{}", said.err);
            assert_eq!(said.out, "", "`{command}` has nothing to say");
        }
        folder.run_with("validate -", script);
    }
    folder.run_with("validate -", "# nothing\n").exits(0, "standard input was named");
    for object in
        [super::OTHER, "{\"metadata\": {}, \"kind\": \"Secret\"}", "---\n# Source: a\n---\nkind: Secret\n"]
    {
        folder.run_with("validate", object).exits(0, "there is an object, of another kind");
    }
    for broken in [BROKEN, "{\"kind\": \"SGCluster\", \"spec\": [", "spec: [\nkind: SGCluster\n"] {
        folder.run_with("validate", broken).exits(1, "somebody meant to write an object");
    }
}
