//! A cluster of members made from a prediction: how it comes up, settles, and is asked what it is doing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::{
    explained::Explained,
    http,
    lab::{Lab, command},
    member::Member,
    patience::{LONG, ensure, wait},
    process_dir::ProcessDir,
    session::ask,
    writer::Writer,
};

/// A cluster.
pub struct Cluster {
    /// What it was made from.
    pub explained: Explained,
    /// Its members, by their ordinals.
    pub members: Vec<Member>,
    /// The rows that were acknowledged and must be there.
    pub acknowledged: Vec<i64>,
    lab: &'static Lab,
    namespace: String,
    process_dir: ProcessDir,
}

impl Cluster {
    /// A cluster of every predicted member, settled. One in a hundred does not settle (a replica that has no WAL receiver,
    /// as in Patroni issue 3686), so a second one is tried; what is asserted of a settled one is never tried twice.
    pub fn settled(explained: &Explained) -> Result<Self, String> {
        let come_up = || {
            let mut cluster = Self::new(explained);
            let outcome = cluster.come_up();
            outcome.map_err(|problem| problem + "\n" + &cluster.logs()).map(|()| cluster)
        };
        come_up().or_else(|first| {
            eprintln!("a cluster did not settle, and a second one is made:\n{first}");
            come_up()
        })
    }

    /// A cluster whose members do not run yet.
    pub fn new(explained: &Explained) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (lab, process_dir) = (Lab::shared(), ProcessDir::new());
        let namespace = format!("/lab-{}-{}/", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let member = |ordinal| Member::new(lab, explained, &namespace, &process_dir.directory, ordinal);
        let members = (0..explained.members().len()).map(member).collect();
        let explained = explained.clone();
        Self { explained, members, acknowledged: Vec::new(), lab, namespace, process_dir }
    }

    /// Member 0 first, as a `StatefulSet` does it; the others at once, unless it matters who comes first.
    fn come_up(&mut self) -> Result<(), String> {
        self.come_up_to(1)?;
        if self.explained.is_counted() {
            for members in 2..=self.members.len() {
                self.come_up_to(members)?;
            }
        }
        self.come_up_to(self.members.len())?;
        ask(self.members[0].port, "CREATE TABLE kept (id bigint PRIMARY KEY)").map(drop)
    }

    /// Starts the first members, and waits until all of them stream and commits wait for as many as can be.
    fn come_up_to(&mut self, members: usize) -> Result<(), String> {
        self.members[..members].iter_mut().for_each(Member::start);
        self.settle()
    }

    /// Waits until all that run stream, and commits wait for as many of them as predicted.
    pub fn settle(&self) -> Result<(), String> {
        wait(&format!("that {} settles", self.explained.name()), LONG, || self.is_settled())
    }

    fn is_settled(&self) -> Result<(), String> {
        let leader = self.leader()?;
        let running = self.members.iter().filter(|member| member.runs()).count();
        let status = leader.cluster().ok_or("the leader says nothing")?;
        let listed = status["members"].as_array().ok_or("the leader lists nobody")?;
        let streaming = |member: &&Value| {
            let is_leader = ["leader", "standby_leader"].iter().any(|role| member["role"] == *role);
            is_leader || (member["state"] == self.explained.standby_state() && lag(member) == Some(0))
        };
        let well = listed.iter().filter(streaming).count();
        ensure(well == running && listed.len() == running, || {
            format!("of {running} members that run {well} stream, of {} that are listed", listed.len())
        })?;
        let wanted = self.explained.awaited().min(running - 1);
        let named = names(&leader.standby_names()?);
        let synchronous: BTreeSet<_> = listed
            .iter()
            .filter(|member| member["role"] == "sync_standby")
            .map(|member| text(&member["name"]))
            .collect();
        let star = wanted == 0 && self.explained.is_strict() && named == BTreeSet::from(["*".to_owned()]);
        ensure(star || (named == synchronous && named.len() == wanted), || {
            format!("{wanted} were to be awaited, {named:?} are in Postgres, {synchronous:?} are listed")
        })
    }

    /// The member that takes writes.
    pub fn leader(&self) -> Result<&Member, String> {
        let mut running = self.members.iter().filter(|member| member.runs());
        running.find(|member| member.leads()).ok_or_else(|| "nobody leads".to_owned())
    }

    /// Waits until somebody leads.
    pub fn led(&self) -> Result<&Member, String> {
        wait("a leader", LONG, || self.leader())
    }

    /// Where a member is in `members`.
    pub fn index(&self, name: &str) -> usize {
        self.members.iter().position(|member| member.name == name).expect("a member of the cluster")
    }

    /// The members that commits wait for, as the leader has them.
    pub fn awaited(&self) -> Result<BTreeSet<String>, String> {
        Ok(names(&self.leader()?.standby_names()?))
    }

    /// A writer on the present leader.
    pub fn writer(&self) -> Result<Writer, String> {
        Writer::start(self.leader()?.port)
    }

    /// Ends a writer, and remembers what it was promised.
    pub fn remember(&mut self, writer: Writer) {
        self.acknowledged.extend(writer.stop());
    }

    /// Whether every acknowledged row is there.
    pub fn keeps_everything(&self) -> Result<(), String> {
        let rows = ask(self.led()?.port, "SELECT coalesce(string_agg(id::text, ','), '') FROM kept")?;
        let there: BTreeSet<i64> = rows.split(',').filter_map(|id| id.parse().ok()).collect();
        let gone: Vec<_> = self.acknowledged.iter().filter(|id| !there.contains(id)).collect();
        ensure(gone.is_empty(), || format!("acknowledged rows were to be kept, and {gone:?} are gone"))
    }

    /// Everybody runs again, and the cluster settles.
    pub fn heal(&mut self) -> Result<(), String> {
        for member in &mut self.members {
            member.thaw();
            member.start();
        }
        self.settle()
    }

    /// The same, and what `explain` tells people to do about members that stay ahead of the new leader.
    pub fn heal_by_hand(&mut self) -> Result<(), String> {
        let Err(problem) = self.heal() else { return Ok(()) };
        let ahead: Vec<&Member> =
            self.members.iter().filter(|member| member.is_ahead_of_its_leader()).collect();
        ensure(!ahead.is_empty(), || problem)?;
        for member in ahead {
            self.reinitialize(&member.name)?;
        }
        self.settle()
    }

    /// Has a member made anew from the leader.
    pub fn reinitialize(&self, member: &str) -> Result<(), String> {
        self.patronictl(&["reinit", self.explained.name(), member, "--force"]).map(drop)
    }

    /// Nobody leads, and nobody will: so many looks of each member that runs leave the lock alone.
    pub fn nobody_leads(&self, looks: usize) -> Result<(), String> {
        let running = || self.members.iter().filter(|member| member.runs());
        let nobody = || self.leader().map_or(Ok(()), |leader| Err(format!("{} leads", leader.name)));
        nobody()?;
        running().try_for_each(|member| member.looks(looks))?;
        nobody()?;
        let holder = self.lock()?;
        ensure(holder.is_none(), || "nobody was to hold the leader's lock, and somebody does".to_owned())
    }

    /// Takes the lock from a leader that is dead, as the end of `ttl` would; then nobody waits for that.
    pub fn expire_lock(&self) -> Result<(), String> {
        if let Some(lease) = self.lock()? {
            http::post(self.lab.etcd, "/v3/lease/revoke", &json!({"ID": lease}));
        }
        wait("that the lock is free", LONG, || ensure(self.lock()?.is_none(), || "it is held".to_owned()))
    }

    /// The lease of the leader's lock.
    fn lock(&self) -> Result<Option<String>, String> {
        let kept = self.key("leader")?;
        Ok(kept.map(|kept| text(&kept["lease"])))
    }

    /// How many seconds the leader's lock is kept for where nobody renews it: the `ttl` that is in effect.
    pub fn ttl_of_lock(&self) -> Result<i64, String> {
        let lease = self.lock()?.ok_or("nobody holds the leader's lock")?;
        let answer = http::post(self.lab.etcd, "/v3/lease/timetolive", &json!({"ID": lease}));
        let (_, answer) = answer.ok_or("etcd does not answer")?;
        text(&answer["grantedTTL"]).parse().map_err(|_| format!("etcd knows no such lease: {answer}"))
    }

    /// The members that Patroni would promote, from `/sync`.
    pub fn sync_key(&self) -> Result<BTreeSet<String>, String> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let Some(kept) = self.key("sync")? else { return Ok(BTreeSet::new()) };
        let value = STANDARD.decode(text(&kept["value"])).map_err(|error| error.to_string())?;
        let value: Value = serde_json::from_slice(&value).map_err(|error| error.to_string())?;
        let standbys = value["sync_standby"].as_str().unwrap_or_default();
        Ok(standbys.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// What etcd has under a key of the cluster.
    fn key(&self, name: &str) -> Result<Option<Value>, String> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let key = format!("{}{}/{name}", self.namespace, self.explained.name());
        let answer = http::post(self.lab.etcd, "/v3/kv/range", &json!({"key": STANDARD.encode(key)}));
        let (_, answer) = answer.ok_or("etcd does not answer")?;
        Ok(answer["kvs"].get(0).cloned())
    }

    /// What `patronictl` prints.
    pub fn patronictl(&self, args: &[&str]) -> Result<String, String> {
        let program = self.lab.patroni(self.explained.shipped, "patronictl");
        let configuration = self.members[0].configuration_file();
        let output = command(program).arg("-c").arg(configuration).args(args).output();
        let output = output.map_err(|error| format!("patronictl cannot be run: {error}"))?;
        let (said, complaint) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(said.into_owned()) } else { Err(format!("{said}{complaint}")) }
    }

    /// Gives it the members of a larger prediction; they do not run yet.
    pub fn grow(&mut self, explained: &Explained) {
        for ordinal in self.members.len()..explained.members().len() {
            let directory = &self.process_dir.directory;
            self.members.push(Member::new(self.lab, explained, &self.namespace, directory, ordinal));
        }
        self.explained = explained.clone();
    }

    /// A directory for a program that ends with the cluster.
    pub fn directory(&self) -> &Path {
        &self.process_dir.directory
    }

    /// Changes Patroni's dynamic configuration, as the operator does when a manifest changes.
    pub fn reconfigure(&self, explained: &Explained) -> Result<(), String> {
        let leader = self.leader()?;
        let answer = http::patch(leader.rest, "/config", &explained.dynamic_configuration());
        let (code, said) = answer.ok_or("Patroni does not take a configuration")?;
        ensure(code == 200, || format!("Patroni refused a configuration: {said}"))
    }

    /// The ends of all logs, for whoever must find out.
    pub fn logs(&self) -> String {
        self.members.iter().map(Member::log).collect()
    }
}

/// The members that a value of `synchronous_standby_names` names; Patroni's names need no more than this.
pub fn names(value: &str) -> BTreeSet<String> {
    let list = value.split_once('(').map_or(value, |(_, list)| list.trim_end_matches(')'));
    list.split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// How far a member is behind; each Patroni has a word of its own for it.
fn lag(member: &Value) -> Option<u64> {
    ["lag", "replay_lag"].iter().find_map(|word| member[*word].as_u64())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
