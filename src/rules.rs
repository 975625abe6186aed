//! The catalogue: every rule, one file each, in the order in which people read them.

use crate::rule::Rule;

#[cfg(test)]
pub(crate) mod testing;

/// Declares the rules' modules and lists them in the same order.
macro_rules! catalogue {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// Every rule, in the order of the catalogue.
        pub static ALL: &[&Rule] = &[$(&$module::RULE),*];

        /// The rules' modules, in the same order.
        #[cfg(test)]
        static MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

catalogue! {
    unknown_replication_mode
    unknown_role
    invalid_instances
    invalid_sync_instances
    sync_instances_not_below_instances
    groups_leave_no_main_instance
    invalid_group
    invalid_autoscaling
    autoscaling_groups_exceed_minimum
    group_instances_overwritten
    babelfish_with_standbys
    strict_sync_all_without_standby
    sync_all_without_standby
    ignored_sync_instances
    no_promotable_standby
    commits_wait_for_unpromotable_standby
    replicas_service_without_endpoints
    standby_cluster_ignores_sync
    strict_with_one_standby
    strict_standbys_share_node
    synchronous_commit_off
    standby_flush_not_awaited
    fsync_off
    synchronous_standby_names_set
    too_few_wal_senders
    dead_standby_never_noticed
    ignored_patroni_setting
    lagging_standby_leaves_sync_set
    failover_lag_blocks_promotion
    stuck_commit_bug
    autoscaling_below_sync
    autoscaling_out_of_range
    durability_weakened
    primary_becomes_unpromotable
    writes_block_during_clone
    removed_field
    unknown_field
    invalid_type
    sharded_coordinator_not_strict
    sharded_sync_without_count
    sharded_duplicate_override
    sharded_unused_override
    invalid_yaml
    duplicate_key
    unused_ignore
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALL, testing::example};
    use crate::rule::{Check, Rule};

    /// The rules about the text itself are raised by the reader of files, and tested there.
    fn is_about_text(rule: &Rule) -> bool {
        rule.checks.iter().any(|check| matches!(check, Check::Text))
    }

    #[test]
    fn a_bad_example_raises_exactly_its_rule_and_a_good_one_nothing() {
        for rule in ALL.iter().filter(|rule| !is_about_text(rule)) {
            let bad = example(&rule.bad, rule.bad.manifest);
            let expected: Vec<_> = rule.bad.at.iter().map(|path| format!("{} at {path}", rule.id)).collect();
            assert_eq!(bad.everything_said(), expected, "what the bad example of {} raises", rule.id);
            let good = example(&rule.bad, rule.good);
            assert_eq!(good.everything_said(), [""; 0], "what the good example of {} raises", rule.id);
        }
    }

    #[test]
    fn every_rule_tells_what_a_person_needs() {
        for rule in ALL {
            for (part, text) in [
                ("summary", rule.summary),
                ("rationale", rule.rationale),
                ("fix", rule.fix),
                ("reference", rule.reference),
                ("bad example", rule.bad.manifest),
            ] {
                assert!(!text.trim().is_empty(), "{} has no {part}", rule.id);
            }
            assert!(
                !rule.summary.contains('\n') && rule.summary.len() <= 110,
                "{}: the summary is one line",
                rule.id
            );
            assert!(!rule.checks.is_empty(), "{} has no check", rule.id);
        }
    }

    #[test]
    fn an_id_is_the_name_of_its_file_and_stands_once() {
        let mut seen = HashSet::new();
        for (rule, module) in ALL.iter().zip(super::MODULES) {
            assert_eq!(rule.id.replace('-', "_"), *module, "the file of a rule is called after its id");
            assert!(seen.insert(rule.id), "{} stands twice in the catalogue", rule.id);
        }
    }
}
