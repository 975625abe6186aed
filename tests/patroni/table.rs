//! Two tables of `patronictl list`, held against each other but for what no manifest knows.

use crate::patience::ensure;

/// Columns that no manifest knows.
const UNKNOWN: [&str; 4] = ["Host", "TL", "Receive LSN", "Replay LSN"];

/// Whether a real table has the rows and the layout of the predicted one.
pub fn agrees(predicted: &str, real: &str) -> Result<(), String> {
    let same = headers(predicted) == headers(real) && without_unknown(predicted) == without_unknown(real);
    ensure(same, || format!("`patronictl list` was expected to print\n{predicted}and printed\n{real}"))
}

fn header(table: &str) -> &str {
    table.lines().find(|line| line.starts_with('|')).unwrap_or_default()
}

fn headers(table: &str) -> Vec<&str> {
    header(table).trim_matches('|').split('|').map(str::trim).collect()
}

/// The table with those columns cut out, and with the same identifier in the title.
fn without_unknown(table: &str) -> String {
    let kept = kept_columns(header(table));
    let mut lines = table.trim_end().lines();
    let title = lines.next().unwrap_or_default();
    let cut = |line: &str| {
        let line: Vec<_> = line.chars().collect();
        kept.iter().flat_map(|range| line.get(range.clone()).unwrap_or_default()).collect::<String>()
    };
    let body: Vec<_> = lines.map(cut).collect();
    title_of(title) + "\n" + &body.join("\n")
}

/// Where the columns stand that are compared, each with the bar before it.
fn kept_columns(header: &str) -> Vec<std::ops::Range<usize>> {
    let bars: Vec<_> = header.match_indices('|').map(|(at, _)| at).collect();
    let columns = bars.windows(2).filter(|pair| !UNKNOWN.contains(&header[pair[0] + 1..pair[1]].trim()));
    columns.map(|pair| pair[0]..pair[1]).collect()
}

/// The title is written over a rule: the name, an identifier of 19 digits in brackets, and what is left of the rule.
fn title_of(line: &str) -> String {
    let masked: String = line.chars().map(|c| if c.is_ascii_digit() { '7' } else { c }).collect();
    let end = masked.find(')').map_or(0, |at| at + 2);
    let (title, rule) = masked.split_at(end.min(masked.len()));
    let is_rule = rule.chars().all(|c| c == '-' || c == '+') && rule.ends_with('+');
    if is_rule { title.to_owned() } else { masked }
}

#[test]
fn tables_that_differ_in_hosts_alone_agree() {
    let predicted = "\
+ Cluster: c (7000000000000000000) -+---------+----+-----------+------------------+
| Member | Host           | Role    | State   | TL | Lag in MB | Tags             |
+--------+----------------+---------+---------+----+-----------+------------------+
| c-0    | 10.0.0.10:7433 | Leader  | running |  1 |           |                  |
+--------+----------------+---------+---------+----+-----------+------------------+
";
    let real = "\
+ Cluster: c (7711424534267756755) --+---------+----+-----------+------------------+
| Member | Host            | Role    | State   | TL | Lag in MB | Tags             |
+--------+-----------------+---------+---------+----+-----------+------------------+
| c-0    | 127.0.0.1:25000 | Leader  | running |  2 |           |                  |
+--------+-----------------+---------+---------+----+-----------+------------------+
";
    assert_eq!(agrees(predicted, real), Ok(()));
    for (from, to) in [("Leader ", "Replica"), ("Lag in MB", "Lag      "), ("|           |", "|         0 |")]
    {
        assert!(
            agrees(predicted, &real.replace(from, to)).is_err(),
            "{to:?} in place of {from:?} is noticed"
        );
    }
}
