//! Texts in lines that a terminal shows whole.

use std::fmt::Write;

use textwrap::{Options, WordSplitter};

/// Writes a text, each of its lines behind an indent.
pub(super) fn wrapped(out: &mut String, indent: &str, text: &str) {
    let options = options().initial_indent(indent).subsequent_indent(indent);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", textwrap::fill(text, options));
}

/// Writes a text beside its label, which stands in the first line alone.
pub(super) fn labeled(out: &mut String, label: &str, text: &str) {
    let indent = " ".repeat(label.chars().count());
    let options = options().initial_indent(label).subsequent_indent(&indent);
    let _ = writeln!(out, "{}", textwrap::fill(text, options));
}

fn options<'a>() -> Options<'a> {
    const WIDTH: usize = 100;
    // Names are to be found and copied whole.
    Options::new(WIDTH).word_splitter(WordSplitter::NoHyphenation).break_words(false)
}
