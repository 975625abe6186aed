//! A prediction as a text that a person enjoys: the pods, Patroni's settings, the list, the failures.

use std::fmt::Write;

use super::{
    failures::{notes, row},
    folding::wrapped,
    patronictl,
    shown::shown,
    time::seconds,
    verdict,
};
use syncguard_core::{
    cluster::{Child, Part},
    postgres::SynchronousCommit,
    prediction::{ClusterPrediction, Pods, Prediction, Running},
    replication::Mode,
    rule::all_of,
};

/// The whole prediction.
pub fn text(prediction: &Prediction) -> String {
    let prediction = &shown(prediction);
    let mut out = String::new();
    let namespace =
        prediction.namespace.as_ref().map(|name| format!(" in namespace {name}")).unwrap_or_default();
    let _ = writeln!(out, "{} {}{namespace}", prediction.kind.name(), prediction.name);
    if !prediction.errors.is_empty() {
        out.push_str("\nThe manifest has errors; what follows is what it would be all the same.\n");
    }
    for error in &prediction.errors {
        wrapped(&mut out, "  ", &format!("{}: {} [{}]", error.path, error.message, error.rule));
    }
    for predicted in &prediction.clusters {
        out.push('\n');
        match predicted {
            ClusterPrediction::Running(running) => cluster(&mut out, running),
            ClusterPrediction::Stopped { name } => {
                let _ = writeln!(
                    out,
                    "{name} is stopped on purpose (instances: 0): no pod runs, no write is taken."
                );
            }
            ClusterPrediction::Undetermined { name } => {
                let _ = writeln!(
                    out,
                    "{name} cannot be predicted: the manifest does not say what it will be. `syncguard validate` says why."
                );
            }
        }
    }
    out
}

fn cluster(out: &mut String, cluster: &Running) {
    let count =
        if cluster.instances == 1 { "1 pod".to_owned() } else { format!("{} pods", cluster.instances) };
    let part = part(cluster.part).map(|part| format!(" ({part})")).unwrap_or_default();
    let _ = writeln!(out, "{}: {count}, {}{part}", cluster.name, cluster.mode.name());
    if let Some(verdict) = &cluster.verdict {
        verdict::write(out, verdict);
    }
    out.push('\n');
    cluster.pods.iter().for_each(|pods| row_of_pods(out, pods));
    settings(out, cluster);
    out.push('\n');
    wrapped(out, "", &promise(cluster));
    failures(out, cluster);
    if !cluster.members.is_empty() {
        let _ = write!(
            out,
            "\n$ patronictl list        (hosts, positions, timeline and identifier are placeholders)\n{}",
            patronictl::list(cluster)
        );
    }
}

/// Which part of an SGShardedCluster a cluster is; nothing for one by itself.
pub(super) fn part(part: Part) -> Option<String> {
    let one = |child| match child {
        Child::Worker => "worker",
        Child::QueryRouter => "query router",
    };
    Some(match part {
        Part::Whole => return None,
        Part::Coordinator => "the coordinator".to_owned(),
        Part::Plain(child) => format!("stands for each {} without an override", one(child)),
        Part::Override(child, position) => format!("stands for each {} of overrides[{position}]", one(child)),
    })
}

fn row_of_pods(out: &mut String, pods: &Pods) {
    let names =
        if pods.count == 1 { pods.first.clone() } else { format!("{} … {}", pods.first, pods.last) };
    let group = pods.group.as_ref().map_or_else(|| "main pods".to_owned(), |group| format!("group {group}"));
    let promoted = if pods.can_be_promoted { "can be promoted" } else { "never promoted" };
    let reads = if pods.serves_reads { "serve reads" } else { "serve no reads" };
    let tags: Vec<_> = pods.tags.keys().map(|tag| format!("{tag}: true")).collect();
    let tags = if tags.is_empty() { String::new() } else { format!(" (tags {})", tags.join(", ")) };
    let _ = writeln!(out, "  {names}  {group}, role {}: {promoted}, {reads}{tags}", pods.role.name());
}

fn settings(out: &mut String, cluster: &Running) {
    let patroni = &cluster.patroni;
    let version = match (&patroni.version, patroni.or_later) {
        (Some(version), false) => format!("Patroni {version}"),
        (Some(version), true) => format!("Patroni {version} or later"),
        (None, _) => {
            "Patroni of a version that the Postgres version does not tell; the newest known is assumed"
                .to_owned()
        }
    };
    let on = |on| if on { "on" } else { "off" };
    let _ = writeln!(out, "\n{version}");
    let _ = writeln!(out, "  synchronous_mode           {}", on(patroni.synchronous_mode));
    let _ = writeln!(out, "  synchronous_mode_strict    {}", on(patroni.synchronous_mode_strict));
    if let Some(count) = patroni.synchronous_node_count {
        let _ = writeln!(out, "  synchronous_node_count     {count}, a maximum");
    }
    let names = if cluster.synchronous_standby_names.is_empty() {
        "(empty)"
    } else {
        &cluster.synchronous_standby_names
    };
    let _ = writeln!(out, "  synchronous_standby_names  {names}");
    if patroni.has_stuck_commit_bug {
        let _ = writeln!(
            out,
            "  This Patroni has issue 3468: a standby that joins and leaves at once can leave commits hanging for ever."
        );
    }
}

/// What a commit is worth, in sentences that hold.
fn promise(cluster: &Running) -> String {
    let standbys = cluster.instances - 1;
    let patroni = &cluster.patroni;
    if cluster.follows_another_cluster {
        return "The cluster follows another one (replicateFrom): it takes no writes, and synchronous mode does not \
                count until it is promoted."
            .to_owned();
    }
    if !patroni.synchronous_mode {
        return asynchronous(cluster);
    }
    if !cluster.synchronous_commit.waits_for_standbys() {
        return format!(
            "synchronous_commit is {}, so no commit waits for a standby, whatever {} promises: an acknowledged commit \
             may exist once, on the leader.",
            cluster.synchronous_commit.name(),
            cluster.mode.name()
        );
    }
    let among = if cluster.copies - 1 < standbys {
        format!("the leader and {} of {standbys} standbys", cluster.copies - 1)
    } else {
        format!("the leader and every standby ({standbys})")
    };
    let least = if patroni.synchronous_mode_strict {
        "Standbys that are away are not waited for, so the promise is the leader and at least one copy: without any, \
         writes do not fail, they hang."
    } else {
        "Standbys that are away are not waited for: without any, commits go on with the leader's copy alone."
    };
    let flush = match (cluster.synchronous_commit, cluster.replay_delay_ms) {
        (SynchronousCommit::RemoteWrite, _) => {
            " synchronous_commit is remote_write: standbys have written it then, and need not have flushed it to disk.".to_owned()
        }
        (SynchronousCommit::RemoteApply, Some(delay)) => format!(
            " synchronous_commit is remote_apply and recovery_min_apply_delay {0}: each commit takes {0}.",
            seconds(delay)
        ),
        _ => String::new(),
    };
    format!("While all pods run, an acknowledged commit is on {among}.{flush} {least}")
}

/// The same where no commit waits.
fn asynchronous(cluster: &Running) -> String {
    if cluster.standby_names_set_by_hand && !cluster.synchronous_commit.waits_for_standbys() {
        return format!(
            "synchronous_standby_names is set by hand, but synchronous_commit is {}: a commit waits for no standby. What a \
             failure does then is not predicted: remove the setting.",
            cluster.synchronous_commit.name()
        );
    }
    if cluster.standby_names_set_by_hand {
        return "synchronous_standby_names is set by hand, and outside of synchronous mode Patroni passes it on (3.3.2 and \
                later). Commits wait for what it names, alive or not; Patroni does not watch it, and promotes without \
                looking at it. What a failure does then is not predicted: remove the setting."
            .to_owned();
    }
    if cluster.instances > 1 {
        return "A commit is acknowledged with one copy, the leader's. Standbys follow when they can."
            .to_owned();
    }
    let why = if cluster.mode == Mode::Async {
        String::new()
    } else {
        format!("With one instance {} runs asynchronous. ", cluster.mode.name())
    };
    format!("{why}There is one copy of every commit, on the only pod.")
}

fn failures(out: &mut String, cluster: &Running) {
    if cluster.failures.is_empty() {
        return;
    }
    let rows: Vec<_> = cluster.failures.iter().map(|failure| (row(failure), notes(failure))).collect();
    let header =
        ["when".to_owned(), "writes".to_owned(), "acknowledged commits".to_owned(), "next leader".to_owned()];
    let mut widths = header.each_ref().map(|text| text.chars().count());
    for (cells, _) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let _ = writeln!(out);
    line(out, &header, widths);
    for same in rows.chunk_by(|(_, note), (_, next)| note == next) {
        for (cells, _) in same {
            line(out, cells, widths);
        }
        // What holds for several rows is said once, below the last.
        match same {
            [] => {}
            [(_, note), ..] if note.is_empty() => {}
            [(_, note)] => wrapped(out, "    ", note),
            [(_, note), ..] => wrapped(out, "    ", &format!("in these {} cases: {note}", same.len())),
        }
    }
    let versions = all_of(cluster.patroni.observed_on);
    if !versions.is_empty() {
        let _ = writeln!(out, "\nSuch failures were observed on running clusters of Patroni {versions}.");
    }
}

fn line(out: &mut String, cells: &[String; 4], [when, writes, commits, _]: [usize; 4]) {
    let [a, b, c, d] = cells;
    let _ = writeln!(out, "{a:<when$}  {b:<writes$}  {c:<commits$}  {d}");
}
