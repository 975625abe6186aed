//! Every dependency has a license that lets us pass it on under Apache-2.0.

use std::process::Command;

use serde_json::Value;

/// Licenses that ask for no more than their text and a notice.
const ALLOWED: [&str; 15] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "OpenSSL",
    "CDLA-Permissive-2.0",
    "0BSD",
    "Unlicense",
    "BSL-1.0",
    "CC0-1.0",
    "MIT-0",
];

/// Whether an SPDX expression can be fulfilled: one side of every OR, both sides of every AND.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression.split(" AND ").all(|part| part.split(" OR ").any(|license| ALLOWED.contains(&license.trim())))
}

/// The name of the system that the tests run on, as rustc knows it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn every_dependency_may_be_passed_on() {
    // Only what is built here is downloaded; other systems' crates are not.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let license = package["license"].as_str().unwrap_or("none");
        assert!(
            is_allowed(license),
            "{} has the license {license}, which is not in the list",
            package["name"]
        );
    }
}
