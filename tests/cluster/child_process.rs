//! A program that ends when this process does, however that comes about: by itself, by a panic, or killed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A shell holds the program, and reads from a pipe that only this process can write to. When the pipe ends, so
/// does the program, and its directory goes. Signals to the whole group leave the shell alone: it has work to do.
/// A program that ends by itself leaves a note, so that nobody waits for it, and nobody else's process is killed.
const HOLD: &str = r#"
trap '' HUP INT TERM
directory=$1; shift
exec 3<&0
"$@" >"$directory/stdout" 2>"$directory/stderr" </dev/null 3<&- &
program=$!
{ cat <&3 >/dev/null; [ -e "$directory/ended" ] || kill -9 "$program"; } &
watcher=$!
wait "$program"
: >"$directory/ended"
wait "$watcher"
rm -rf "$directory"
"#;

/// A running program and its directory.
pub struct ChildProcess {
    /// Where the program has its files; gone when it is.
    pub directory: PathBuf,
    program: String,
    shell: Child,
}

impl ChildProcess {
    /// A directory for a program that is still to be started.
    pub fn directory(program: &str) -> PathBuf {
        let prefix = format!("syncguard-{program}-");
        tempfile::Builder::new().prefix(&prefix).tempdir().unwrap().keep()
    }

    /// Starts a program that has its files in this directory.
    pub fn start<A: AsRef<OsStr>>(directory: PathBuf, program: &Path, args: &[A]) -> Self {
        let shell = Command::new("sh")
            .args(["-c", HOLD, "child_process"])
            .arg(&directory)
            .arg(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be started");
        let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { directory, program, shell }
    }

    /// What the program has written, on stdout or stderr.
    pub fn wrote(&self, stream: &str) -> String {
        fs::read_to_string(self.directory.join(stream)).unwrap_or_default()
    }

    /// Waits until the program is as it should be; otherwise says what it wrote last.
    pub fn until<T>(&self, what: &str, mut probe: impl FnMut() -> Option<T>) -> Result<T, String> {
        let has_ended = || self.directory.join("ended").exists();
        let found = until(|| probe().map(Some).or_else(|| has_ended().then_some(None)));
        found.flatten().ok_or_else(|| {
            let how = if has_ended() { "ended instead" } else { "was not within a minute" };
            format!("{} was to be {what}, and {how}. It wrote last:\n{}", self.program, self.last_lines())
        })
    }

    fn last_lines(&self) -> String {
        let log = self.wrote("stdout") + &self.wrote("stderr");
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell can only have ended already.
        let _ = self.shell.wait();
    }
}

/// Asks again until there is an answer, for a minute.
pub fn until<T>(mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let found = probe();
        if found.is_some() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(Duration::from_millis(50));
    }
}
