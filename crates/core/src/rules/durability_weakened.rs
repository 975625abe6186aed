//! An update to a weaker mode: clients keep their habits, and lose the promise that those were built on.

use indoc::indoc;

use crate::{
    replication::Mode,
    rule::{Change, Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "durability-weakened",
    severity: Severity::Warning,
    summary: "an update to a mode that promises less",
    rationale: "The mode is a contract with the clients. In a strict mode an acknowledged commit exists at \
        least twice, unless its wait was canceled. In the other synchronous modes it may exist once while \
        no standby is alive, and in async always. Nothing in the protocol tells a client that the contract \
        was changed under it, and nothing fails at the time. It shows at the next failover or with the next \
        lost disk, as commits that were acknowledged and are gone.",
    fix: "Keep the mode, or tell the clients. For planned maintenance, put the mode back when it is done.",
    reference: "StackGres operator: the mode sets synchronous_mode and synchronous_mode_strict of Patroni.",
    links: &[
        "https://stackgres.io/doc/latest/administration/replication/modes/",
        "https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode",
    ],
    bad: Example::change(
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: strict-sync-all
        "},
        indoc! {"
            spec:
              instances: 3
              replication:
                mode: async
        "},
        &["spec.replication.mode"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: strict-sync
            syncInstances: 2
    "},
    checks: &[Check::Change(check)],
})
.limitations(
    "A smaller syncInstances is not compared, and neither are fewer instances in a mode that counts them \
    all. A major version upgrade, which weakens the mode for as long as it runs, is warned of too.",
);

fn check<'a>(change: &Change<'_, 'a>, problems: &mut Problems<'a>) {
    let (Some(before), Some(now)) = (change.before.mode(), change.now.mode()) else { return };
    if strength(now) >= strength(before) {
        return;
    }
    let loss = if now.is_synchronous() {
        "without a standby commits no longer hang, and are acknowledged with one copy"
    } else {
        "commits no longer wait for a standby, and a failover can lose acknowledged ones"
    };
    problems
        .at(
            &change.now.mode,
            format!("the mode is weakened from {} to {}: {loss}", before.name(), now.name()),
        )
        .help(format!("keep mode: {}, or tell the clients what they can lose now", before.name()));
}

/// What a mode promises of an acknowledged commit: nothing, a second copy if possible, or a second copy.
fn strength(mode: Mode) -> u8 {
    u8::from(mode.is_synchronous()) + u8::from(mode.is_strict())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, replicated, sharded};

    const MODE: &str = "spec.replication.mode";

    #[test]
    fn only_a_step_down_is_reported() {
        for (before, now, at) in [
            ("strict-sync-all", "sync-all", &[MODE][..]),
            ("strict-sync", "sync", &[MODE]),
            ("strict-sync", "async", &[MODE]),
            ("sync-all", "async", &[MODE]),
            ("sync", "null", &[MODE]),
            ("strict-sync-all", "strict-sync", &[]),
            ("sync-all", "sync", &[]),
            ("async", "async", &[]),
            ("async", "strict-sync", &[]),
            ("strict", "async", &[]),
            ("strict-sync", "asink", &[]),
        ] {
            replicated(3, now).after(replicated(3, before)).raises(&RULE, at);
        }
        cluster("{instances: 3}").after(replicated(3, "sync")).raises(&RULE, &[MODE]);
        cluster("{instances: 0}").after(replicated(3, "sync")).raises(&RULE, &[]);
        replicated(3, "async").raises(&RULE, &[]);
    }

    #[test]
    fn a_new_override_is_compared_with_the_workers() {
        let overridden = |overrides| {
            sharded(
                "{replication: {mode: strict-sync-all}, coordinator: {instances: 1}, workers: \
                 {clusters: 3, instancesPerCluster: 3}}",
            )
            .set("spec.workers.overrides", overrides)
        };
        overridden("[{index: 2, replication: {syncInstances: 1}}]")
            .after(overridden("[]"))
            .raises(&RULE, &["spec.workers.overrides[0].replication.mode"]);
    }
}
