//! What the lab is made of: PostgreSQL, Patroni and etcd, as `tests/patroni/install` leaves them on a machine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::json;
use syncguard_core::patroni::OBSERVED;

use crate::{child_process::ChildProcess, http};

/// Where the package puts the programs of PostgreSQL.
pub const POSTGRES: &str = "/usr/lib/postgresql/15/bin";

/// A Patroni that StackGres ships, and a Postgres version that it ships it with.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// The version of Patroni.
    pub patroni: &'static str,
    /// A version of Postgres that makes the operator deploy it. The lab's own is Debian's.
    pub postgres: &'static str,
}

/// The line that lists a lag in megabytes, with issue 3468.
pub const PATRONI_3: Shipped = Shipped { patroni: OBSERVED[0], postgres: "15.5" };
/// The newest.
pub const PATRONI_4: Shipped = Shipped { patroni: OBSERVED[1], postgres: "15.14" };

/// The programs, and the etcd that all clusters share.
pub struct Lab {
    directory: PathBuf,
    /// The port of etcd.
    pub etcd: u16,
    _etcd: ChildProcess,
}

impl Lab {
    /// The one that all tests share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Lab, String>> = OnceLock::new();
        // Every test says it, not only the first one: a poisoned lock would explain nothing.
        SHARED.get_or_init(Self::open).as_ref().unwrap_or_else(|problem| panic!("{problem}"))
    }

    fn open() -> Result<Self, String> {
        let directory = installed()?;
        let (client, peer) = (free_port(), free_port());
        let etcd = start_etcd(&directory, client, peer);
        let answers = || {
            let status = http::post(client, "/v3/maintenance/status", &json!({}));
            status.filter(|(code, _)| *code == 200).map(drop)
        };
        etcd.until("answering", answers)?;
        Ok(Self { directory, etcd: client, _etcd: etcd })
    }

    /// A program of a Patroni: `patroni`, `patronictl`.
    pub fn patroni(&self, shipped: Shipped, program: &str) -> PathBuf {
        let version = shipped.patroni;
        let program = self.directory.join(format!("patroni-{version}/bin/{program}"));
        assert!(program.exists(), "this test needs Patroni {version}: run tests/patroni/install {version}");
        program
    }
}

/// Where everything is, or what is missing and how to get it.
fn installed() -> Result<PathBuf, String> {
    let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/patroni/install");
    let found = Command::new(&install).arg("--check").output();
    let found = found.map_err(|error| format!("{} cannot be run: {error}", install.display()))?;
    if found.status.success() {
        return Ok(PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()));
    }
    Err(format!("these tests need a real Patroni.\n{}", String::from_utf8_lossy(&found.stderr)))
}

fn start_etcd(directory: &Path, client: u16, peer: u16) -> ChildProcess {
    let data = ChildProcess::directory("etcd");
    let args = [
        format!("--data-dir={}", data.join("data").display()),
        // What it stores is not to outlive it.
        "--unsafe-no-fsync".to_owned(),
        format!("--listen-client-urls=http://127.0.0.1:{client}"),
        format!("--advertise-client-urls=http://127.0.0.1:{client}"),
        format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-cluster=default=http://127.0.0.1:{peer}"),
    ];
    ChildProcess::start(data, &directory.join("etcd"), &args)
}

/// A port that nobody listens on, and that the kernel gives to no outgoing connection: members come back to theirs.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at a time begin at different places, further apart than the ports of one run reach.
    let begin = std::process::id().wrapping_mul(631) % u32::from(COUNT);
    let begin = u16::try_from(begin).unwrap_or(0);
    let mut candidates = (0..COUNT).map(|_| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        FIRST + (begin + step) % COUNT
    });
    candidates.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// A command run by a user that PostgreSQL accepts: the present one, unless it is root.
pub fn command(program: impl AsRef<Path>) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = if is_root {
        // Unlike su and runuser it becomes the program, so that the process that is killed is the right one.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    };
    command.env("LC_ALL", "C.UTF-8").env("HOME", "/nonexistent").env_remove("PGDATA").current_dir("/");
    command
}
