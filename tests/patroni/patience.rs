//! Waiting for conditions, bounded, and saying what did not come true.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take that no prediction bounds: a start, a clone, a catching up.
pub const LONG: Duration = Duration::from_secs(90);

/// What a busy machine adds to the bound of a prediction.
pub const GRACE: Duration = Duration::from_secs(3);

/// Asks until there is an answer; the last reason why there is none is told.
pub fn wait<T>(
    what: &str,
    bound: Duration,
    mut probe: impl FnMut() -> Result<T, String>,
) -> Result<T, String> {
    let begin = Instant::now();
    loop {
        match probe() {
            Ok(found) => return Ok(found),
            Err(reason) if begin.elapsed() > bound => {
                return Err(format!("{what} was expected within {} s, but {reason}", bound.as_secs()));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// An expectation that did not come true, as an error.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
