//! Files that `mutate --write` and `validate --fix` change stay the files that they were, and are never cut off.
#![cfg(unix)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    process::Command,
};

use super::{SOUND, folder::Folder};

/// What `mutate --write` completes, longer than the limits of these tests.
fn incomplete() -> String {
    format!("{}# {}\n", SOUND.replace("    role: ha-read\n", ""), "x".repeat(3_000))
}

fn is_complete(text: &str) -> bool {
    text.contains("    role: ha-read\n")
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn mode_and_owner_are_kept() {
    for (command, text) in [
        ("mutate --write db.yaml", incomplete()),
        ("validate --fix db.yaml", SOUND.replace("strict-sync-all", "strict_sync_all")),
    ] {
        let folder = Folder::with(&[("db.yaml", text.as_str())]);
        let path = folder.path().join("db.yaml");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        // Only root can give a file away.
        let is_root = std::os::unix::fs::chown(&path, Some(12_345), Some(54_321)).is_ok();
        let before = fs::metadata(&path).unwrap();
        folder.run(command).exits(0, "the file can be changed");
        let after = fs::metadata(&path).unwrap();
        assert_ne!(folder.read("db.yaml"), text, "{command} changes it");
        assert_eq!(
            (after.mode(), after.uid(), after.gid()),
            (before.mode(), before.uid(), before.gid()),
            "{command}, as root: {is_root}"
        );
        assert_eq!(names(&folder), ["db.yaml"], "nothing is left beside it");
    }
}

#[test]
fn links_stay_links() {
    let folder = Folder::with(&[("there/db.yaml", incomplete())]);
    let at = |name: &str| folder.path().join(name);
    symlink("there/db.yaml", at("link.yaml")).unwrap();
    folder.run("mutate --write link.yaml").exits(0, "what the link leads to is completed");
    assert_eq!(fs::read_link(at("link.yaml")).unwrap().to_str(), Some("there/db.yaml"));
    assert!(is_complete(&folder.read("there/db.yaml")), "the link's target is what changes");

    let folder = Folder::with(&[("db.yaml", incomplete())]);
    let at = |name: &str| folder.path().join(name);
    fs::hard_link(at("db.yaml"), at("other")).unwrap();
    folder.run("mutate --write db.yaml").exits(0, "a file of two names is completed");
    assert!(is_complete(&folder.read("other")), "both names still lead to one file");
    assert_eq!(fs::metadata(at("db.yaml")).unwrap().ino(), fs::metadata(at("other")).unwrap().ino());
}

/// Runs a command where no file can grow beyond two KiB, as on a disk that is full.
fn without_room(folder: &Folder, command: &str) -> (Option<i32>, String) {
    let script = format!("trap '' XFSZ; ulimit -f 2; exec {} {command}", env!("CARGO_BIN_EXE_syncguard"));
    let said = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    (said.status.code(), String::from_utf8(said.stderr).unwrap())
}

#[test]
fn a_file_that_cannot_be_written_whole_stays_as_it_was() {
    let mistyped = incomplete().replace("strict-sync-all", "strict_sync_all");
    for (command, text) in [("mutate --write .", incomplete()), ("validate --fix .", mistyped)] {
        for has_two_names in [false, true] {
            let small = text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .fold(String::new(), |all, line| all + line + "\n");
            let folder = Folder::with(&[("a.yaml", text.as_str()), ("b.yaml", small.as_str())]);
            if has_two_names {
                fs::hard_link(folder.path().join("a.yaml"), folder.path().join("same")).unwrap();
            }
            let (code, said) = without_room(&folder, command);
            assert_eq!(code, Some(2), "{command} says that it failed: {said}");
            assert!(said.contains("cannot write") && said.contains("a.yaml"), "{command} says what: {said}");
            assert_eq!(
                folder.read("a.yaml"),
                text,
                "{command} leaves the file whole, of two names: {has_two_names}"
            );
            assert_ne!(folder.read("b.yaml"), small, "{command} does the others");
            let expected: &[_] =
                if has_two_names { &["a.yaml", "b.yaml", "same"] } else { &["a.yaml", "b.yaml"] };
            assert_eq!(names(&folder), expected, "nothing is left beside them");
        }
    }
}

#[test]
fn a_file_that_may_not_be_written_stays_as_it_was() {
    let folder = Folder::with(&[("a.yaml", incomplete()), ("b.yaml", incomplete())]);
    let path = folder.path().join("a.yaml");
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let said = folder.run("mutate --write .");
    // To root no file is read-only.
    if rustix::process::geteuid().is_root() {
        said.exits(0, "root may write it");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o444, "and it stays read-only for others");
    } else {
        said.exits(2, "not everything could be completed");
        assert_eq!(folder.read("a.yaml"), incomplete());
    }
    assert!(is_complete(&folder.read("b.yaml")), "the other one is completed");
}
