//! The examples: each gives exactly the findings that its comment and its README promise.

use std::{collections::BTreeSet, fs};

use crate::cli::folder::{repository, syncguard};

/// Every file of `examples/`, and what is said of it.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("autoscaling.yaml", &["error autoscaling-below-sync spec.autoscaling.minInstances"]),
    ("development.yaml", &[]),
    ("fsync-off.yaml", &[r#"error fsync-off spec.configurations.postgres["postgresql.conf"].fsync"#]),
    (
        "list.yaml",
        &[
            "warning ignored-sync-instances spec.replication.syncInstances",
            "error sync-instances-not-below-instances spec.replication.syncInstances",
        ],
    ),
    ("minimal.yaml", &[]),
    ("no-promotable-standby.yaml", &["warning no-promotable-standby spec.replication.groups"]),
    (
        "old-style.yaml",
        &[
            "warning removed-field spec.prometheusAutobind",
            "error unknown-replication-mode spec.replication.mode",
            "error unknown-field spec.replication.syncInstance",
        ],
    ),
    (
        "reporting-replicas.yaml",
        &["warning commits-wait-for-unpromotable-standby spec.replication.groups[0].role"],
    ),
    (
        "patroni-settings.yaml",
        &[
            "warning value-below-patronis-floor spec.configurations.patroni.dynamicConfig.ttl",
            "warning ttl-below-liveness-budget spec.configurations.patroni.dynamicConfig.ttl",
            "error unreadable-patroni-setting spec.configurations.patroni.dynamicConfig.failsafe_mode",
            "warning ignored-patroni-setting spec.configurations.patroni.dynamicConfig.standby_cluster",
        ],
    ),
    (
        "postgres-settings.yaml",
        &[
            r#"warning slot-limit-strands-standby spec.configurations.postgres["postgresql.conf"].max_slot_wal_keep_size"#,
            r#"warning recovery-setting-drops-restore-command spec.configurations.postgres["postgresql.conf"].recovery_target_timeline"#,
            r#"warning dead-standby-never-noticed spec.configurations.postgres["postgresql.conf"].wal_sender_timeout"#,
            r#"warning duplicate-parameter spec.configurations.postgres["postgresql.conf"].Work_Mem"#,
        ],
    ),
    (
        "remote-apply.yaml",
        &[
            r#"error replay-delays-commits spec.configurations.postgres["postgresql.conf"].max_standby_streaming_delay"#,
        ],
    ),
    ("same-name.yaml", &["warning standby-cluster-shares-name spec.replicateFrom.instance.external.host"]),
    (
        "sharded-pitfalls.yaml",
        &[
            "error sync-instances-not-below-instances spec.replication.syncInstances",
            "warning sharded-coordinator-not-strict spec.coordinator.replication.mode",
            "warning strict-with-one-standby spec.workers.overrides[0].instancesPerCluster",
            "warning sharded-unused-override spec.workers.overrides[1].index",
        ],
    ),
    ("sharded-1.18.yaml", &[]),
    (
        "sharded-query-routers.yaml",
        &[
            "warning sharded-coordinator-not-strict spec.coordinator.replication.mode",
            "warning sharded-unused-override spec.workers.overrides[1].indexes[0]",
        ],
    ),
    ("sharded.yaml", &[]),
    ("single-instance.yaml", &["error strict-sync-all-without-standby spec.instances"]),
    ("standby-cluster.yaml", &["warning standby-cluster-ignores-sync spec.replication.mode"]),
    (
        "strict-sync-all.review.json",
        &[
            "warning strict-standbys-share-node spec.nonProductionOptions.disableClusterPodAntiAffinity",
            "warning stuck-commit-bug spec.postgres.version",
            "warning ignored-sync-instances spec.replication.syncInstances",
        ],
    ),
    (
        "strict-sync-all.yaml",
        &[
            "warning stuck-commit-bug spec.postgres.version",
            "warning removed-field spec.prometheusAutobind",
            "warning strict-standbys-share-node spec.nonProductionOptions.disableClusterPodAntiAffinity",
            "warning ignored-sync-instances spec.replication.syncInstances",
        ],
    ),
    ("synchronous-commit-off.yaml", &["error synchronous-commit-off spec.configurations.sgPostgresConfig"]),
    ("three-nodes.yaml", &[]),
    (
        "too-many-sync-instances.yaml",
        &["error sync-instances-not-below-instances spec.replication.syncInstances"],
    ),
    ("two-nodes.yaml", &["warning strict-with-one-standby spec.instances"]),
];

/// The files that are examples: everything but the page about them.
fn files() -> BTreeSet<String> {
    let entries = fs::read_dir(repository("examples")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "README.md").collect()
}

#[test]
fn every_example_gives_exactly_the_findings_that_are_promised() {
    for (file, expected) in EXAMPLES {
        let said = syncguard(&format!("validate -o jsonl examples/{file}"));
        assert_eq!(said.findings(), *expected, "what is said of examples/{file}");
        let is_denied = expected.iter().any(|finding| finding.starts_with("error"));
        said.exits(i32::from(is_denied), &format!("{expected:?} is said of examples/{file}"));
    }
}

#[test]
fn every_example_is_in_the_table_and_the_readme_with_its_rules() {
    let listed: BTreeSet<_> = EXAMPLES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(files(), listed, "the files of examples/ and those that are tested");
    let readme = fs::read_to_string(repository("examples/README.md")).unwrap();
    for (file, findings) in EXAMPLES {
        let row = readme.lines().find(|line| line.contains(&format!("]({file})")));
        let row = row.unwrap_or_else(|| panic!("examples/README.md has no row for {file}"));
        for finding in *findings {
            let rule = finding.split(' ').nth(1).unwrap();
            assert!(row.contains(rule), "examples/README.md does not say that {file} raises {rule}");
        }
    }
}

#[test]
fn the_comment_of_an_example_names_its_rules() {
    // The documentation's manifest stays as it is, and JSON has no comments.
    let commented = EXAMPLES.iter().filter(|(file, _)| !file.starts_with("strict-sync-all."));
    for (file, findings) in commented {
        let text = fs::read_to_string(repository("examples").join(file)).unwrap();
        let comment: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        for finding in *findings {
            let rule = finding.split(' ').nth(1).unwrap();
            assert!(
                comment.contains(rule),
                "the comment of examples/{file} does not say that it raises {rule}"
            );
        }
        let is_sound = findings.is_empty();
        assert_eq!(comment.contains("nothing to report"), is_sound, "the comment of examples/{file}");
    }
}
