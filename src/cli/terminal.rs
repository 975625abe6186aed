//! What goes to a terminal: lines for people on standard error, and whether there is color.

use std::{
    fmt::Display,
    io::{self, Write},
};

use anstream::{AutoStream, ColorChoice, stream::RawStream};

use crate::rule::printable;

/// Tells a person something on standard error. Names of files may be in it, so nothing of it commands the terminal;
/// where nobody can read it, the work goes on.
pub fn tell(line: impl Display) {
    let line: String = printable(line.to_string());
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether a stream takes color where nobody said so: `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM` and
/// whether it is a terminal decide, as everywhere.
pub(super) fn takes_color(stream: &impl RawStream) -> bool {
    !matches!(AutoStream::choice(stream), ColorChoice::Never)
}
