//! A prediction in the layout of `patronictl list`, so that it can be held against the real one.
//!
//! Hosts, positions, the timeline and the system identifier are placeholders: no manifest knows them.

use std::fmt::Write;

use syncguard_core::prediction::{Layout, MAX_LISTED_MEMBERS, Member, MemberRole, Running};

/// The identifier that stands for the one that `initdb` will make up.
const SYSTEM_IDENTIFIER: &str = "7000000000000000000";
/// The position that stands for any other.
const POSITION: &str = "0/5000060";

/// The table, with a line at its end that says how many members are left out.
pub fn list(cluster: &Running) -> String {
    let has_tags = cluster.members.iter().any(|member| !member.tags.is_empty());
    let mut header = vec![left("Member"), left("Host"), left("Role"), left("State"), right("TL")];
    header.extend(match cluster.layout {
        Layout::LagInMegabytes => vec![right("Lag in MB")],
        Layout::Positions => vec![right("Receive LSN"), right("Lag"), right("Replay LSN"), right("Lag")],
    });
    header.extend(has_tags.then(|| left("Tags")));
    let rows = cluster.members.iter().map(|member| cells(member, cluster.layout, has_tags)).collect();
    let title = format!("Cluster: {} ({SYSTEM_IDENTIFIER})", cluster.name);
    let mut text = Table { title, header, rows }.print();
    if let Some(more) = usize::try_from(cluster.instances).ok().filter(|count| *count > MAX_LISTED_MEMBERS) {
        let _ = writeln!(text, "… and {} more", more - MAX_LISTED_MEMBERS);
    }
    text
}

/// The cells of one member; a cell can have several lines.
fn cells(member: &Member, layout: Layout, has_tags: bool) -> Vec<Vec<String>> {
    let leads = matches!(member.role, MemberRole::Leader | MemberRole::StandbyLeader);
    let unless_leading = |text: &str| if leads { String::new() } else { text.to_owned() };
    let mut cells = vec![
        member.name.clone(),
        host(member.ordinal),
        member.role.name().to_owned(),
        member.state.name().to_owned(),
        "1".to_owned(),
    ];
    cells.extend(match layout {
        Layout::LagInMegabytes => vec![unless_leading("0")],
        Layout::Positions => [POSITION, "0", POSITION, "0"].map(unless_leading).to_vec(),
    });
    let mut cells: Vec<_> = cells.into_iter().map(|cell| vec![cell]).collect();
    if has_tags {
        cells.push(member.tags.iter().map(|tag| format!("{tag}: true")).collect());
    }
    cells
}

/// A pod's address with Patroni's port, made of the ordinal.
fn host(ordinal: i64) -> String {
    let [.., a, b, c] = (ordinal + 10).to_be_bytes();
    format!("10.{a}.{b}.{c}:7433")
}

struct Column {
    name: &'static str,
    to_the_right: bool,
}

fn left(name: &'static str) -> Column {
    Column { name, to_the_right: false }
}

fn right(name: &'static str) -> Column {
    Column { name, to_the_right: true }
}

/// A table as Patroni prints it: the title is written over the first line.
struct Table {
    title: String,
    header: Vec<Column>,
    rows: Vec<Vec<Vec<String>>>,
}

impl Table {
    fn print(&self) -> String {
        let widths = self.widths();
        let rule = rule(&widths);
        let names: Vec<_> = self.header.iter().map(|column| column.name).collect();
        // A member with two tags makes Patroni draw a rule between all rows.
        let ruled = self.rows.iter().flatten().any(|cell| cell.len() > 1);
        let mut lines = vec![self.titled(&rule), self.line(&names, &widths), rule.clone()];
        for (index, row) in self.rows.iter().enumerate() {
            if ruled && index > 0 {
                lines.push(rule.clone());
            }
            let height = row.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let texts: Vec<_> =
                    row.iter().map(|cell| cell.get(line).map_or("", String::as_str)).collect();
                lines.push(self.line(&texts, &widths));
            }
        }
        lines.push(rule);
        lines.join("\n") + "\n"
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |(index, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(index)).flatten();
            cells.map(|text| text.chars().count()).chain([column.name.len()]).max().unwrap_or(0)
        };
        self.header.iter().enumerate().map(widest).collect()
    }

    fn titled(&self, rule: &str) -> String {
        let title: String = format!(" {} ", self.title).chars().take(rule.len().saturating_sub(2)).collect();
        let rest = rule.get(1 + title.chars().count()..).unwrap_or_default();
        format!("+{title}{rest}")
    }

    fn line(&self, texts: &[&str], widths: &[usize]) -> String {
        let cell = |((text, width), column): ((&&str, &usize), &Column)| {
            if column.to_the_right { format!(" {text:>width$} ") } else { format!(" {text:<width$} ") }
        };
        let cells = texts.iter().zip(widths).zip(&self.header).map(cell);
        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
    }
}

fn rule(widths: &[usize]) -> String {
    let dashes = widths.iter().map(|width| "-".repeat(width + 2));
    format!("+{}+", dashes.collect::<Vec<_>>().join("+"))
}
