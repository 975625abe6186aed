//! What `serve` costs: requests per second and latency beside a handler that does nothing, start, and memory.
//!
//! `cargo bench --bench speed [-- SECONDS]`: each measurement of load takes that long, 3 by default. Servers run on the first core
//! and load comes from the second, where there are two. Needs `wrk` and `taskset`.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]

#[allow(dead_code, reason = "a benchmark uses its part")]
#[path = "../tests/it/server/client.rs"]
mod client;
mod memory;
mod other_handler;
mod serve;
mod times;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Client, request};
use memory::resident;
use serde_json::{Value, json};
use serve::{Certificates, Replica, reviews};
use syncguard::{
    http::{Answer, Call, Handler},
    settings::Settings,
    webhook::{self, Reply, Webhook},
};
use times::Times;
use tokio::task::JoinSet;

/// How many times the two servers are measured in turn.
const ROUNDS: usize = 9;
/// How often a start is measured.
const STARTS: usize = 20;
const CONNECTIONS: [usize; 2] = [16, 64];
const MIB: usize = 1 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--null") {
        return serve_nothing();
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(3);
    pin(std::process::id(), "1");
    let files = Certificates::new();
    starts(&files);
    let replica = Replica::start(&files);
    pin(replica.pid(), "0");
    println!("resident when idle: {:.1} MiB", resident(replica.pid(), "VmRSS").unwrap());
    let null = Null::start();
    let (with_warnings, _) = reviews();
    let rates = throughput("three warnings", &with_warnings, replica.https, null.https, seconds);
    throughput("nothing to say", &without_findings(&with_warnings), replica.https, null.https, seconds);
    runtime().block_on(half_load(replica.https, rates / 2.0, seconds));
    drop(replica);
    let replica = Replica::start(&files);
    runtime().block_on(large_bodies(replica.https));
    println!(
        "resident at most, with 128 reviews of 3 MiB at once: {:.1} MiB",
        resident(replica.pid(), "VmHWM").unwrap()
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Keeps a process on one core; where there is only one it stays there anyway.
fn pin(process: u32, core: &str) {
    let _ = Command::new("taskset").args(["-acp", core, &process.to_string()]).stdout(Stdio::null()).status();
}

fn starts(files: &Certificates) {
    let all = (0..STARTS).map(|_| Replica::start(files).started_in.as_secs_f64() * 1e3).collect();
    println!("listening after its start: {:.1} ms (median of {STARTS})", Times::of(all).at(500));
}

/// Requests per second of both in turn; the median of syncguard's at the fewest connections.
///
/// Where the machine is shared, the best rounds are those in which nobody else took part of a core.
fn throughput(about: &str, review: &str, syncguard: SocketAddr, null: SocketAddr, seconds: u64) -> f64 {
    let mut first = 0.0;
    for connections in CONNECTIONS {
        let (mut ours, mut others, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let [other, our] = [null, syncguard].map(|server| wrk(server, review, connections, seconds));
            others.push(other);
            ours.push(our);
            ratios.push(our / other);
        }
        let (ours, others) = (Times::of(ours), Times::of(others));
        for (which, at, ratio) in
            [("median", 500, Times::of(ratios).at(500)), ("best", 1000, ours.at(1000) / others.at(1000))]
        {
            println!(
                "{about}, {connections} connections, {which} of {ROUNDS} rounds: {:.0} requests/s, {:.0} of a handler that \
                 answers a constant, ratio {ratio:.2}",
                ours.at(at),
                others.at(at)
            );
        }
        first = if first == 0.0 { ours.at(500) } else { first };
    }
    first
}

/// The same review of a cluster about which nothing is to be said, as most are.
fn without_findings(review: &str) -> String {
    let mut review: Value = serde_json::from_str(review).unwrap();
    let spec = &mut review["request"]["object"]["spec"];
    spec["postgres"]["version"] = json!("16.9");
    spec["nonProductionOptions"]["disableClusterPodAntiAffinity"] = json!(false);
    spec["replication"]["syncInstances"] = json!(5);
    let review = review.to_string();
    let answer = webhook::reply(Webhook::Validate, review.as_bytes(), &Settings::default_with(false));
    assert!(answer.facts.raised.is_empty(), "nothing is to be said: {:?}", answer.facts.raised);
    review
}

/// Requests per second, by wrk.
fn wrk(address: SocketAddr, review: &str, connections: usize, seconds: u64) -> f64 {
    let mut script = tempfile::NamedTempFile::new().unwrap();
    let quoted = serde_json::to_string(review).unwrap();
    writeln!(script, "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"").unwrap();
    writeln!(script, "wrk.body = {quoted}").unwrap();
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"])
        .arg(script.path())
        .arg(format!("https://{address}/validate"))
        .output()
        .expect("wrk is installed (Debian: apt-get install wrk)");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("Non-2xx"), "every request is to be answered with 200: {said}");
    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    rate.unwrap_or_else(|| panic!("wrk says its rate: {said}")).trim().parse().unwrap()
}

/// Latency when half as many requests come as could be answered, spread evenly over 16 connections.
async fn half_load(address: SocketAddr, rate: f64, seconds: u64) {
    let connections = CONNECTIONS[0];
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let pause = Duration::from_secs_f64(connections as f64 / rate);
    let (sound, _) = reviews();
    let request = Arc::new(request("POST", "/validate", "content-type: application/json\r\n", &sound));
    let mut clients = JoinSet::new();
    for index in 0..connections {
        let request = Arc::clone(&request);
        clients.spawn(async move {
            let mut client = Client::tls(address).await;
            tokio::time::sleep(pause * u32::try_from(index).unwrap() / 16).await;
            let mut ticks = tokio::time::interval(pause);
            let (mut times, end) = (Vec::new(), Instant::now() + Duration::from_secs(seconds));
            while Instant::now() < end {
                ticks.tick().await;
                let started = Instant::now();
                client.send(request.as_bytes()).await;
                client.answer().await.expect("an answer");
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
            times
        });
    }
    let times = Times::of(clients.join_all().await.into_iter().flatten().collect());
    println!(
        "at {rate:.0} requests/s: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, at most {:.2} ms",
        times.at(500),
        times.at(990),
        times.at(999),
        times.at(1000)
    );
}

/// 128 reviews of 3 MiB at once; each is answered.
async fn large_bodies(address: SocketAddr) {
    let (sound, _) = reviews();
    let body = format!("{sound}{}", " ".repeat(3 * MIB - sound.len()));
    let request = Arc::new(request("POST", "/validate", "content-type: application/json\r\n", &body));
    let mut clients = JoinSet::new();
    for _ in 0..128 {
        let request = Arc::clone(&request);
        clients.spawn(async move {
            let mut client = Client::tls(address).await;
            client.send(request.as_bytes()).await;
            client.answer().await.map(|answer| answer.status)
        });
    }
    let answered = clients.join_all().await;
    assert!(answered.iter().all(|status| *status == Some(200)), "all are to be answered: {answered:?}");
}

/// The same server with nothing behind it.
struct Null {
    child: Child,
    https: SocketAddr,
}

impl Null {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--null")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        pin(child.id(), "0");
        Self { child, https: line.trim().parse().unwrap() }
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers every review with the same bytes.
struct Constant(Vec<u8>);

impl Handler for Constant {
    fn answer<'h>(&'h self, _: Call<'h>) -> Answer<'h> {
        Box::pin(std::future::ready(Reply::json(200, self.0.clone())))
    }
}

fn serve_nothing() {
    let (sound, _) = reviews();
    let answer = webhook::reply(Webhook::Validate, sound.as_bytes(), &Settings::default_with(false));
    other_handler::serve(Constant(answer.body), |address, _| println!("{address}"));
}
