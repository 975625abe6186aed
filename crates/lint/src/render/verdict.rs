//! What the failures of a cluster come to, in four lines.

use super::{failures::event, folding::labeled, time::seconds};
use syncguard_core::prediction::{Event, Loses, Verdict};

/// Writes a label and an answer each; what there is nothing to say of is left out.
pub(super) fn write(out: &mut String, verdict: &Verdict) {
    let all = |events: &[Event]| events.iter().copied().map(event).collect::<Vec<_>>().join("; ");
    let pause = verdict
        .longest_pause
        .map(|pause| format!("about {}, when {}", seconds(pause.at_most_ms), event(pause.after)));
    for (label, answer) in [
        ("survives without loss", all(&verdict.survives_without_loss)),
        ("can lose commits", losses(&verdict.can_lose_commits)),
        ("longest pause of writes", pause.unwrap_or_default()),
        ("writes stop until repair", all(&verdict.writes_stop)),
    ] {
        if !answer.is_empty() {
            labeled(out, &format!("  {label:<26}"), &answer);
        }
    }
}

/// Those that only the loss of volumes makes real stand together behind the others.
fn losses(losses: &[Loses]) -> String {
    let of = |only_with_the_volumes| {
        let such = losses.iter().filter(move |one| one.only_with_the_volumes == only_with_the_volumes);
        such.map(|one| event(one.after)).collect::<Vec<_>>().join("; ")
    };
    let (always, with_volumes) = (of(false), of(true));
    let with_volumes = if with_volumes.is_empty() {
        with_volumes
    } else {
        format!("only together with the volumes: {with_volumes}")
    };
    [always, with_volumes].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}
