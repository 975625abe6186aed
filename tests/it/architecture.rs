//! What the compiler does not hold of the design: layers inside the core, rules that know nothing of each other, files of one story.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The core's layers from the ground up; a module may import its own layer and those below.
const LAYERS: [(&str, &[&str]); 3] = [
    (
        "values",
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
    ),
    ("knowledge", &["rules", "defaults"]),
    ("judgment", &["policy", "review", "prediction"]),
];

/// What of the standard library the core must not name: input and output, clocks, threads. Other crates it does not have.
const IMPURE: [&str; 7] = ["fs", "io", "net", "env", "thread", "process", "time"];

/// Where code stands.
const SOURCES: [&str; 4] = ["src", "crates/manifest/src", "crates/core/src", "crates/lint/src"];

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module)).unwrap_or_else(|| {
        panic!(
            "crates/core/src/{module}.rs is in no layer: name it in tests/it/architecture.rs and in lib.rs"
        )
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the core but its root, with the module of the first level that it belongs to.
fn core() -> Vec<(PathBuf, String)> {
    let src = root().join("crates/core/src");
    let module = |path: PathBuf| {
        let relative = path.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        (path, module)
    };
    files_below(&src).into_iter().map(module).filter(|(_, module)| module != "lib").collect()
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

#[test]
fn imports_in_the_core_point_downwards() {
    for (path, module) in core() {
        for import in imports(&production_code(&path), "crate::") {
            assert!(
                layer(&import) <= layer(&module),
                "{} is of the layer {} and imports crate::{import}, which is of {}: turn the import round",
                path.display(),
                LAYERS[layer(&module)].0,
                LAYERS[layer(&import)].0
            );
        }
    }
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
