//! A `syncguard serve` that runs beside the program, with certificates in files, and what is sent to it.

#![allow(dead_code, reason = "each program uses its part")]

pub mod monsters;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use syncguard::certificates::{Authority, CA_LIFETIME, LEAF_LIFETIME};
use tempfile::TempDir;
use time::OffsetDateTime;

const CREATE: &[u8] = include_bytes!("../../tests/fixtures/reviews/create.validate.json");

/// A serving certificate in files, issued anew as often as one likes.
pub struct Certificates {
    directory: TempDir,
    authority: Authority,
}

impl Certificates {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::issue(CA_LIFETIME, OffsetDateTime::now_utc()).unwrap();
        let new = Self { directory, authority };
        new.write();
        new
    }

    /// Writes another certificate; each file is put in place whole.
    pub fn write(&self) {
        let names = ["localhost".parse().unwrap()];
        let pair = self.authority.issue_leaf(&names, LEAF_LIFETIME, OffsetDateTime::now_utc()).unwrap();
        for (name, text) in [("tls.key", &pair.key), ("tls.crt", &pair.certificate)] {
            let temporary = self.file("new");
            std::fs::write(&temporary, text).unwrap();
            std::fs::rename(temporary, self.file(name)).unwrap();
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// One running server.
pub struct Replica {
    child: Child,
    /// Where it takes reviews.
    pub https: SocketAddr,
    /// Where it tells its health.
    pub health: SocketAddr,
    /// From its start until it listened.
    pub started_in: Duration,
}

impl Replica {
    /// Starts one on ports of its own.
    pub fn start(files: &Certificates) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(files, any, any, None)
    }

    /// The same with no more than this memory, in bytes: a process that wants more ends.
    pub fn start_within(files: &Certificates, memory: usize) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(files, any, any, Some(memory))
    }

    fn start_at(files: &Certificates, https: SocketAddr, health: SocketAddr, memory: Option<usize>) -> Self {
        let started = Instant::now();
        let mut command = limited(memory);
        let mut child = command
            .args(["serve", "--log-format=json", "--drain-delay=1"])
            .args([
                "--listen".to_owned(),
                https.to_string(),
                "--health-listen".to_owned(),
                health.to_string(),
            ])
            .args(["--tls-cert".into(), files.file("tls.crt"), "--tls-key".into(), files.file("tls.key")])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listening = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line.ok()?).ok()?;
            (line["message"] == "listening").then_some(line)
        });
        let line = listening.expect("serve says where it listens");
        let started_in = started.elapsed();
        // What it says later must be read, or it would wait for a reader. What is no line of the log is its last words.
        std::thread::spawn(move || {
            let lines = lines.map_while(Result::ok);
            lines.filter(|line| !line.starts_with('{')).for_each(|line| eprintln!("  serve: {line}"));
        });
        let address = |key: &str| line[key].as_str().unwrap().parse().unwrap();
        Self { child, https: address("https"), health: address("health"), started_in }
    }

    /// Starts it again on the same ports.
    pub fn start_again(&mut self, files: &Certificates) {
        *self = Self::start_at(files, self.https, self.health, None);
    }

    /// SIGTERM, and waits for the end.
    pub async fn end_gently(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        while self.child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// The most memory that it has had in RAM so far, in bytes.
    pub fn peak(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kib| kib * 1024)
    }

    /// The process, for measurements.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, in a process that may write to so many bytes (`RLIMIT_DATA`), its threads' stacks included.
fn limited(memory: Option<usize>) -> Command {
    let program = env!("CARGO_BIN_EXE_syncguard");
    let Some(bytes) = memory else { return Command::new(program) };
    let mut shell = Command::new("sh");
    // As in the chart.
    shell.envs([("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")]);
    shell.args(["-c", &format!("ulimit -d {} && exec \"$0\" \"$@\"", bytes / 1024), program]);
    shell
}

/// The documentation's example as an API server sends it, and the same on one instance, which is refused.
pub fn reviews() -> (String, String) {
    let sound: Value = serde_json::from_slice(CREATE).unwrap();
    let mut unsound = sound.clone();
    unsound["request"]["object"]["spec"]["instances"] = json!(1);
    (sound.to_string(), unsound.to_string())
}
