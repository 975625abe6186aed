//! What the compiler does not hold of the design: layers inside the core, rules that know nothing of each other, files of one story.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Modules of a crate that may import each other, and those of the layers below.
type Layer = &'static [&'static str];

/// The core's layers from the ground up: values, knowledge, judgment.
const CORE: &[Layer] = &[
    &[
        "view",
        "json",
        "replication",
        "facts",
        "postgres",
        "patroni",
        "topology",
        "cluster",
        "rule",
        "spelling",
    ],
    &["rules", "defaults"],
    &["policy", "review", "prediction"],
];

/// The rooms of the program; no two of them import each other.
const PROGRAM: &[Layer] = &[
    &["parallel"],
    &["causes"],
    &["fault"],
    &["files"],
    &["settings"],
    &["stored"],
    &["webhook"],
    &["metrics"],
    &["kubernetes"],
    &["certificates"],
    &["http"],
    &["doctor"],
    &["cli"],
];

/// What of the standard library the core must not name: input and output, clocks, threads. Other crates it does not have.
const IMPURE: [&str; 7] = ["fs", "io", "net", "env", "thread", "process", "time"];

/// Where code stands.
const SOURCES: [&str; 4] = ["src", "crates/manifest/src", "crates/core/src", "crates/lint/src"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of a crate but its roots, with the module of the first level that it belongs to.
fn modules_of(folder: &str) -> Vec<(PathBuf, String)> {
    let src = root().join(folder);
    let module = |path: PathBuf| {
        let relative = path.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        (path, module)
    };
    let is_root = |module: &str| ["lib", "main"].contains(&module);
    files_below(&src).into_iter().map(module).filter(|(_, module)| !is_root(module)).collect()
}

fn core() -> Vec<(PathBuf, String)> {
    modules_of("crates/core/src")
}

/// Every source file.
fn files() -> Vec<PathBuf> {
    SOURCES.iter().flat_map(|folder| files_below(&root().join(folder))).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file that runs in production: without tests and comments.
fn production_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let is_test_file = path
        .file_name()
        .is_some_and(|name| ["testing.rs", "tests.rs", "properties.rs"].iter().any(|test| name == *test));
    let code = if is_test_file { "" } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap() };
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n")
}

/// The modules of the first level that some code names through `crate::`, or `std::`.
fn imports(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        let rest = &code[at + root.len()..];
        let names = match rest.strip_prefix('{') {
            // `use crate::{a::b, c::{d, e}}`: the names at the first depth of braces.
            Some(list) => first_names(list),
            None => vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
        };
        found.extend(names);
    }
    found
}

fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut name, mut names, mut taking) = (0, String::new(), Vec::new(), true);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                taking = true;
            }
            ':' if depth == 0 => taking = false,
            c if depth == 0 && taking && (c.is_alphanumeric() || c == '_') => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    names
}

fn imports_point_downwards(folder: &str, layers: &[Layer]) {
    let layer = |module: &str| {
        let found = layers.iter().position(|layer| layer.contains(&module));
        found.unwrap_or_else(|| {
            panic!("{folder}/{module} is in no layer: name it in tests/it/architecture.rs")
        })
    };
    for (path, module) in modules_of(folder) {
        for import in imports(&production_code(&path), "crate::") {
            assert!(
                layer(&import) <= layer(&module),
                "{} is below crate::{import} and imports it: turn the import round",
                path.display(),
            );
        }
    }
}

#[test]
fn imports_in_the_core_point_downwards() {
    imports_point_downwards("crates/core/src", CORE);
}

#[test]
fn no_two_rooms_of_the_program_import_each_other() {
    imports_point_downwards("src", PROGRAM);
}

#[test]
fn the_core_touches_nothing_but_values() {
    for (path, _) in core() {
        let code = production_code(&path);
        for printed in ["println!", "print!("] {
            assert!(!code.contains(printed), "{} is of the core and prints", path.display());
        }
        let used = imports(&code, "std::");
        for impure in IMPURE {
            let names = used.iter().any(|module| module == impure);
            assert!(!names, "{} is of the core and names std::{impure}", path.display());
        }
    }
}

#[test]
fn a_rule_imports_neither_rules_nor_judgment() {
    for (path, module) in core() {
        let parent = path.parent().and_then(Path::file_name);
        if module != "rules" || parent.is_none_or(|parent| parent != "rules") {
            continue;
        }
        let code = production_code(&path);
        assert!(
            !code.contains("super::") && !code.contains("crate::rules"),
            "{} imports another rule",
            path.display()
        );
    }
}

#[test]
fn every_file_opens_with_its_story() {
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with a `//!` sentence", path.display());
    }
}

#[test]
fn no_file_is_more_than_one_story() {
    for path in files() {
        let lines = production_code(&path).lines().count();
        assert!(
            lines <= 330,
            "{} has {lines} lines of code: which two stories does it tell?",
            path.display()
        );
    }
}
