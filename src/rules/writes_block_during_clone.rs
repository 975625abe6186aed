//! From one instance to several in strict-sync-all: writes hang until the first clone is done.

use crate::{
    replication::Mode,
    rule::{Change, Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "writes-block-during-clone",
    severity: Severity::Warning,
    severity_note: "",
    parity: false,
    judges_stopped: false,
    summary: "the first standby of a strict-sync-all cluster blocks writes for as long as its clone takes",
    rationale: "With one instance the strictest mode is switched off; with the second instance it is \
        switched on, and that happens as soon as the number is changed, not when the standby is ready. Until \
        the new pod has cloned the whole data directory and streams, there is nobody who could acknowledge a \
        commit, and every write on the running primary hangs. For a database of some size that is an outage \
        of hours, begun by kubectl scale.",
    fix: "Add the standby in a mode that does not wait (async or sync-all), and change to strict-sync-all \
        when patronictl list shows it streaming.",
    blind_spot: "How large the database is, and so how long the clone takes, cannot be seen. A strict-sync that is set \
        together with the first standby blocks in the same way, and is not told.",
    reference: "StackGres operator: strict-sync-all switches strict synchronous mode on where instances \
        is above 1. Observed on Patroni 3.3.0 and 4.1.0.",
    bad: Example::change(
        "spec:
  instances: 1
  replication:
    mode: async
",
        "spec:
  instances: 3
  replication:
    mode: strict-sync-all
",
        &["spec.replication.mode"],
    ),
    good: "spec:
  instances: 3
  replication:
    mode: sync-all
",
    checks: &[Check::Change(check)],
};

fn check<'a>(change: &Change<'_, 'a>, problems: &mut Problems<'a>) {
    let (now, before) = (change.now, change.before);
    let Some(instances) = now.instances().filter(|instances| *instances >= 2) else { return };
    let grows = before.instances() == Some(1) && now.mode() == Some(Mode::StrictSyncAll);
    if !grows || change.stored.is_being_upgraded() {
        return;
    }
    let mode_is_new = before.mode() != now.mode();
    let (cause, other) = if mode_is_new { (&now.mode, &now.instances) } else { (&now.instances, &now.mode) };
    problems
        .at(
            cause,
            format!(
                "from 1 instance to {instances} in strict-sync-all, every write hangs until the first new \
                 standby has been cloned and streams"
            ),
        )
        .help("add the standbys in async or sync-all, and set strict-sync-all when one of them streams")
        .see(other, if mode_is_new { "adds the first standby" } else { "makes commits wait for it" });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    fn spec(instances: &str, mode: &str) -> String {
        format!("{{instances: {instances}, replication: {{mode: {mode}}}}}")
    }

    #[test]
    fn the_first_standby_of_strict_sync_all_is_the_one_that_blocks() {
        for (before, now, at) in [
            (("1", "strict-sync-all"), ("2", "strict-sync-all"), &["spec.instances"][..]),
            (("1", "strict-sync-all"), ("9223372036854775807", "strict-sync-all"), &["spec.instances"]),
            (("1.0", "async"), ("3", "strict-sync-all"), &["spec.replication.mode"]),
            (("1", "sinc"), ("3", "strict-sync-all"), &["spec.replication.mode"]),
            (("2", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("2", "async"), ("2", "strict-sync-all"), &[]),
            (("1", "async"), ("1", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("3", "sync-all"), &[]),
            (("1", "strict-sync-all"), ("3", "strict-sync"), &[]),
            (("0", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("0", "strict-sync-all"), &[]),
            (("'1'", "strict-sync-all"), ("3", "strict-sync-all"), &[]),
            (("1", "strict-sync-all"), ("three", "strict-sync-all"), &[]),
        ] {
            cluster(&spec(now.0, now.1)).after(&spec(before.0, before.1)).raises(&RULE, at);
        }
        cluster(&spec("3", "strict-sync-all")).raises(&RULE, &[]);
    }

    #[test]
    fn a_major_version_upgrade_restores_the_instances_and_passes() {
        cluster(&spec("3", "strict-sync-all"))
            .after(&spec("1", "strict-sync-all"))
            .with("status", "{dbOps: {majorVersionUpgrade: {}}}")
            .raises(&RULE, &[]);
    }

    #[test]
    fn the_shards_grow_by_themselves() {
        let shards = |instances| {
            format!(
                "{{replication: {{mode: strict-sync-all}}, coordinator: {{instances: {instances}}}, \
                 shards: {{clusters: 2, instancesPerCluster: {instances}}}}}"
            )
        };
        sharded(&shards(3)).after(&shards(1)).raises(&RULE, &["spec.shards.instancesPerCluster"]);
    }
}
