//! What goes to a terminal: lines for people on standard error, and whether there is color.

use std::{
    env,
    fmt::Display,
    io::{self, Write},
};

use anstream::{AutoStream, ColorChoice, stream::RawStream};

use syncguard_core::rule::printable;

/// Tells a person something on standard error. Names of files may be in it, so nothing of it commands the terminal;
/// where nobody can read it, the work goes on.
pub fn tell(line: impl Display) {
    let line: String = printable(line.to_string());
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether a stream takes color where nobody said so: `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM` and
/// whether it is a terminal decide, as everywhere.
pub(super) fn takes_color(stream: &impl RawStream) -> bool {
    // The library takes every terminal of a CI for one that shows color, also one that says that it cannot.
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let is_forced = env::var_os("CLICOLOR_FORCE").is_some_and(|forced| !forced.is_empty());
    (is_forced || !is_dumb) && !matches!(AutoStream::choice(stream), ColorChoice::Never)
}
