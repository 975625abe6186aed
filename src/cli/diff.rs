//! What a rewritten text changes, as `diff -u` shows it.

use std::ops::Range;

use similar::{ChangeTag, DiffOp, TextDiff};

use syncguard_lint::Rewritten;
use syncguard_manifest::Splice;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// The unified diff; empty where nothing changes.
///
/// Only the lines around the changes are compared, so that a long text with many of them takes no longer than it has lines.
pub fn unified(name: &str, text: &[u8], rewritten: &Rewritten) -> String {
    if rewritten.splices.is_empty() {
        return String::new();
    }
    let mut out = format!("--- a/{name}\n+++ b/{name}\n");
    let (mut at, mut old_line, mut new_line) = (0, 0, 0);
    for (window, splices) in windows(text, &rewritten.splices) {
        let passed = memchr::memchr_iter(b'\n', text.get(at..window.start).unwrap_or_default()).count();
        (old_line, new_line) = (old_line + passed, new_line + passed);
        let old = String::from_utf8_lossy(text.get(window.clone()).unwrap_or_default());
        let inside = splices.iter().map(|splice| Splice {
            range: splice.range.start - window.start..splice.range.end - window.start,
            text: splice.text.clone(),
        });
        let inside: Vec<_> = inside.collect();
        let edited = Splice::apply_to_bytes(text.get(window.clone()).unwrap_or_default(), &inside);
        let new = String::from_utf8_lossy(&edited);
        let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
        for ops in diff.grouped_ops(CONTEXT) {
            hunk(&mut out, &diff, &ops, old_line, new_line);
        }
        old_line += memchr::memchr_iter(b'\n', old.as_bytes()).count();
        new_line += memchr::memchr_iter(b'\n', new.as_bytes()).count();
        at = window.end;
    }
    out
}

/// The whole lines around changes that are near each other, with those changes.
fn windows<'s>(text: &[u8], splices: &'s [Splice]) -> Vec<(Range<usize>, &'s [Splice])> {
    let mut windows: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut last = 0;
    for (number, splice) in splices.iter().enumerate() {
        // Some JSON is one long line: it is looked through once.
        let passed = text.get(last..splice.range.end).unwrap_or_default();
        last = splice.range.end;
        if let (Some((_, numbers)), None) = (windows.last_mut(), memchr::memchr(b'\n', passed)) {
            numbers.end = number + 1;
            continue;
        }
        let start = before(text, splice.range.start);
        let end = behind(text, splice.range.end);
        match windows.last_mut() {
            Some((window, numbers)) if start <= window.end => {
                window.end = window.end.max(end);
                numbers.end = number + 1;
            }
            _ => windows.push((start..end, number..number + 1)),
        }
    }
    let of =
        |(window, numbers): (Range<usize>, Range<usize>)| (window, splices.get(numbers).unwrap_or_default());
    windows.into_iter().map(of).collect()
}

/// Where the line begins that is so many lines above a byte.
fn before(text: &[u8], at: usize) -> usize {
    let above = text.get(..at).unwrap_or_default();
    let mut breaks = memchr::memrchr_iter(b'\n', above);
    breaks.nth(CONTEXT).map_or(0, |newline| newline + 1)
}

/// Where the line ends that is so many lines below a byte.
fn behind(text: &[u8], at: usize) -> usize {
    let below = text.get(at..).unwrap_or_default();
    memchr::memchr_iter(b'\n', below).nth(CONTEXT).map_or(text.len(), |newline| at + newline + 1)
}

fn hunk(out: &mut String, diff: &TextDiff<'_, '_, str>, ops: &[DiffOp], old_line: usize, new_line: usize) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let old = first.old_range().start + old_line..last.old_range().end + old_line;
    let new = first.new_range().start + new_line..last.new_range().end + new_line;
    out.extend(["@@ -", &lines(&old), " +", &lines(&new), " @@\n"]);
    for change in ops.iter().flat_map(|op| diff.iter_changes(op)) {
        out.push(match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        out.push_str(change.value());
        if change.missing_newline() {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// `8,4`: the first line, and how many; where there are none, the line before them.
fn lines(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => (range.start + 1).to_string(),
        length => format!("{},{length}", range.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diff_is_that_of_the_whole_texts() {
        let text: String = (1..=40).fold(String::new(), |text, line| text + &format!("line {line}\n"));
        let at = |line: usize| text.find(&format!("line {line}\n")).unwrap_or(text.len());
        let splice = |range: Range<usize>, new: &str| Splice { range, text: new.to_owned() };
        for splices in [
            vec![splice(0..0, "new\n")],
            vec![splice(at(3)..at(4), "")],
            vec![
                splice(at(3)..at(4), "x\n"),
                splice(at(8)..at(8), "y\n"),
                splice(at(30) + 4..at(30) + 5, "-"),
            ],
            vec![splice(at(10)..at(10), "a\nb\n"), splice(at(17)..at(17), "c\n"), splice(at(18)..at(19), "")],
            vec![splice(text.len()..text.len(), "no newline")],
        ] {
            let rewritten = Rewritten { splices, ..Rewritten::default() };
            let edited = String::from_utf8(rewritten.apply(text.as_bytes())).unwrap();
            let whole = TextDiff::from_lines(text.as_str(), &edited);
            let whole = whole.unified_diff().header("a/x", "b/x").to_string();
            assert_eq!(unified("x", text.as_bytes(), &rewritten), whole);
        }
    }
}
