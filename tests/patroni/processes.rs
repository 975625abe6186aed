//! Signals to processes, and who is whose child.

use std::fs;
use std::process::Command;

/// Sends a signal to all of them at once; those that are gone are no fault.
pub fn signal(name: &str, processes: &[u32]) {
    let script = r#"signal=$1; shift; for process; do kill -s "$signal" "$process" 2>/dev/null; done; true"#;
    let mut kill = Command::new("sh");
    kill.args(["-c", script, "signal", name]).args(processes.iter().map(ToString::to_string));
    kill.status().expect("sh can be run");
}

/// A process and its children.
pub fn with_children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut found = vec![parent];
    found.extend(processes.filter(|process| parent_of(*process) == Some(parent)));
    found
}

fn parent_of(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
