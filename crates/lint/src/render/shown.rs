//! A prediction as people may see it: names that hold what a terminal would obey, or a line break, are escaped.

use std::mem::take;

use syncguard_core::{
    prediction::{ClusterPrediction, Prediction, Running},
    rule::printable,
};

/// The same prediction, escaped.
pub fn shown(prediction: &Prediction) -> Prediction {
    let mut shown = prediction.clone();
    escape(&mut shown.name);
    shown.namespace.iter_mut().for_each(escape);
    for cluster in &mut shown.clusters {
        match cluster {
            ClusterPrediction::Stopped { name } | ClusterPrediction::Undetermined { name } => escape(name),
            ClusterPrediction::Running(running) => escape_running(running),
        }
    }
    shown
}

fn escape_running(running: &mut Running) {
    escape(&mut running.name);
    escape(&mut running.synchronous_standby_names);
    running.members.iter_mut().for_each(|member| escape(&mut member.name));
    for pods in &mut running.pods {
        escape(&mut pods.first);
        escape(&mut pods.last);
        pods.group.iter_mut().for_each(escape);
    }
}

fn escape(text: &mut String) {
    *text = printable(take(text));
}
