//! How much memory a process has.

/// A line of `/proc/PID/status`, in MiB; none where the process has ended.
pub fn resident(process: u32, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let found = status.lines().find_map(|text| text.strip_prefix(line))?;
    let kib: f64 = found.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
    Some(kib / 1024.0)
}
