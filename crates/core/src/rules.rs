//! The catalog: every rule, one file each, in the order in which people read them.

use crate::rule::Rule;

#[cfg(test)]
pub(crate) mod testing;

mod autoscaling_below_sync;
mod autoscaling_groups_exceed_minimum;
mod autoscaling_out_of_range;
mod babelfish_with_standbys;
mod babelfish_without_feature_gate;
mod commits_wait_for_unpromotable_standby;
mod dead_standby_never_noticed;
mod duplicate_key;
mod duplicate_parameter;

mod durability_weakened;
mod failover_lag_blocks_promotion;
mod fsync_off;
mod group_instances_overwritten;
mod groups_leave_no_main_instance;
mod ignored_patroni_setting;
mod ignored_sync_instances;
mod invalid_autoscaling;
mod invalid_group;
mod invalid_instances;
mod invalid_override;
mod invalid_parameter_name;
mod invalid_query_routers;
mod invalid_sync_instances;
mod invalid_type;
mod invalid_yaml;
mod lagging_standby_leaves_sync_set;
mod misplaced_replication;
mod no_promotable_standby;
mod primary_becomes_unpromotable;
mod recovery_setting_drops_restore_command;
mod removed_field;
mod replay_delays_commits;
mod replicas_service_without_endpoints;
mod sharded_child_refused;
mod sharded_coordinator_not_strict;
mod sharded_duplicate_override;
mod sharded_equal_names;
mod sharded_sync_without_count;
mod sharded_unused_override;
mod shards_instead_of_workers;
mod slot_limit_strands_standby;
mod standby_cluster_ignores_sync;
mod standby_cluster_shares_name;
mod standby_flush_not_awaited;
mod strict_standbys_share_node;
mod strict_sync_all_without_standby;
mod strict_with_one_standby;
mod stuck_commit_bug;
mod sync_all_without_standby;
mod sync_instances_not_below_instances;
mod synchronous_commit_off;
mod synchronous_standby_names_set;
mod too_few_wal_senders;
mod ttl_below_liveness_budget;
mod unknown_field;
mod unknown_kind;
mod unknown_replication_mode;
mod unknown_role;
mod unreadable_patroni_setting;
mod unserved_version;
mod unused_ignore;
mod value_below_patronis_floor;
mod workers_renamed_without_template;
mod writes_block_during_clone;

/// Every rule, in the order in which people read them.
pub static ALL: &[&Rule] = &[
    &unknown_replication_mode::RULE,
    &unknown_role::RULE,
    &invalid_instances::RULE,
    &invalid_sync_instances::RULE,
    &sync_instances_not_below_instances::RULE,
    &groups_leave_no_main_instance::RULE,
    &invalid_group::RULE,
    &invalid_autoscaling::RULE,
    &autoscaling_groups_exceed_minimum::RULE,
    &group_instances_overwritten::RULE,
    &babelfish_with_standbys::RULE,
    &babelfish_without_feature_gate::RULE,
    &strict_sync_all_without_standby::RULE,
    &sync_all_without_standby::RULE,
    &ignored_sync_instances::RULE,
    &no_promotable_standby::RULE,
    &commits_wait_for_unpromotable_standby::RULE,
    &replicas_service_without_endpoints::RULE,
    &standby_cluster_ignores_sync::RULE,
    &standby_cluster_shares_name::RULE,
    &strict_with_one_standby::RULE,
    &strict_standbys_share_node::RULE,
    &synchronous_commit_off::RULE,
    &standby_flush_not_awaited::RULE,
    &fsync_off::RULE,
    &synchronous_standby_names_set::RULE,
    &too_few_wal_senders::RULE,
    &dead_standby_never_noticed::RULE,
    &replay_delays_commits::RULE,
    &slot_limit_strands_standby::RULE,
    &recovery_setting_drops_restore_command::RULE,
    &invalid_parameter_name::RULE,
    &duplicate_parameter::RULE,
    &unreadable_patroni_setting::RULE,
    &value_below_patronis_floor::RULE,
    &ttl_below_liveness_budget::RULE,
    &ignored_patroni_setting::RULE,
    &lagging_standby_leaves_sync_set::RULE,
    &failover_lag_blocks_promotion::RULE,
    &stuck_commit_bug::RULE,
    &autoscaling_below_sync::RULE,
    &autoscaling_out_of_range::RULE,
    &durability_weakened::RULE,
    &primary_becomes_unpromotable::RULE,
    &writes_block_during_clone::RULE,
    &removed_field::RULE,
    &unserved_version::RULE,
    &unknown_field::RULE,
    &misplaced_replication::RULE,
    &invalid_type::RULE,
    &shards_instead_of_workers::RULE,
    &workers_renamed_without_template::RULE,
    &sharded_coordinator_not_strict::RULE,
    &sharded_sync_without_count::RULE,
    &invalid_override::RULE,
    &sharded_duplicate_override::RULE,
    &sharded_unused_override::RULE,
    &sharded_child_refused::RULE,
    &invalid_query_routers::RULE,
    &sharded_equal_names::RULE,
    &unknown_kind::RULE,
    &invalid_yaml::RULE,
    &duplicate_key::RULE,
    &unused_ignore::RULE,
];

// Rules that others than the list speak of, by name: a renamed one does not compile.

/// The one about keys that are written twice, for whoever reads a text.
pub static DUPLICATE_KEY: &Rule = &duplicate_key::RULE;
/// The one about texts that cannot be read.
pub static INVALID_YAML: &Rule = &invalid_yaml::RULE;
/// The one about objects that are nearly of a kind that is judged.
pub static UNKNOWN_KIND: &Rule = &unknown_kind::RULE;
/// The one about objects that no known StackGres explains.
pub static UNSERVED_VERSION: &Rule = &unserved_version::RULE;
/// The one about ignores that hide nothing.
pub static UNUSED_IGNORE: &Rule = &unused_ignore::RULE;
/// The one that judges a cluster of one instance, for whoever wants to see a denial.
pub static STRICT_SYNC_ALL_WITHOUT_STANDBY: &Rule = &strict_sync_all_without_standby::RULE;
/// The one that shows where somebody changed what was completed.
pub static IGNORED_SYNC_INSTANCES: &Rule = &ignored_sync_instances::RULE;

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::{ALL, testing::example};
    use crate::facts::OPERATORS_RUN;
    use crate::patroni::{OBSERVED, OBSERVED_OLDER};
    use crate::rule::{Check, Observation, Rule, Software};

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
    fn a_summary_is_a_fragment_and_everything_else_is_in_sentences() {
        for rule in ALL {
            let starts_large = |text: &str| text.starts_with(char::is_uppercase);
            assert!(
                !starts_large(rule.summary) && !rule.summary.ends_with('.'),
                "{}: the summary is a fragment, without a capital at its start or a period at its end: {}",
                rule.id,
                rule.summary
            );
            let optional = [rule.severity_note, rule.limitations].into_iter().flatten();
            let observed = rule.observed.iter().map(|observation| observation.what);
            for text in [rule.rationale, rule.fix].into_iter().chain(optional).chain(observed) {
                assert!(
                    starts_large(text) && text.ends_with('.'),
                    "{}: sentences start with a capital and end with a period: {text}",
                    rule.id
                );
            }
        }
    }

    #[test]
    fn every_rule_has_links_to_read_on() {
        for rule in ALL {
            assert!(!rule.links.is_empty(), "{} links to no manual and no issue", rule.id);
            for (index, link) in rule.links.iter().enumerate() {
                assert!(
                    link.starts_with("https://"),
                    "{} links to {link}, which is no https address",
                    rule.id
                );
                assert!(!rule.links[..index].contains(link), "{} links to {link} twice", rule.id);
            }
        }
    }

    #[test]
    fn what_was_observed_was_observed_on_versions_that_are_run() {
        let patronis = [&OBSERVED[..], &OBSERVED_OLDER].concat();
        for rule in ALL {
            for Observation { software, versions, what } in rule.observed {
                let run = match software {
                    Software::Patroni => &patronis[..],
                    Software::StackGres => &OPERATORS_RUN,
                };
                assert!(!versions.is_empty(), "{}: on no version was observed that {what}", rule.id);
                for version in *versions {
                    assert!(
                        run.contains(version),
                        "{}: nobody runs {} {version}, on which was observed: {what}",
                        rule.id,
                        software.name()
                    );
                }
            }
        }
    }

    #[test]
    fn an_id_is_the_name_of_its_file_and_stands_once() {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let mut files: Vec<_> = std::fs::read_dir(rules)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|file| file != "testing.rs")
            .collect();
        let mut named: Vec<_> = ALL.iter().map(|rule| format!("{}.rs", rule.id.replace('-', "_"))).collect();
        files.sort();
        named.sort();
        assert_eq!(named, files, "the rules that are listed, and the files in {rules}");
    }
}
