//! A `ttl` that ends before StackGres' liveness probe has killed a Patroni that hangs: two members take writes.

use indoc::indoc;

use crate::{
    cluster::Cluster,
    rule::{Check, Definition, Example, Observation, Problems, Rule, Severity, Software},
};

pub(super) static RULE: Rule = Rule::new(Definition {
    id: "ttl-below-liveness-budget",
    severity: Severity::Warning,
    summary: "ttl is shorter than the time in which StackGres kills a hung Patroni",
    rationale: "From 1.19 on StackGres fences a leader whose Patroni hangs: a liveness probe kills the \
        container before the leader's lock ends and another member is promoted. The probe asks every 5 s \
        and gives up after 3 failures with a timeout of 2 s, and the container gets 3 s to end. A healthy \
        Patroni may itself be silent for loop_wait + retry_timeout. So ttl has to be at least loop_wait + \
        retry_timeout + 25 s, of which 5 s are to spare. The default of 45 s is exactly that. A shorter \
        ttl, such as the 30 in manifests from before 1.19, ends while the old leader's Postgres still takes \
        writes, and those are lost.",
    fix: "Remove ttl, or set it to loop_wait + retry_timeout + 25 or more.",
    reference: "StackGres 1.19: the probes of the patroni container, and its chapter on liveness fencing.",
    links: &[
        "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ],
    bad: Example::cluster(
        indoc! {"
            spec:
              instances: 3
              configurations:
                patroni:
                  dynamicConfig:
                    ttl: 30
        "},
        &["spec.configurations.patroni.dynamicConfig.ttl"],
    ),
    good: indoc! {"
        spec:
          instances: 3
          configurations:
            patroni:
              dynamicConfig:
                ttl: 45
    "},
    checks: &[Check::Cluster(check)],
})
.limitations("Another liveness probe of the patroni container, set by other means, is not seen.")
.observed(&[Observation {
    software: Software::Patroni,
    versions: &["4.1.0"],
    what: "At ttl 20, a leader whose Patroni is frozen takes writes for another 22 s.",
}]);

/// What the probe takes at most, and 5 s to spare.
const PROBE: u64 = 15 + 2 + 3 + 5;

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    let has_standby = cluster.instances().is_some_and(|instances| instances >= 2);
    if !has_standby || !cluster.operator().fences_by_liveness() || cluster.dynamic_integer("ttl").is_none() {
        return;
    }
    let timing = cluster.timing();
    let least = timing.loop_wait.saturating_add(timing.retry_timeout).saturating_add(PROBE);
    if timing.ttl >= least {
        return;
    }
    problems
        .at(
            &cluster.dynamic("ttl"),
            format!(
                "ttl {} ends before a hung Patroni is killed, which takes up to loop_wait ({}) + retry_timeout ({}) + {PROBE} s: the \
                 old leader may still take writes when another is promoted",
                timing.ttl, timing.loop_wait, timing.retry_timeout
            ),
        )
        .help(format!("remove it, or set it to {least} or more"));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{OPERATOR_VERSION, cluster, finds_dynamic};

    const AT: &[&str] = &["spec.configurations.patroni.dynamicConfig.ttl"];

    #[test]
    fn ttl_has_to_cover_the_probe() {
        for (instances, timings, at) in [
            (3, "{ttl: 30}", AT),
            (3, "{ttl: 44}", AT),
            (3, "{ttl: '44'}", AT),
            (3, "{ttl: 45}", &[]),
            (3, "{ttl: 29, loop_wait: 1, retry_timeout: 3}", &[]),
            (3, "{ttl: 28, loop_wait: 1, retry_timeout: 3}", AT),
            (3, "{loop_wait: 20}", &[]),
            (3, "{ttl: x}", &[]),
            (1, "{ttl: 30}", &[]),
        ] {
            cluster("{}")
                .set("spec.instances", instances)
                .set("spec.configurations.patroni.dynamicConfig", timings)
                .raises(&RULE, at);
        }
    }

    #[test]
    fn it_is_found_wherever_settings_stand() {
        finds_dynamic(&RULE, "async", "ttl", "30");
    }

    #[test]
    fn older_releases_have_no_such_probe() {
        let case = cluster("{instances: 3, configurations: {patroni: {dynamicConfig: {ttl: 30}}}}");
        case.set(OPERATOR_VERSION, "1.18.6").raises(&RULE, &[]);
    }
}
