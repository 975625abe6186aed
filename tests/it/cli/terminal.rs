//! What reaches a terminal: nothing that it would obey, color only where it is wanted, and no panic where it is gone.

use std::{fs::File, process::Command};

use super::{ALONE, folder::Folder};

fn program(folder: &Folder, arguments: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("syncguard"));
    command.args(arguments.split_whitespace()).current_dir(folder.path()).stdin(std::process::Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command
}

#[test]
#[cfg(unix)]
fn the_name_of_a_file_commands_no_terminal() {
    let name = "a\u{1b}[2J\u{9b}31m\nb.yaml";
    let broken = "kind: SGCluster\nspec: [\n";
    for text in [ALONE, broken] {
        let folder = Folder::with(&[(name, text)]);
        for arguments in [
            "validate .",
            "validate -o concise .",
            "validate -o json .",
            "validate -o jsonl .",
            "validate --diff .",
            "validate --fix .",
            "mutate --check .",
            "mutate -o diff .",
            "mutate -o json-patch .",
            "mutate --write .",
            "explain .",
            "explain -o json .",
            "validate --old . .",
        ] {
            let output = program(&folder, arguments).output().unwrap();
            for said in [output.stdout, output.stderr] {
                let said = String::from_utf8(said).unwrap();
                let obeyed = said.find(|c: char| c.is_control() && c != '\n');
                assert_eq!(obeyed, None, "`{arguments}` shows a control character:\n{said:?}");
                assert!(!said.contains("m\nb.yaml"), "`{arguments}` breaks a name into lines:\n{said:?}");
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_an_output_is_no_panic() {
    let fixable = ALONE.replace("strict-sync-all", "strict_sync_all");
    let folder = Folder::with(&[
        ("db.yaml", ALONE),
        ("broken.yaml", "kind: SGCluster\na: [\n"),
        ("fixable.yaml", &fixable),
    ]);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for (arguments, code) in [
        ("validate .", 1),
        ("validate none.yaml db.yaml", 2),
        ("validate --exclude none .", 1),
        ("explain .", 2),
        ("explain none.yaml", 2),
        ("mutate --check db.yaml", 1),
        ("rule none", 2),
        ("validate --none", 2),
    ] {
        let output = program(&folder, arguments).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "`{arguments} 2>/dev/full`");
    }
    for arguments in [
        "validate db.yaml",
        "validate -o concise db.yaml",
        "validate -o json db.yaml",
        "validate -o json=/dev/full db.yaml",
        "validate --diff fixable.yaml",
        "mutate db.yaml",
        "mutate -o json-patch db.yaml",
        "mutate --check db.yaml",
        "explain db.yaml",
        "explain -o json db.yaml",
        "rule",
        "schema report",
        "certs --dir made",
        "--help",
        "validate --help",
        "--version",
    ] {
        let output = program(&folder, arguments).stdout(full()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "`{arguments} >/dev/full` says {said}");
        assert!(
            said.contains("cannot write") && !said.contains("panicked"),
            "`{arguments} >/dev/full` says {said}"
        );
    }
}

#[test]
fn color_is_where_the_usual_variables_want_it() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    for (variables, arguments, in_color) in [
        (&[][..], "validate db.yaml", false),
        (&[("CLICOLOR_FORCE", "1")], "validate db.yaml", true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "validate db.yaml", false),
        (&[("CLICOLOR_FORCE", "1")], "validate --color never db.yaml", false),
        (&[("NO_COLOR", "1")], "validate --color always db.yaml", true),
        (&[("CLICOLOR_FORCE", "1")], "validate -o json db.yaml", false),
        (&[("CLICOLOR_FORCE", "1")], "validate -o concise -o full=out.txt db.yaml", false),
    ] {
        let output = program(&folder, arguments).envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.contains('\u{1b}'), in_color, "color of `{arguments}` with {variables:?}");
    }
}

/// A terminal: the end that a person reads, and the one that a program writes to.
#[cfg(unix)]
fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    (person.into(), File::options().read(true).write(true).open(name).unwrap())
}

/// What a person reads until the program has left the terminal, or until these words.
#[cfg(unix)]
fn read(person: &mut File, until: &str) -> String {
    use std::io::Read;

    let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&said).contains(until) {
        // A terminal that nobody writes to any more is an error on Linux.
        match person.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(length) => said.extend_from_slice(&buffer[..length]),
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
#[cfg(unix)]
fn a_person_at_a_terminal_is_told_what_is_waited_for() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    let (mut person, program_side) = terminal();
    let mut command = program(&folder, "validate -o concise");
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(program_side)
        .spawn()
        .unwrap();
    drop(command);
    let said = read(&mut person, "waiting for manifests on standard input");
    assert!(said.contains("waiting for manifests on standard input"), "it says nothing but {said:?}");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), ALONE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "what comes in the end is judged");
}

#[test]
#[cfg(unix)]
fn color_is_for_terminals_that_show_it() {
    let folder = Folder::with(&[("db.yaml", ALONE)]);
    for (variables, in_color) in [
        (&[("TERM", "xterm")][..], true),
        (&[("TERM", "dumb")], false),
        (&[("TERM", "dumb"), ("CI", "true")], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false),
    ] {
        let (mut person, program_side) = terminal();
        let mut command = program(&folder, "validate db.yaml");
        let mut child = command.envs(variables.iter().copied()).stdout(program_side).spawn().unwrap();
        drop(command);
        let said = read(&mut person, "1 error, 0 warnings");
        child.wait().unwrap();
        assert_eq!(said.contains('\u{1b}'), in_color, "color with {variables:?} at a terminal:\n{said}");
    }
}
