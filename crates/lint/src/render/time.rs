//! Times in words.

/// Milliseconds as people say them.
pub fn seconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1_000) {
        format!("{} s", milliseconds / 1_000)
    } else {
        format!("{milliseconds} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_seconds_where_they_are_whole() {
        for (milliseconds, said) in [(0, "0 s"), (70_000, "70 s"), (1_500, "1500 ms")] {
            assert_eq!(seconds(milliseconds), said);
        }
    }
}
