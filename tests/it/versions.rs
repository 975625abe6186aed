//! `tests/tools/versions`: what a checkout of StackGres has and the table of facts has not.

use std::{fs, process::Command};

use tempfile::TempDir;

use crate::cli::folder::repository;

/// What the script says of the checkout in tests/fixtures, as standard output, standard error and code, with its own copy of the
/// table; and the table afterwards.
fn compared(release: &str, write: bool) -> (String, String, Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("shipped.rs");
    fs::copy(repository("crates/core/src/facts/shipped.rs"), &table).unwrap();
    let mut script = Command::new("bash");
    script.arg(repository("tests/tools/versions")).arg(repository("tests/fixtures/stackgres")).arg(release);
    let output = script.args(write.then_some("--write")).env("SHIPPED_RS", &table).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code(), fs::read_to_string(table).unwrap())
}

#[test]
fn a_new_pairing_is_printed_as_a_row_of_the_table_and_known_ones_are_not() {
    let (rows, said, code, table) = compared("1.18.6", false);
    assert_eq!(rows, "    shipped((16, 99), Version(4, 9, 0), Release(1, 18, 6)),\n", "what is said: {said}");
    assert_eq!(code, Some(1), "the table is behind");
    assert!(!table.contains("(16, 99)"), "nothing is written unless that is asked for");
}

#[test]
fn what_cannot_be_found_is_said() {
    let (_, said, ..) = compared("1.18.6", false);
    assert!(said.contains("not found: a Patroni of build 6.77, for Postgres 16.98"), "{said}");
    assert!(said.contains("the default of ttl is 30"), "{said}");
    let (_, said, code, _) = compared("1.77.0", false);
    assert!(said.contains("not found: versions-1.77.properties"), "{said}");
    assert_eq!(code, Some(2), "a release that the checkout does not have");
    let (_, said, code, _) = compared("newest", false);
    assert!(said.contains("newest is no release"), "{said}");
    assert_eq!(code, Some(2), "no release");
}

#[test]
fn the_rows_are_written_where_they_belong_and_all_others_stay() {
    let before = fs::read_to_string(repository("crates/core/src/facts/shipped.rs")).unwrap();
    let (row, _, _, table) = compared("1.18.6", true);
    let mut lines: Vec<_> = table.lines().collect();
    let at = lines.iter().position(|line| *line == row.trim_end()).expect("the new row is written");
    assert!(
        lines[at - 1].contains("shipped((16, ") && lines[at + 1].contains("shipped((17, "),
        "it is the last of 16"
    );
    lines.remove(at);
    assert_eq!(lines, before.lines().collect::<Vec<_>>(), "all other lines stay");
}
