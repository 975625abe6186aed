//! A prediction for programs: typed facts, and the words that are made of them.

use serde_json::Value;

use super::{
    explain::part,
    failures::{event, notes},
};
use syncguard_core::prediction::{ClusterPrediction, Prediction, Running};

/// The prediction as JSON.
///
/// # Errors
///
/// None: every fact is a name, a number or a text.
pub fn json(prediction: &Prediction) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(prediction)?;
    let written = value["clusters"].as_array_mut().into_iter().flatten();
    for (cluster, value) in prediction.clusters.iter().zip(written) {
        if let ClusterPrediction::Running(running) = cluster {
            add_words(running, value);
        }
    }
    Ok(value)
}

fn add_words(running: &Running, value: &mut Value) {
    if let Some(part) = part(running.part) {
        value["part"] = part.into();
    }
    let written = value["failures"].as_array_mut().into_iter().flatten();
    for (failure, value) in running.failures.iter().zip(written) {
        value["event"] = event(failure.id).into();
        let note = notes(failure);
        if !note.is_empty() {
            value["note"] = note.into();
        }
    }
}
