//! `strict-sync-all` on one instance: the strictest mode becomes the weakest one.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    replication::Mode,
    rule::{Check, Definition, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "strict-sync-all-without-standby",
    severity: Severity::Error,
    summary: "strict-sync-all on a single instance runs asynchronous",
    rationale: "With one instance the operator switches both synchronous_mode and synchronous_mode_strict \
        off. Every commit is acknowledged with a single copy on a single disk, which is what the mode was \
        chosen to prevent. Nothing in the cluster's status says so.",
    fix: "Give the cluster a standby (instances: 2, better 3), or choose mode: async, which says what it \
        really is.",
    reference: "StackGres operator: the -all modes switch synchronous mode on only where instances is above \
        1.",
    links: &["https://stackgres.io/doc/latest/administration/replication/modes/strict-sync-all/"],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 1
              replication:
                mode: strict-sync-all
        "},
        &["spec.instances"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          replication:
            mode: strict-sync-all
    "},
    checks: &[Check::Cluster(check)],
});

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    if (cluster.mode(), cluster.instances()) != (Some(Mode::StrictSyncAll), Some(1)) {
        return;
    }
    problems
        .at(
            &cluster.instances,
            "strict-sync-all with 1 instance has no standby to wait for: the cluster runs asynchronous, and an \
             acknowledged commit exists once",
        )
        .help("set it to 3 (2 is the least that keeps a second copy), or choose mode: async")
        .see(&cluster.mode, "promises that no commit is acknowledged without a standby");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::cluster;

    #[test]
    fn only_a_single_running_instance_is_too_few() {
        for (spec, at) in [
            ("{instances: 1.0, replication: {mode: strict-sync-all}}", &["spec.instances"][..]),
            ("{instances: 0, replication: {mode: strict-sync-all}}", &[]),
            ("{instances: 2, replication: {mode: strict-sync-all}}", &[]),
            ("{instances: '1', replication: {mode: strict-sync-all}}", &[]),
        ] {
            cluster(spec).raises(&RULE, at);
        }
    }
}
