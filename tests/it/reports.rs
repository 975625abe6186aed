//! What people reported and what was seen on running clusters: each is one row, with what is said of it today.

use crate::cli::folder::Folder;

/// What `validate` says, as `severity rule`, and what `explain` says, with single spaces.
fn said(spec: &str) -> (Vec<String>, String) {
    let manifest =
        format!("{{apiVersion: stackgres.io/v1, kind: SGCluster, metadata: {{name: c}}, spec: {spec}}}");
    let folder = Folder::with::<&str>(&[]);
    let findings = folder.run_with("validate -o jsonl", &manifest).findings();
    let rule = |finding: &String| finding.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let rules = findings.iter().map(rule).collect();
    let explained = folder.run_with("explain", &manifest).out;
    (rules, explained.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn is_told(report: &str, spec: &str, rules: &[&str], words: &[&str]) {
    let (found, explained) = said(spec);
    for rule in rules {
        assert!(
            found.iter().any(|found| found == rule),
            "{report}: validate should say {rule}, and says {found:?}"
        );
    }
    for words in words {
        assert!(explained.contains(words), "{report}: explain should say {words:?}, and says {explained}");
    }
}

fn with_dynamic(n: u8, mode: &str, dynamic: &str) -> String {
    format!(
        "{{instances: {n}, replication: {{mode: {mode}}}, configurations: {{patroni: {{dynamicConfig: {{{dynamic}}}}}}}}}"
    )
}

fn with_conf(n: u8, mode: &str, conf: &str) -> String {
    format!(
        "{{instances: {n}, replication: {{mode: {mode}}}, configurations: {{postgres: {{postgresql.conf: {{{conf}}}}}}}}}"
    )
}

#[test]
fn a_ttl_below_the_floor_is_not_the_time_that_a_failover_takes() {
    let spec = with_dynamic(3, "sync-all", "ttl: 2");
    is_told("ttl 2", &spec, &["warning value-below-patronis-floor"], &["stop for about 21 s"]);
}

#[test]
fn without_a_start_timeout_another_member_leads_at_once() {
    for name in ["primary_start_timeout", "master_start_timeout"] {
        let spec = with_dynamic(3, "async", &format!("{name}: 0"));
        is_told(name, &spec, &[], &["the leader's Postgres crashes stop for about 6 s can be lost"]);
    }
}

#[test]
fn a_negative_lag_limit_promotes_nobody_while_nothing_is_written() {
    for mode in ["async", "sync-all", "strict-sync-all"] {
        let spec = with_dynamic(3, mode, "maximum_lag_on_failover: -1");
        let rules: &[_] = if mode == "async" { &[] } else { &["warning failover-lag-blocks-promotion"] };
        is_told(
            mode,
            &spec,
            rules,
            &["is lost stop until a member is back", "maximum_lag_on_failover is -1"],
        );
    }
    let spec = with_dynamic(3, "sync-all", "maximum_lag_on_failover: 0");
    is_told(
        "0 in a synchronous mode",
        &spec,
        &["warning failover-lag-blocks-promotion"],
        &["(0 bytes) behind"],
    );
}

#[test]
fn numbers_in_quotes_count() {
    let spec = with_dynamic(3, "sync-all", "ttl: '90', maximum_lag_on_syncnode: '1'");
    is_told("quoted by Helm", &spec, &["warning lagging-standby-leaves-sync-set"], &["stop for about 91 s"]);
}

#[test]
fn what_the_operators_types_do_not_take_is_an_error_of_its_own() {
    for setting in [
        "synchronous_mode: quorum",
        "synchronous_mode: 'on'",
        "maximum_lag_on_failover: 2147483648",
        "ttl: 90s",
        "failsafe_mode: 'on'",
    ] {
        is_told(setting, &with_dynamic(3, "async", setting), &["error unreadable-patroni-setting"], &[]);
    }
}

#[test]
fn names_set_by_hand_hang_one_instance_on_old_patronis_and_new_ones_and_not_between() {
    for (version, rule) in [("14.2", "error"), ("15.0", "error"), ("16.0", "warning"), ("17.6", "error")] {
        let spec = format!(
            "{{instances: 1, postgres: {{version: '{version}'}}, configurations: {{postgres: {{postgresql.conf: {{synchronous_standby_names: '*'}}}}}}}}"
        );
        is_told(version, &spec, &[&format!("{rule} synchronous-standby-names-set")], &[]);
    }
}

#[test]
fn what_patroni_raises_is_told_and_not_what_is_written() {
    let spec = with_conf(2, "async", "max_replication_slots: '1', max_wal_senders: '2'");
    is_told("one slot, two senders", &spec, &["warning value-below-patronis-floor"], &[]);
    let (found, _) = said(&spec);
    assert!(
        !found.contains(&"warning too-few-wal-senders".to_owned()),
        "10 of each are enough for 2: {found:?}"
    );
}

#[test]
fn a_standby_leader_of_an_archive_alone_does_not_stream() {
    let (_, explained) = said("{instances: 2, replicateFrom: {storage: {sgObjectStorage: a, path: b}}}");
    assert!(explained.contains("Standby Leader | in archive recovery"), "from the archive: {explained}");
    assert!(explained.contains("Replica | streaming"), "the standbys behind it stream: {explained}");
    let (_, explained) = said("{instances: 2, replicateFrom: {instance: {sgCluster: main}}}");
    assert!(explained.contains("Standby Leader | streaming"), "from an instance: {explained}");
}

#[test]
fn with_remote_apply_a_report_on_a_standby_holds_commits() {
    let spec = with_conf(3, "sync-all", "synchronous_commit: remote_apply");
    is_told(
        "remote_apply",
        &spec,
        &[],
        &["a query holds a standby's replay block up to about 30 s", "healthy Sync Standby"],
    );
    let spec =
        with_conf(3, "strict-sync-all", "synchronous_commit: remote_apply, recovery_min_apply_delay: 20s");
    is_told("a delay of 20 s", &spec, &["error replay-delays-commits"], &["each commit takes 20 s"]);
}

#[test]
fn a_restart_of_the_only_postgres_has_no_bound() {
    is_told(
        "one instance",
        "{instances: 1}",
        &[],
        &["the leader's Postgres crashes stop until it is back kept"],
    );
    is_told("a crash loop", &with_dynamic(3, "sync-all", ""), &[], &["a crash loop has no bound"]);
}

#[test]
fn a_rolling_restart_may_ask_for_what_patroni_refuses() {
    is_told(
        "two of three",
        "{instances: 3, replication: {mode: sync, syncInstances: 1}}",
        &[],
        &["a rolling restart"],
    );
}

#[test]
fn what_hurts_in_other_settings_is_told() {
    let strict_two = "instances: 2, replication: {mode: strict-sync-all}";
    for (report, spec, rule) in [
        (
            "a standby cluster written where the operator drops it",
            with_dynamic(3, "async", "standby_cluster: {host: x}"),
            "warning ignored-patroni-setting",
        ),
        (
            "a new strict cluster runs scripts",
            "{instances: 3, managedSql: {scripts: [{script: a}]}, replication: {mode: strict-sync}}".to_owned(),
            "warning writes-block-during-clone",
        ),
        (
            "the autoscaler goes down to two",
            "{instances: 4, autoscaling: {mode: horizontal, minInstances: 2, maxInstances: 5}, replication: {mode: strict-sync-all}}"
                .to_owned(),
            "warning strict-with-one-standby",
        ),
        (
            "the autoscaler goes up to 25",
            "{instances: 4, autoscaling: {mode: horizontal, minInstances: 3, maxInstances: 25}, replication: {mode: sync-all}}"
                .to_owned(),
            "warning too-few-wal-senders",
        ),
        (
            "every synchronous mode that waits for all",
            with_dynamic(3, "sync, syncInstances: 2", "maximum_lag_on_syncnode: 1"),
            "warning lagging-standby-leaves-sync-set",
        ),
        ("five minutes are too long", with_conf(3, "sync", "wal_sender_timeout: 5min"), "warning dead-standby-never-noticed"),
        (
            "a limit on slots without an archive",
            format!("{{{strict_two}, configurations: {{postgres: {{postgresql.conf: {{max_slot_wal_keep_size: 1GB}}}}}}}}"),
            "warning slot-limit-strands-standby",
        ),
        (
            "a delay of replay",
            with_conf(3, "sync", "synchronous_commit: remote_apply, max_standby_streaming_delay: '-1'"),
            "warning replay-delays-commits",
        ),
        (
            "a recovery setting among the parameters",
            with_conf(3, "async", "recovery_target_timeline: current"),
            "warning recovery-setting-drops-restore-command",
        ),
        (
            "a standby cluster called like its source",
            "{instances: 3, replicateFrom: {instance: {external: {host: c-primary.there, port: 5433}}}, replication: {mode: strict-sync-all}}"
                .to_owned(),
            "error standby-cluster-shares-name",
        ),
        (
            "a setting hidden in a key",
            with_conf(3, "async", "\"zz.a = '1'\\nfsync\": 'off'"),
            "error invalid-parameter-name",
        ),
        ("two spellings", with_conf(3, "async", "fsync: 'on', Fsync: 'off'"), "warning duplicate-parameter"),
    ] {
        is_told(report, &spec, &[rule], &[]);
    }
}

#[test]
fn pods_that_are_spread_by_other_means_are_not_said_to_share_a_node() {
    let spec = "{instances: 3, profile: testing, replication: {mode: strict-sync-all}, pods: {scheduling: {topologySpreadConstraints: [{maxSkew: 1}]}}}";
    let (found, _) = said(spec);
    assert!(!found.contains(&"warning strict-standbys-share-node".to_owned()), "{found:?}");
}
