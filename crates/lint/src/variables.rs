//! Variables with a default, as in `${REPLICAS:=3}`: what Flux and `envsubst` put there where nobody says otherwise.

use std::borrow::Cow;

/// A text with the defaults of its variables in their place, and how many there are. Everything else stays where it
/// was: what becomes shorter is followed by spaces, which mean nothing behind a value.
pub fn with_defaults(text: &str) -> (Cow<'_, str>, usize) {
    let (mut out, mut number) = (String::new(), 0);
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"${") {
        let (before, variable) = rest.split_at(at);
        let is_escaped = before.ends_with('$');
        let Some((default, behind)) = default_of(variable).filter(|_| !is_escaped) else {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        out.push_str(before);
        out.push_str(default);
        // The spaces go behind the word that the variable is part of.
        let end = behind.find([' ', '\t', '\r', '\n', ',', ']', '}']).unwrap_or(behind.len());
        let (word, after) = behind.split_at(end);
        if word.contains("${") {
            // Its own variables come next; the columns behind them are not what they were.
            rest = behind;
        } else {
            out.push_str(word);
            out.extend(std::iter::repeat_n(' ', variable.len() - behind.len() - default.len()));
            rest = after;
        }
        number += 1;
    }
    if number == 0 {
        return (text.into(), 0);
    }
    out.push_str(rest);
    (out.into(), number)
}

/// The default of the variable that a text begins with, and what stands behind it: `${NAME:=default}` or
/// `${NAME:-default}`, on one line.
fn default_of(text: &str) -> Option<(&str, &str)> {
    let (inside, behind) = text.strip_prefix("${")?.split_once('}')?;
    let (name, default) = inside.split_once(":=").or_else(|| inside.split_once(":-"))?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_name(name) && !default.contains(['\n', '$', '{'])).then_some((default, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_take_the_place_of_their_variables_and_nothing_else_moves() {
        for (text, expected, number) in [
            ("n: ${N:=3}\nm: 1\n", "n: 3      \nm: 1\n", 1),
            ("n: ${N:-3} # why\n", "n: 3       # why\n", 1),
            ("{n: ${N:=3}, m: ${M:=sync}}", "{n: 3      , m: sync      }", 2),
            ("n: \"${N:=3}\"\n", "n: \"3\"      \n", 1),
            ("n: ${A:=x}-db\n", "n: x-db      \n", 1),
            ("n: ${N}\nm: $${M:=3}\no: ${O:=}\n", "n: ${N}\nm: $${M:=3}\no:       \n", 1),
            ("n: ${N:=3\n", "n: ${N:=3\n", 0),
        ] {
            assert_eq!(with_defaults(text), (expected.into(), number), "{text}");
        }
    }
}
