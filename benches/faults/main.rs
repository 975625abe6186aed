//! Sustained load on two replicas while things go wrong: what fails, how long answers take, and that nothing unsound passes.
//!
//! `cargo bench --bench faults [-- SECONDS]`: each phase takes that long, 10 by default. `-- --soak [SECONDS]` mixes all kinds of clients
//! for ten minutes by default and looks at the memory. The program ends with 1 where an unsound cluster was admitted, a request found
//! no replica in a phase that must not lose any, or memory grew.

#![allow(clippy::unwrap_used, reason = "a program for developers, which may fail by panicking")]

#[allow(dead_code, reason = "a benchmark uses its part")]
#[path = "../../tests/it/server/client.rs"]
mod client;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../serve/mod.rs"]
mod serve;
#[path = "../times/mod.rs"]
mod times;

mod attacks;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attacks::{SLOW, STAGES, bodies, costly, hostile_clients, idle, slow_clients};
use memory::resident;
use serve::Replica;
use world::World;

/// The chart's memory limit, in bytes.
const CHART_MEMORY: usize = 192 << 20;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let soaks = arguments.iter().any(|argument| argument == "--soak");
    let number = arguments.iter().find_map(|argument| argument.parse().ok());
    let seconds = Duration::from_secs(number.unwrap_or(if soaks { 600 } else { 10 }));
    let files = serve::Certificates::new();
    let sound = if soaks { soak(&files, seconds).await } else { faults(&files, seconds).await };
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether everything holds while one thing after the other goes wrong.
async fn faults(files: &serve::Certificates, seconds: Duration) -> bool {
    let mut replicas = [Replica::start(files), Replica::start(files)];
    let world = Arc::new(World::of(&replicas));
    World::print_columns();
    let mut sound = true;
    sound &= world.phase("nothing goes wrong", seconds, tokio::time::sleep(seconds)).await;
    sound &= world.phase("certificates change every second", seconds, change(files, seconds)).await;
    sound &= world
        .phase("clients that are slow, vanish or say nothing", seconds, hostile_clients(&world, seconds))
        .await;
    sound &= world.phase("10,000 idle connections", seconds, idle(&world, seconds)).await;
    sound &= world.phase("bodies at the limit and over it", seconds, bodies(&world, seconds)).await;
    sound &= world
        .phase("one replica restarted in order", seconds, restart(&mut replicas[0], files, seconds))
        .await;
    // Whoever is killed loses what it was about to answer: the client asks the other one.
    sound &= world.phase("one replica killed", seconds, kill(&mut replicas[1], files, seconds)).await;
    drop(replicas);
    sound &= under_attack(files, seconds).await;
    sound
}

/// One replica in a process of the chart's memory, and crowds that are slow or silent at each stage.
async fn under_attack(files: &serve::Certificates, seconds: Duration) -> bool {
    let mut replica = Replica::start_within(files, CHART_MEMORY);
    let world = Arc::new(World::of(std::slice::from_ref(&replica)));
    let mut sound = true;
    for stage in STAGES {
        let name = format!("{SLOW} clients {}", stage.name);
        sound &= world.phase(&name, seconds, slow_clients(&world, stage, SLOW, seconds)).await;
        sound &= !replica.has_ended();
    }
    sound &= world.phase("the most expensive reviews, two at a time", seconds, costly(&world, seconds)).await;
    sound &= !replica.has_ended();
    println!(
        "  resident at most: {} MiB of {}",
        replica.peak().unwrap_or_default() >> 20,
        CHART_MEMORY >> 20
    );
    sound
}

async fn change(files: &serve::Certificates, seconds: Duration) {
    let end = Instant::now() + seconds.max(Duration::from_secs(25));
    while Instant::now() < end {
        files.write();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn restart(replica: &mut Replica, files: &serve::Certificates, seconds: Duration) {
    tokio::time::sleep(seconds / 3).await;
    replica.end_gently().await;
    replica.start_again(files);
    tokio::time::sleep(seconds / 3).await;
}

async fn kill(replica: &mut Replica, files: &serve::Certificates, seconds: Duration) {
    tokio::time::sleep(seconds / 3).await;
    replica.kill();
    tokio::time::sleep(seconds / 3).await;
    replica.start_again(files);
    tokio::time::sleep(seconds / 3).await;
}

/// How much larger than after the first minute the process may be at the end.
const GROWTH: f64 = 1.1;

/// All kinds of clients at once, good and bad, at one replica in a process of the chart's memory.
async fn soak(files: &serve::Certificates, seconds: Duration) -> bool {
    let mut replica = Replica::start_within(files, CHART_MEMORY);
    let world = Arc::new(World::of(std::slice::from_ref(&replica)));
    World::print_columns();
    let process = replica.pid();
    let mut measured = Vec::new();
    let mixed = async {
        tokio::join!(
            hostile_clients(&world, seconds),
            costly(&world, seconds),
            slow_at_each_stage(&world, seconds),
            measure(process, seconds, &mut measured),
        );
    };
    let sound = world.phase("good and bad clients, mixed", seconds, mixed).await;
    let shown: Vec<_> = measured.iter().map(|mib| format!("{mib:.1}")).collect();
    println!("  resident after each minute, in MiB: {}", shown.join(" "));
    let [Some(first), Some(last)] = [measured.first(), measured.last()] else { return false };
    sound && last / first <= GROWTH && !replica.has_ended()
}

/// A hundred clients, at another stage every five seconds.
async fn slow_at_each_stage(world: &World, seconds: Duration) {
    const TURN: Duration = Duration::from_secs(5);
    let end = Instant::now() + seconds;
    for stage in STAGES.into_iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        slow_clients(world, stage, 100, TURN).await;
    }
}

async fn measure(process: u32, seconds: Duration, measured: &mut Vec<f64>) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    minutes.tick().await;
    for _ in 0..seconds.as_secs() / 60 {
        minutes.tick().await;
        measured.extend(resident(process, "VmRSS"));
    }
}
