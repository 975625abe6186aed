//! Settings of Patroni that the operator writes itself: what a manifest says there has no effect.

use crate::{
    cluster::Cluster,
    rule::{Check, Example, Problems, Rule, Severity},
};

pub(super) static RULE: Rule = Rule {
    id: "ignored-patroni-setting",
    severity: Severity::Warning,
    severity_note: "",
    parity: false,
    judges_stopped: false,
    summary: "a Patroni setting that the operator overwrites",
    rationale: "The operator derives synchronous_mode, synchronous_mode_strict and synchronous_node_count \
        from spec.replication, and each pod's tags from its role, and it writes them over whatever the \
        manifest has there. Such a line is worse than useless: whoever reads the manifest believes in a \
        promise of durability that the cluster does not keep, or in a pod that cannot be promoted and will \
        be.",
    fix: "Remove the setting, and say the same with spec.replication: mode, syncInstances, and roles of \
        groups.",
    blind_spot: "",
    reference: "StackGres operator: synchronous_* in Patroni's dynamic configuration come from \
        spec.replication, tags from the role of the pod. It overwrites them before Patroni reads them, so \
        running Patronis, which obey what they read, cannot show it.",
    bad: Example::cluster(
        "spec:
  instances: 3
  configurations:
    patroni:
      dynamicConfig:
        synchronous_mode: true
        synchronous_node_count: 2
      initialConfig:
        tags:
          nosync: true
",
        &[
            "spec.configurations.patroni.dynamicConfig.synchronous_mode",
            "spec.configurations.patroni.dynamicConfig.synchronous_node_count",
            "spec.configurations.patroni.initialConfig.tags",
        ],
    ),
    good: "spec:
  instances: 3
  replication:
    mode: sync
    syncInstances: 2
  configurations:
    patroni:
      dynamicConfig:
        ttl: 30
",
    checks: &[Check::Cluster(check)],
};

/// The settings that follow from `spec.replication`, and the field there that decides each.
const OVERWRITTEN: [(&str, &str); 3] = [
    ("synchronous_mode", "mode"),
    ("synchronous_mode_strict", "mode"),
    ("synchronous_node_count", "syncInstances"),
];

fn check<'a>(cluster: &Cluster<'a>, problems: &mut Problems<'a>) {
    for (name, decides) in OVERWRITTEN {
        let setting = cluster.dynamic(name);
        if !setting.is_absent() {
            problems
                .at(
                    &setting,
                    format!(
                        "{name} is set to {}, which has no effect: the operator overwrites it with what the \
                         replication mode asks for",
                        setting.leaf()
                    ),
                )
                .help(format!("remove it, and set {decides} in the replication section instead"));
        }
    }
    let tags = cluster.initial_tags();
    if !tags.is_absent() {
        problems
            .at(&tags, "the tags have no effect: the operator gives each pod the tags of its role")
            .help("remove them, and give pods another role by spec.replication.groups");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::testing::{cluster, sharded};

    #[test]
    fn every_overwritten_key_is_reported_whatever_its_value() {
        let dynamic = |key: &str| format!("spec.configurations.patroni.dynamicConfig.{key}");
        let (mode, strict) = (dynamic("synchronous_mode"), dynamic("synchronous_mode_strict"));
        let tags = "spec.configurations.patroni.initialConfig.tags";
        for (patroni, at) in [
            ("{dynamicConfig: {synchronous_mode: 1, synchronous_mode_strict: x}}", &[&*mode, &strict][..]),
            ("{dynamicConfig: {synchronous_node_count: [1]}}", &[&*dynamic("synchronous_node_count")]),
            ("{initialConfig: {tags: {}}, dynamicConfig: {ttl: 30}}", &[tags]),
            ("{dynamicConfig: {synchronous_mode: null, Synchronous_Mode: true}}", &[]),
            ("{initialConfig: {}}", &[]),
            ("{dynamicConfig: 5, initialConfig: []}", &[]),
        ] {
            cluster(&format!("{{instances: 1, configurations: {{patroni: {patroni}}}}}")).raises(&RULE, at);
        }
        cluster("{instances: 0, configurations: {patroni: {initialConfig: {tags: {}}}}}").raises(&RULE, &[]);
    }

    #[test]
    fn an_override_without_configurations_shares_the_shards_fault() {
        let patroni = "configurations: {patroni: {dynamicConfig: {synchronous_mode: true}}}";
        let spec = format!(
            "{{coordinator: {{instances: 1, {patroni}}}, shards: {{clusters: 2, instancesPerCluster: 1, \
             {patroni}, overrides: [{{index: 0}}, {{index: 1, {patroni}}}]}}}}"
        );
        let at = ["coordinator", "shards", "shards.overrides[1]"]
            .map(|part| format!("spec.{part}.configurations.patroni.dynamicConfig.synchronous_mode"));
        sharded(&spec).raises(&RULE, &at.each_ref().map(String::as_str));
    }
}
