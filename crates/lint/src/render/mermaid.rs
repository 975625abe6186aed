//! A prediction as a Mermaid diagram: who waits for whom.

use std::fmt::Write;

use super::shown::shown;
use syncguard_core::prediction::{ClusterPrediction, MemberRole, Pods, Prediction, Running};

/// A flow chart: thick arrows are waited for, dotted ones are not.
pub fn text(prediction: &Prediction) -> String {
    let prediction = &shown(prediction);
    let mut out = String::from("flowchart LR\n");
    for (index, predicted) in prediction.clusters.iter().enumerate() {
        match predicted {
            ClusterPrediction::Running(running) => cluster(&mut out, index, running),
            ClusterPrediction::Stopped { name } => {
                let _ = writeln!(out, "  c{index}[\"{}: stopped\"]", label(name));
            }
            ClusterPrediction::Undetermined { name } => {
                let _ = writeln!(out, "  c{index}[\"{}: not determined by the manifest\"]", label(name));
            }
        }
    }
    out
}

fn cluster(out: &mut String, index: usize, cluster: &Running) {
    let _ = writeln!(out, "  subgraph c{index}[\"{}: {}\"]", label(&cluster.name), cluster.mode.name());
    let leader = if cluster.follows_another_cluster { MemberRole::StandbyLeader } else { MemberRole::Leader };
    let _ = writeln!(out, "    c{index}l([\"{}-0<br/>{}\"])", label(&cluster.name), leader.name());
    let awaited = (cluster.copies - 1, cluster.instances - 1);
    for (at, pods) in cluster.pods.iter().enumerate() {
        standbys(out, index, at, pods, awaited);
    }
    let _ = writeln!(out, "  end");
}

fn standbys(out: &mut String, index: usize, at: usize, pods: &Pods, (awaited, standbys_in_all): (i64, i64)) {
    // The first main pod is the leader.
    let count = if at == 0 { pods.count - 1 } else { pods.count };
    if count == 0 {
        return;
    }
    let arrow = match awaited {
        0 => "-.->".to_owned(),
        all if all == standbys_in_all => "==>|\"waited for\"|".to_owned(),
        some => format!("==>|\"{some} of {standbys_in_all} waited for\"|"),
    };
    let label = label(pods.group.as_deref().unwrap_or("main"));
    let _ =
        writeln!(out, "    c{index}l {arrow} c{index}p{at}[\"{count} × {label}<br/>{}\"]", pods.role.name());
}

/// A name inside a label, without what Mermaid would take for its own.
fn label(name: &str) -> String {
    name.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
