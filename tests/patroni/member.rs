//! One member: a Patroni with its Postgres, and the ways in which it can end and come back.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::process::Child;

use serde_json::{Value, json};

use crate::{
    explained::Explained,
    http,
    lab::{Lab, POSTGRES, command, free_port},
    patience::{LONG, ensure, wait},
    processes::{signal, with_children},
    session::ask,
};

/// A member of a cluster.
pub struct Member {
    /// Its name.
    pub name: String,
    /// The port of its Postgres.
    pub port: u16,
    /// The port of its REST interface.
    pub rest: u16,
    directory: PathBuf,
    program: PathBuf,
    patroni: Option<Child>,
    frozen: Vec<u32>,
}

/// What a machine of the lab can spare; nothing of it is predicted.
const FRUGAL: [(&str, &str); 6] = [
    ("shared_buffers", "4MB"),
    ("fsync", "off"),
    ("max_parallel_workers", "0"),
    ("autovacuum", "off"),
    ("min_wal_size", "4MB"),
    ("logging_collector", "off"),
];

impl Member {
    /// A member that does not run yet, with its files below this directory.
    pub fn new(
        lab: &Lab,
        cluster: &Explained,
        namespace: &str,
        below: &std::path::Path,
        ordinal: usize,
    ) -> Self {
        let (name, tags) = cluster.members().swap_remove(ordinal);
        let directory = below.join(&name);
        let made = command("mkdir").arg(&directory).status().expect("mkdir can be run");
        assert!(made.success(), "the directory of {name} can be made");
        let program = lab.patroni(cluster.shipped, "patroni");
        let (port, rest) = (free_port(), free_port());
        let member = Self { name, port, rest, directory, program, patroni: None, frozen: Vec::new() };
        let configuration = member.configuration(lab, cluster, namespace, &tags);
        fs::write(member.configuration_file(), configuration.to_string()).unwrap();
        member
    }

    /// Where its configuration is; `patronictl` reads it too.
    pub fn configuration_file(&self) -> PathBuf {
        self.directory.join("patroni.yml")
    }

    fn configuration(&self, lab: &Lab, cluster: &Explained, namespace: &str, tags: &Value) -> Value {
        let (postgres, rest) = (format!("127.0.0.1:{}", self.port), format!("127.0.0.1:{}", self.rest));
        let mut parameters: serde_json::Map<_, _> =
            FRUGAL.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        parameters.insert("unix_socket_directories".to_owned(), json!(self.directory));
        json!({
            "scope": cluster.name(), "namespace": namespace, "name": self.name, "tags": tags,
            "etcd3": {"host": format!("127.0.0.1:{}", lab.etcd)},
            "restapi": {"listen": rest, "connect_address": rest},
            "bootstrap": {
                "dcs": cluster.dynamic_configuration(),
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"wal-segsize": "1"}, "no-sync"],
            },
            "postgresql": {
                "listen": postgres, "connect_address": postgres,
                "data_dir": self.directory.join("data"), "bin_dir": POSTGRES,
                "pgpass": self.directory.join("pgpass"),
                "authentication": {
                    "superuser": {"username": "postgres"}, "replication": {"username": "postgres"},
                },
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                "parameters": parameters,
            },
        })
    }

    /// Starts it, for the first time or again.
    pub fn start(&mut self) {
        if self.patroni.is_some() {
            return;
        }
        let log = OpenOptions::new().create(true).append(true).open(self.directory.join("log")).unwrap();
        let patroni = command(&self.program)
            .arg(self.configuration_file())
            // By its directory it is found when it must end.
            .current_dir(&self.directory)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("Patroni can be started");
        self.patroni = Some(patroni);
    }

    /// Whether it was started, and has not ended.
    pub fn runs(&self) -> bool {
        self.patroni.is_some() && self.frozen.is_empty()
    }

    /// Postgres and its children; none where it does not run.
    fn postgres(&self) -> Vec<u32> {
        let file = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap_or_default();
        let postmaster = file.lines().next().and_then(|line| line.trim().parse().ok());
        postmaster.map(with_children).unwrap_or_default()
    }

    fn everything(&self) -> Vec<u32> {
        let patroni = self.patroni.iter().map(Child::id);
        patroni.chain(self.postgres()).collect()
    }

    /// An orderly stop, as of a pod that is deleted.
    pub fn stop(&mut self) -> Result<(), String> {
        let Some(mut patroni) = self.patroni.take() else { return Ok(()) };
        signal("TERM", &[patroni.id()]);
        wait(&format!("the end of {}", self.name), LONG, || match patroni.try_wait() {
            Ok(Some(_)) => Ok(()),
            _ => Err("it still runs".to_owned()),
        })
    }

    /// Kills several at the same time, Patroni and Postgres.
    pub fn crash(members: &mut [&mut Self]) {
        // Children are looked for before the first one dies; Patroni goes first, since it would start Postgres again.
        let everything: Vec<_> = members.iter().flat_map(|member| member.everything()).collect();
        let patronis: Vec<_> =
            members.iter().filter_map(|member| Some(member.patroni.as_ref()?.id())).collect();
        signal("KILL", &[patronis, everything].concat());
        for member in members {
            if let Some(mut patroni) = member.patroni.take() {
                patroni.wait().unwrap();
            }
            member.frozen.clear();
        }
    }

    /// Kills its Postgres alone.
    pub fn crash_postgres(&self) {
        signal("KILL", &self.postgres());
    }

    /// The process that receives WAL.
    pub fn wal_receiver(&self) -> Result<u32, String> {
        process(&ask(self.port, "SELECT pid FROM pg_stat_wal_receiver")?)
    }

    /// The process that sends WAL to another member.
    pub fn wal_sender(&self, to: &str) -> Result<u32, String> {
        process(&ask(
            self.port,
            &format!("SELECT pid FROM pg_stat_replication WHERE application_name = '{to}'"),
        )?)
    }

    /// Stops it in mid-air without closing a connection, as a node does that vanishes.
    pub fn freeze(&mut self) {
        self.frozen = self.everything();
        signal("STOP", &self.frozen);
    }

    /// The same for its Postgres alone, Patroni being well.
    pub fn freeze_postgres(&mut self) {
        self.frozen = self.postgres();
        signal("STOP", &self.frozen);
    }

    /// Lets it go on.
    pub fn thaw(&mut self) {
        signal("CONT", &std::mem::take(&mut self.frozen));
    }

    /// What Patroni says of it; none where it does not answer.
    pub fn status(&self) -> Option<Value> {
        http::get(self.rest, "/patroni").map(|(_, body)| body)
    }

    /// What Patroni says of the cluster.
    pub fn cluster(&self) -> Option<Value> {
        http::get(self.rest, "/cluster").map(|(_, body)| body)
    }

    /// Whether it takes writes: Patroni says so before the promotion has ended, so Postgres is asked too.
    pub fn leads(&self) -> bool {
        let says_so = http::get(self.rest, "/primary").is_some_and(|(code, _)| code == 200);
        says_so && ask(self.port, "SELECT pg_is_in_recovery()").is_ok_and(|answer| answer == "f")
    }

    /// `synchronous_standby_names` as its Postgres has it.
    pub fn standby_names(&self) -> Result<String, String> {
        ask(self.port, "SHOW synchronous_standby_names")
    }

    /// Waits until Patroni has looked at its world so many times.
    pub fn looks(&self, times: usize) -> Result<(), String> {
        let seen = || self.status().map(|status| status["dcs_last_seen"].clone());
        for _ in 0..times {
            let before = seen();
            let again = || {
                let now = seen();
                ensure(now.is_some() && now != before, || "it has not looked again".to_owned())
            };
            wait(&format!("a look of {} at its cluster", self.name), LONG, again)?;
        }
        Ok(())
    }

    /// Whether its Postgres says that it has WAL which whoever leads now never had.
    pub fn is_ahead_of_its_leader(&self) -> bool {
        self.log().contains("before current recovery point")
    }

    /// Whether it or its Postgres has logged this since it came into being.
    pub fn has_logged(&self, text: &str) -> Result<(), String> {
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        ensure(log.contains(text), || format!("{} has not logged {text:?}", self.name))
    }

    /// The end of what it has logged.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!("{}:\n  {}\n", self.name, lines[lines.len().saturating_sub(12)..].join("\n  "))
    }
}

fn process(id: &str) -> Result<u32, String> {
    id.parse().map_err(|_| "no such process runs".to_owned())
}
