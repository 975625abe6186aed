//! The generated page of all rules, and the help of every command, are those that the program prints.

use crate::{cli::folder::syncguard, golden};

#[test]
fn the_page_of_all_rules_is_current() {
    let said = syncguard("rule -o markdown");
    golden::agrees("docs/rules.md", &said.exits(0, "a page was asked for").out);
}

#[test]
fn the_page_of_versions_is_current() {
    golden::agrees("docs/versions.md", &syncguard_lint::render::versions::markdown());
}

#[test]
fn the_help_of_every_command_is_as_agreed() {
    for command in [
        "", "validate", "mutate", "explain", "rule", "serve", "certs", "audit", "doctor", "schema", "example",
    ] {
        let said = syncguard(&format!("{command} --help"));
        said.exits(0, "help was asked for");
        let name = if command.is_empty() { "syncguard" } else { command };
        golden::agrees(&format!("tests/golden/help/{name}.txt"), &said.out);
        assert!(said.out.contains("\nExamples:\n"), "the help of {name} has no examples:\n{}", said.out);
    }
}
