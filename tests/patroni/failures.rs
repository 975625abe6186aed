//! Failures: a row that `explain` prints for a cluster is done to one that runs, and what follows is held against it.

pub mod outcome;
mod strike;

use serde::Deserialize;

use crate::{cluster::Cluster, writer::goes_on};

/// A row of the table, as `explain -o json` has it.
#[derive(Debug, Clone, Deserialize)]
pub struct Predicted {
    pub id: String,
    pub event: String,
    pub writes: Writes,
    pub loss: String,
    pub leader: String,
    #[serde(default)]
    pub note: String,
}

/// What becomes of writes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Writes {
    Continue,
    Block { at_most_ms: u64 },
    Hang { after_at_most_ms: u64 },
    Interrupted { at_most_ms: u64, then: Then },
    UntilRestarted,
    Stopped,
}

/// What follows once somebody leads again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    Continue,
    HangUntilAStandbyFollows,
}

/// Does one row to a cluster, and holds what follows against the prediction.
pub fn row_holds(cluster: &mut Cluster, id: &str) -> Result<(), String> {
    let rows: Vec<Predicted> = serde_json::from_value(cluster.explained.facts["failures"].clone()).unwrap();
    let row =
        rows.into_iter().find(|row| row.id == id).ok_or_else(|| format!("explain tells nothing of {id}"))?;
    happens(cluster, &row).map_err(|problem| format!("{problem}\n{row:?}"))
}

/// One failure, from a settled cluster to a settled cluster.
pub fn happens(cluster: &mut Cluster, row: &Predicted) -> Result<(), String> {
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    let struck = strike::strike(cluster, &row.id)?;
    outcome::of_writes(cluster, row, &struck, &writer)?;
    cluster.remember(writer);
    outcome::of_leadership(cluster, row, &struck)?;
    if row.note.contains("patronictl reinit") {
        cluster.heal_by_hand()?;
    } else {
        cluster.heal()?;
    }
    // A commit that can be lost need not be.
    if row.loss != "yes" {
        cluster.keeps_everything()?;
    }
    let writer = cluster.writer()?;
    goes_on(&writer)?;
    cluster.remember(writer);
    Ok(())
}
