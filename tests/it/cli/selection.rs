//! Which files are judged: each once, whatever a person names, and what is left out is said.

use super::{ALONE, PAIR, SOUND, folder::Folder};

/// An SGPostgresConfig with one setting.
fn config(setting: &str) -> String {
    format!(
        "apiVersion: stackgres.io/v1\nkind: SGPostgresConfig\nmetadata: {{name: fast}}\n\
         spec: {{postgresql.conf: {{{setting}}}}}\n"
    )
}

fn cluster() -> String {
    format!("{SOUND}  configurations:\n    sgPostgresConfig: fast\n")
}

const FSYNC: &str = "error fsync-off spec.configurations.sgPostgresConfig";

#[cfg(unix)]
fn link(folder: &Folder, to: &str, name: &str) {
    std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
}

#[test]
#[cfg(unix)]
fn an_error_stays_however_often_the_file_that_causes_it_is_there() {
    let folder = Folder::with(&[
        ("all/db.yaml", cluster()),
        ("all/conf.yaml", config("fsync: 'off'")),
        ("copy/conf.yaml", config("fsync: 'off'")),
    ]);
    link(&folder, "conf.yaml", "all/link.yaml");
    for paths in [
        "all",
        "all all/conf.yaml",
        "all/conf.yaml all",
        "all ./all",
        "all all/../all",
        "all copy",
        "all/link.yaml all",
    ] {
        let said = folder.run(&format!("validate -o jsonl {paths}"));
        assert_eq!(said.findings(), [FSYNC], "the findings of `validate {paths}`\n{}", said.err);
    }
}

#[test]
#[cfg(unix)]
fn a_file_is_judged_once_under_the_name_that_came_first() {
    let folder = Folder::with(&[("sub/db.yaml", ALONE)]);
    link(&folder, "sub/db.yaml", "z.yaml");
    for (paths, name) in [
        ("sub/db.yaml sub/db.yaml", "sub/db.yaml"),
        (". sub", "sub/db.yaml"),
        ("sub ./sub/db.yaml .", "sub/db.yaml"),
        ("z.yaml .", "z.yaml"),
    ] {
        let said = folder.run(&format!("validate -o concise {paths}"));
        let expected = [format!("{name}:6:14 error[strict-sync-all-without-standby]")];
        assert_eq!(said.places(), expected, "what `validate {paths}` judges");
        assert!(said.out.contains("1 cluster in 1 document of 1 file"), "{}", said.out);
    }
}

#[test]
fn configs_that_differ_are_all_judged_with_and_that_is_said() {
    let folder = Folder::with(&[
        ("a.yaml", config("fsync: 'on'")),
        ("b.yaml", config("fsync: 'off'")),
        ("db.yaml", cluster()),
    ]);
    for paths in ["a.yaml b.yaml db.yaml", "b.yaml a.yaml db.yaml", "."] {
        let said = folder.run(&format!("validate -o jsonl {paths}"));
        assert_eq!(said.findings(), [FSYNC], "one of them is at fault in `validate {paths}`");
        let said = folder.run(&format!("validate {paths}")).out;
        assert!(said.contains("SGPostgresConfig fast is in the input several times, differently"), "{said}");
        assert!(said.contains("b.yaml:4"), "the setting is shown where it stands:\n{said}");
    }
    let report = folder.run("validate -o json .").out;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["summary"]["ambiguous_configs"], serde_json::json!(["fast"]));
}

#[test]
fn a_config_beside_the_cluster_counts_more_than_one_elsewhere() {
    let sound = config("fsync: 'on'");
    let folder = Folder::with(&[
        ("dev/conf.yaml", config("fsync: 'off'")),
        ("dev/db.yaml", cluster()),
        ("prod/conf.yaml", sound.clone()),
        ("prod/db.yaml", cluster()),
        ("test/conf.yaml", sound),
        ("test/db.yaml", cluster()),
    ]);
    let said = folder.run("validate -o concise .");
    assert_eq!(
        said.places(),
        [
            "dev/db.yaml:12:23 error[fsync-off]",
            "prod/db.yaml:12:23 warning[fsync-off]",
            "test/db.yaml:12:23 warning[fsync-off]"
        ],
        "{}",
        said.out
    );
    assert!(said.out.contains("(downgraded: another SGPostgresConfig of that name"), "{}", said.out);
}

#[test]
fn of_many_configs_the_one_at_fault_is_found() {
    let mut texts: Vec<_> = (1..100).map(|size| config(&format!("work_mem: {size}MB"))).collect();
    texts.push(config("fsync: 'off'"));
    let folder = Folder::with(&[("conf.yaml", texts.join("---\n")), ("db.yaml", cluster())]);
    assert_eq!(folder.run("validate -o jsonl .").findings(), [FSYNC]);
    let said = folder.run("explain -o json .");
    assert!(said.out.contains("fsync-off"), "explain names the error too:\n{}", said.out);
    assert!(said.err.contains("SGPostgresConfig fast is in the input several times"), "{}", said.err);
}

#[test]
fn a_config_that_is_not_in_the_input_is_told_once() {
    let other = cluster().replace("name: sound", "name: other");
    let folder = Folder::with(&[("db.yaml", format!("{}---\n{other}", cluster()))]);
    let said = folder.run("validate db.yaml");
    said.exits(0, "it is no finding");
    let sentence = "; SGPostgresConfig fast is not in the input: its parameters were not judged\n";
    assert!(said.out.ends_with(sentence), "{}", said.out);
    let report: serde_json::Value =
        serde_json::from_str(&folder.run("validate -o json db.yaml").out).unwrap();
    assert_eq!(report["summary"]["missing_configs"], serde_json::json!(["fast"]));
    let told = "SGPostgresConfig fast is not in the input: its parameters are not known\n";
    assert_eq!(folder.run("explain db.yaml").err, told, "explain tells it, too");
}

#[test]
fn old_objects_that_agree_are_one_and_others_are_refused() {
    let old = PAIR.replace("name: pair", "name: sound");
    let folder = Folder::with(&[
        ("a.yaml", old.clone()),
        ("b.yaml", old.clone()),
        ("c.yaml", old.replace("instances: 2", "instances: 4")),
        ("new.yaml", SOUND.to_owned().replace("mode: strict-sync-all", "mode: async")),
    ]);
    let weakened = ["warning durability-weakened spec.replication.mode"];
    for old in ["--old a.yaml", "--old a.yaml --old a.yaml", "--old a.yaml --old b.yaml"] {
        let said =
            folder.run(&format!("validate -o jsonl {old} --severity ignored-sync-instances=off new.yaml"));
        assert_eq!(said.findings(), weakened, "the findings with {old}\n{}", said.err);
    }
    let said = folder.run("validate --old a.yaml --old c.yaml new.yaml");
    said.exits(2, "nobody knows which of them is there now");
    assert!(
        said.err.contains("SGCluster sound is there twice, and differs: in a.yaml and in c.yaml"),
        "{}",
        said.err
    );
}

#[test]
fn what_somebody_names_counts_whatever_ignore_files_say() {
    for ignore in ["generated/\n", "generated/*\n", "*.yaml\n"] {
        let folder = Folder::with(&[(".gitignore", ignore), ("generated/db.yaml", ALONE)]);
        for path in ["generated", "generated/", "./generated", "generated/db.yaml"] {
            let said = folder.run(&format!("validate {path}"));
            said.exits(1, &format!("{path} is named, though .gitignore says {ignore:?}"));
        }
    }
    let folder = Folder::with(&[(".hidden/db.yaml", ALONE)]);
    folder.run("validate .hidden").exits(1, "a hidden directory is named");
}

#[test]
#[cfg(unix)]
fn what_is_left_out_of_a_directory_is_counted_and_named() {
    let folder = Folder::with(&[
        ("all/db.yaml", SOUND),
        ("all/.gitignore", "one.yaml\n"),
        ("all/one.yaml", ALONE),
        ("all/.hidden/two.yaml", ALONE),
        ("all/.empty/notes.txt", "no manifest"),
        ("all/.git/config.json", "{}"),
        ("elsewhere/three.yaml", ALONE),
    ]);
    link(&folder, "../elsewhere", "all/linked");
    let said = folder.run("validate all");
    said.exits(0, "what is left out is not judged");
    let sentence = "; left out all/linked/, all/.hidden/, all/one.yaml (hidden, ignored or linked; to judge it, name it)\n";
    assert!(said.out.ends_with(sentence), "{}", said.out);
    let report: serde_json::Value = serde_json::from_str(&folder.run("validate -o json all").out).unwrap();
    assert_eq!(report["summary"]["left_out"]["files"], 1);
    assert_eq!(report["summary"]["left_out"]["folders"], 2);
    for command in ["explain all", "mutate --check all"] {
        let told = folder.run(command).err;
        assert!(
            told.starts_with("left out all/linked/, all/.hidden/, all/one.yaml ("),
            "`{command}` says:\n{told}"
        );
    }
    for (ignore, name) in [(".ignore", "one.yaml\n"), (".git/info/exclude", "one.yaml\n")] {
        let folder = Folder::with(&[(ignore, name), ("one.yaml", ALONE), ("db.yaml", SOUND)]);
        let said = folder.run("validate .").out;
        assert!(said.contains("left out one.yaml"), "{ignore} counts, and that is said:\n{said}");
    }
}

#[test]
fn an_exclusion_that_leaves_nothing_out_is_told() {
    let folder = Folder::with(&[("db.yaml", SOUND), ("sub/db.yaml", ALONE)]);
    for (arguments, told) in [
        ("--exclude sub", None),
        ("--exclude ./sub", None),
        ("--exclude nothing", Some("nothing")),
        ("--exclude sub --exclude *.yml", Some("*.yml")),
        ("--exclude sub --exclude !db.yaml", None),
        ("--exclude !x.yaml --exclude sub", Some("!x.yaml")),
    ] {
        let said = folder.run(&format!("validate {arguments} ."));
        let expected = told
            .map(|pattern| format!("warning: --exclude {pattern} leaves out nothing of a directory\n"))
            .unwrap_or_default();
        assert_eq!(said.err, expected, "what `validate {arguments} .` says of its patterns");
    }
}
