//! The facts about versions of other people's software as a page: what the code goes by, to be checked by anybody.

use std::{collections::BTreeMap, fmt::Write};

use syncguard_core::facts::{
    COMPARED, DEFAULT_TTL, FAILSAFE_MODE, LIVENESS_FENCING, PATRONI, Range, Release, SHIPPED, SOURCE, Version,
};

/// docs/versions.md.
pub fn markdown() -> String {
    let mut out = "# What differs between versions\n\n\
        What syncguard goes by where versions of StackGres and Patroni differ. This page is written from the tables in \
        crates/core/src/facts by `UPDATE_GOLDEN=1 cargo test`; `tests/tools/versions CHECKOUT RELEASE` compares the first one with a \
        checkout of StackGres.\n\n\
        The version of StackGres is the object's annotation `stackgres.io/operatorVersion`, else `stackGresVersion` in the \
        settings, else the newest known. The version of Postgres is `status.postgresVersion`, else `spec.postgres.version`.\n"
        .to_owned();
    out.push_str("\n## Which Patroni runs\n\n");
    let _ = writeln!(
        out,
        "Beside vanilla Postgres, from which release of StackGres on ({} and older are not told apart). Of the newest minor \
         version of each line, later builds may have a newer Patroni. Compared {COMPARED} with {SOURCE}.\n",
        Release::OLDEST
    );
    out.push_str("| Patroni | StackGres | Postgres |\n|---|---|---|\n");
    for ((patroni, since), postgres) in pairings() {
        let _ = writeln!(out, "| {patroni} | {since} | {} |", postgres.join(", "));
    }
    out.push_str("\n## What StackGres does\n\n| what | since | source |\n|---|---|---|\n");
    for (since, ttl) in DEFAULT_TTL {
        let _ = writeln!(
            out,
            "| `ttl` is {ttl} unless set | {since} | the operator's PatroniConfigEndpoints, 1.18.6 and 1.19.0-rc4 |"
        );
    }
    let _ =
        writeln!(out, "| `failsafe_mode` reaches Patroni | {FAILSAFE_MODE} | the operator's PatroniConfig |");
    let _ = writeln!(
        out,
        "| a leader whose Patroni hangs is killed by a liveness probe | {LIVENESS_FENCING} | the probes of the patroni container |"
    );
    out.push_str("\n## What Patroni does\n\n| what | versions | source | date |\n|---|---|---|---|\n");
    for behavior in PATRONI {
        let ranges: Vec<_> = behavior.ranges.iter().copied().map(range).collect();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            behavior.what,
            ranges.join("; "),
            behavior.source,
            behavior.date
        );
    }
    out
}

/// The pairings, those of one Patroni and release together.
fn pairings() -> BTreeMap<(Version, Release), Vec<String>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for row in SHIPPED {
        let (major, minor) = row.postgres;
        all.entry((row.patroni, row.since)).or_default().push(format!("{major}.{minor}"));
    }
    all
}

fn range(range: Range) -> String {
    match (range.from, range.before) {
        (Some(from), None) => format!("from {from}"),
        (None, Some(before)) => format!("before {before}"),
        (Some(from), Some(before)) => format!("from {from}, before {before}"),
        (None, None) => "all".to_owned(),
    }
}
