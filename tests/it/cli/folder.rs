//! A folder with some files, in which the program runs, and what it says there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The folder; gone with the value.
pub struct Folder(TempDir);

/// What a run left behind.
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A path in this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the program in the root of this repository; the arguments stand in one line, none with a space in it.
pub fn syncguard(arguments: &str) -> Said {
    run(&repository(""), arguments, &[])
}

impl Folder {
    /// A folder with these files.
    pub fn with<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs the program in the folder, with nothing on standard input.
    pub fn run(&self, arguments: &str) -> Said {
        run(self.path(), arguments, &[])
    }

    /// Runs the program in the folder, with a text on standard input.
    pub fn run_with(&self, arguments: &str, input: impl AsRef<[u8]>) -> Said {
        run(self.path(), arguments, input.as_ref())
    }
}

fn run(folder: &Path, arguments: &str, input: &[u8]) -> Said {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("syncguard"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .write_stdin(input)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// The findings of `-o jsonl`, as `severity rule path`.
    pub fn findings(&self) -> Vec<String> {
        let finding = |line: &str| -> String {
            let finding: Value = serde_json::from_str(line).unwrap();
            let part = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", part("severity"), part("rule"), part("path")).trim_end().to_owned()
        };
        self.out.lines().map(finding).collect()
    }

    /// The places and rules of `-o concise`, as `FILE:LINE:COLUMN severity[rule]`, without the summary.
    pub fn places(&self) -> Vec<String> {
        let place = |line: &str| {
            let (place, rest) = line.split_once(": ")?;
            let (what, _) = rest.split_once(' ')?;
            what.ends_with(']').then(|| format!("{place} {what}"))
        };
        self.out.lines().filter_map(place).collect()
    }

    /// Whether the exit code is this one.
    #[track_caller]
    pub fn exits(&self, code: i32, why: &str) -> &Self {
        assert_eq!(
            self.code, code,
            "the exit code should be {code}, because {why}\n{}{}",
            self.out, self.err
        );
        self
    }
}
