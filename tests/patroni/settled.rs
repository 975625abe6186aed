//! The settled state: `patronictl list`, `synchronous_standby_names` and the tags of running clusters are those predicted.

use crate::{
    cluster::{Cluster, names},
    explained::{Explained, documentations_example, manifest},
    lab::Shipped,
    patience::{LONG, ensure, wait},
    table,
};

on_each_patroni! {
    the_documentations_example: |shipped| holds(&documentations_example(), shipped);
    asynchronous: |shipped| holds(&manifest(2, "mode: async, role: ha"), shipped);
    one_of_two_is_awaited: |shipped| holds(&manifest(3, "mode: sync"), shipped);
    all_are_awaited: |shipped| holds(&manifest(3, "mode: sync-all, groups: [{role: ha, instances: 1}]"), shipped);
    a_readonly_member_is_not_needed: |shipped| {
        holds(&manifest(4, "mode: strict-sync, syncInstances: 2, groups: [{role: readonly, instances: 1}]"), shipped);
    };
    a_member_that_may_be_promoted_is_awaited_first: |shipped| {
        let groups = "groups: [{role: readonly, instances: 1}, {role: ha-read, instances: 1}]";
        holds(&manifest(3, &format!("mode: sync, {groups}")), shipped);
    };
    a_member_with_two_tags_is_awaited_all_the_same: |shipped| {
        holds(&manifest(3, "mode: strict-sync-all, groups: [{role: none, instances: 1}]"), shipped);
    };
    one_instance: |shipped| holds(&manifest(1, "mode: strict-sync-all"), shipped);
}

fn holds(manifest: &str, shipped: Shipped) {
    let explained = Explained::of(manifest, shipped);
    let outcome = Cluster::settled(&explained).and_then(|cluster| {
        let agreed = agrees(&cluster, &explained);
        agreed.map_err(|problem| problem + "\n" + &cluster.logs())
    });
    outcome.unwrap_or_else(|problem| panic!("Patroni {}, {manifest}\n{problem}", shipped.patroni));
}

fn agrees(cluster: &Cluster, explained: &Explained) -> Result<(), String> {
    // A lag is listed as it was when the member last wrote it down.
    wait("the predicted list", LONG, || table::agrees(&explained.list, &cluster.patronictl(&["list"])?))?;
    let (predicted, real) = (explained.standby_names(), cluster.leader()?.standby_names()?);
    // Up to 3.3 the order of the names is that of their last change.
    let sorts = explained.shipped.patroni.starts_with('4');
    let same = if sorts { predicted == real } else { names(predicted) == names(&real) };
    ensure(same, || format!("synchronous_standby_names was to be {predicted:?}, and is {real:?}"))?;
    for (member, (name, tags)) in cluster.members.iter().zip(explained.members()) {
        let real = member.status().and_then(|status| status.get("tags").cloned()).unwrap_or_default();
        let same =
            real == tags || (real.is_null() && tags.as_object().is_some_and(serde_json::Map::is_empty));
        ensure(same, || format!("the tags of {name} were to be {tags}, and are {real}"))?;
    }
    Ok(())
}
