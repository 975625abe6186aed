//! Settings that come to something else than what is written, or do more than they say: what Patroni and Postgres run with.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    experiment::{crash, shown, shown_on},
    explained::{Explained, manifest, manifest_with, written},
    failures::{
        outcome::{LOOKS, hangs},
        row_holds,
    },
    http,
    lab::Shipped,
    patience::{LONG, ensure, wait},
    processes::signal,
    session::ask,
    writer::goes_on,
};

on_each_patroni! {
    timings_that_patroni_adjusts_are_in_effect_as_predicted: |shipped| {
        let timings = json!({"ttl": 2, "loop_wait": 10, "retry_timeout": 10});
        shown_on(&written((1, "mode: async"), &timings, &json!({}), shipped), adjusted_timings);
    };
    a_start_timeout_of_0_gives_the_lead_away: |shipped| {
        given_away("mode: sync-all", "primary_start_timeout", shipped);
    };
    the_old_name_of_the_start_timeout_counts_too: |shipped| {
        given_away("mode: async", "master_start_timeout", shipped);
    };
    a_negative_failover_lag_promotes_nobody: |shipped| promotes("mode: async", -1, shipped);
    a_negative_failover_lag_promotes_no_synchronous_standby_either: |shipped| {
        promotes("mode: sync-all", -1, shipped);
    };
    a_failover_lag_of_0_promotes_a_standby_that_has_everything: |shipped| {
        promotes("mode: async", 0, shipped);
    };
    settings_below_patronis_floors_become_its_defaults: |shipped| {
        let parameters = json!({
            "max_replication_slots": "1", "max_wal_senders": "2", "max_connections": "20",
            "wal_keep_size": "1MB", "wal_level": "minimal", "hot_standby": "off",
        });
        shown_on(&written((1, "mode: async"), &json!({}), &parameters, shipped), floors);
    };
    a_recovery_setting_among_the_parameters_empties_restore_command: |shipped| {
        let parameters = json!({"recovery_target_timeline": "latest"});
        let by_operator = json!({"postgresql": {"recovery_conf": {"restore_command": "false"}}});
        let explained = written((2, "mode: async"), &json!({}), &parameters, shipped).with(&by_operator);
        shown_on(&explained, emptied);
    };
    standby_names_set_by_hand_are_passed_on_as_predicted: |shipped| {
        shown(&manifest(1, "mode: async"), shipped, |cluster| names_set_by_hand(cluster, shipped));
    };
}

/// value-below-patronis-floor: the timings.
fn adjusted_timings(cluster: &mut Cluster) -> Result<(), String> {
    let predicted = |name| cluster.explained.predicted(name);
    let (ttl, lock) = (predicted("ttl"), cluster.ttl_of_lock()?);
    ensure(ttl == lock, || format!("ttl was to be {ttl}, and the leader's lock is kept for {lock} s"))?;
    if ttl == 2 {
        return Ok(());
    }
    let (loop_wait, retry_timeout) = (predicted("loop_wait"), predicted("retry_timeout"));
    cluster.members[0].has_logged(&format!(
        "Adjusting loop_wait from 10 to {loop_wait} and retry_timeout from 10 to {retry_timeout}"
    ))
}

/// `primary_start_timeout` 0: nothing waits for a Postgres that crashed.
fn given_away(replication: &str, setting: &str, shipped: Shipped) {
    let explained = written((2, replication), &json!({setting: 0}), &json!({}), shipped);
    shown_on(&explained, |cluster| {
        row_holds(cluster, "leader-postgres")?;
        // Up to 2.1 Patroni knows the old name alone.
        let expected = if cluster.explained.predicted("primary_start_timeout") == 0 { "c-1" } else { "c-0" };
        let leader = &cluster.led()?.name;
        ensure(leader == expected, || format!("{expected} was to lead, and {leader} does"))
    });
}

/// failover-lag-blocks-promotion: a cluster without writes, whose standby has all that the leader has noted.
fn promotes(replication: &str, limit: i64, shipped: Shipped) {
    let parameters = json!({"wal_sender_timeout": "0"});
    let limits = json!({"maximum_lag_on_failover": limit});
    shown_on(&written((2, replication), &limits, &parameters, shipped), |cluster| {
        let writer = cluster.writer()?;
        goes_on(&writer)?;
        cluster.remember(writer);
        cluster.settle()?;
        if limit < 0 {
            // Otherwise a background process could send it a little more than was noted last, and it were promoted.
            signal("STOP", &[cluster.members[0].wal_sender("c-1")?]);
        }
        // The leader writes its position down once a look.
        cluster.members[0].looks(LOOKS)?;
        crash(cluster, &[0])?;
        if limit < 0 {
            cluster.nobody_leads(LOOKS)?;
            cluster.members[0].start();
        }
        cluster.keeps_everything()
    });
}

/// value-below-patronis-floor: what Postgres runs with.
fn floors(cluster: &mut Cluster) -> Result<(), String> {
    for (name, used) in [
        ("max_replication_slots", "10"),
        ("max_wal_senders", "10"),
        ("max_connections", "100"),
        ("wal_keep_size", "128MB"),
        ("wal_level", "replica"),
        ("hot_standby", "on"),
    ] {
        let real = ask(cluster.leader()?.port, &format!("SHOW {name}"))?;
        ensure(real == used, || format!("{name} was to be {used}, and is {real}"))?;
    }
    Ok(())
}

/// recovery-setting-drops-restore-command: gone with the setting, and back without it.
fn emptied(cluster: &mut Cluster) -> Result<(), String> {
    let is = |expected: &str| {
        let real = ask(cluster.members[1].port, "SHOW restore_command")?;
        ensure(real == expected, || format!("restore_command was to be {expected:?}, and is {real:?}"))
    };
    is("")?;
    configure(cluster, &json!({"postgresql": {"parameters": {"recovery_target_timeline": null}}}))?;
    wait("the operator's restore_command", LONG, || is("false"))
}

/// synchronous-standby-names-set: a single instance waits for nobody at all, where Patroni passes the setting on.
fn names_set_by_hand(cluster: &mut Cluster, shipped: Shipped) -> Result<(), String> {
    configure(cluster, &json!({"postgresql": {"parameters": {"synchronous_standby_names": "*"}}}))?;
    cluster.members[0].looks(LOOKS)?;
    let written = manifest_with(1, "mode: async", "", "synchronous_standby_names: '*'");
    let (explained, real) = (Explained::of(&written, shipped), cluster.leader()?.standby_names()?);
    let predicted = explained.standby_names();
    ensure(predicted == real, || {
        format!("synchronous_standby_names was to be {predicted:?}, and is {real:?}")
    })?;
    let writer = cluster.writer()?;
    if real == "*" { hangs(cluster, &writer) } else { goes_on(&writer) }
}

fn configure(cluster: &Cluster, change: &Value) -> Result<(), String> {
    http::patch(cluster.leader()?.rest, "/config", change).ok_or("Patroni does not take a configuration")?;
    cluster.members[0].looks(LOOKS)
}
