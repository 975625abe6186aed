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
    autoscaling_below_sync
    autoscaling_out_of_range
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
