//! A directory whose processes end, and that goes, when this process does, however that comes about.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::lab::command;

/// Reads from a pipe that only the test can write to. When the pipe ends, so does everything that works in the directory:
/// Patroni starts Postgres away from itself, and Postgres its children, so that no process group holds them all.
const KEEP: &str = r#"
trap '' HUP INT TERM
directory=$1
cat >/dev/null
while :; do
  processes=$(find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$directory*" 2>/dev/null)
  [ -n "$processes" ] || break
  for process in $processes; do process=${process#/proc/}; kill -9 "${process%/cwd}" 2>/dev/null; done
  sleep 0.1
done
rm -rf "$directory"
"#;

/// A directory and whatever works in it.
pub struct ProcessDir {
    /// Where.
    pub directory: PathBuf,
    shell: Child,
}

impl ProcessDir {
    /// A new directory.
    pub fn new() -> Self {
        let made = command("mktemp").args(["-d", "--tmpdir=/tmp", "syncguard-patroni-XXXXXXXX"]).output();
        let made = made.expect("mktemp can be run");
        assert!(made.status.success(), "mktemp: {}", String::from_utf8_lossy(&made.stderr));
        let directory = PathBuf::from(String::from_utf8(made.stdout).unwrap().trim());
        let shell = command("sh")
            .args(["-c", KEEP, "process_dir"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be started");
        Self { directory, shell }
    }
}

impl Drop for ProcessDir {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell can only have ended already.
        let _ = self.shell.wait();
    }
}
