//! kubectl, as a person runs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// Where warnings and refusals are.
    pub stderr: String,
}

/// kubectl for one API server.
pub struct Kubectl {
    program: PathBuf,
    /// Where the kubeconfig is, and kubectl keeps what it discovers.
    home: PathBuf,
}

impl Kubectl {
    /// kubectl for the API server at this URL.
    pub fn new(program: PathBuf, home: &Path, server: &str, ca: &Path, token: &str) -> Self {
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": ca}}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        });
        std::fs::write(home.join("kubeconfig"), config.to_string()).unwrap();
        Self { program, home: home.to_owned() }
    }

    /// The file that leads to the API server.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.join("kubeconfig")
    }

    /// The program and the flags that every command needs.
    pub fn program_and_flags(&self) -> (&Path, [String; 2]) {
        let (config, cache) = (self.kubeconfig(), self.home.join("discovered"));
        let flags =
            [format!("--kubeconfig={}", config.display()), format!("--cache-dir={}", cache.display())];
        (&self.program, flags)
    }

    /// Runs one command with this on its standard input.
    pub fn run(&self, args: &[&str], input: &str) -> Said {
        let (program, flags) = self.program_and_flags();
        let mut child = Command::new(program)
            .args(flags)
            .args(args)
            // Nobody's own preferences.
            .env("HOME", &self.home)
            .env("KUBECTL_KUBERC", "false")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl can be started");
        // A command that does not read its input has ended by itself.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("kubectl writes UTF-8");
        Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
