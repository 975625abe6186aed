//! Which Patroni StackGres ships beside which Postgres, from which of its releases on.

use super::{Release, Version};

/// One pairing: the Patroni of the newest build that holds this Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Major and minor version of (vanilla) Postgres.
    pub postgres: (u8, u8),
    /// The Patroni in the same image.
    pub patroni: Version,
    /// The first release of StackGres that pairs them; [`Release::OLDEST`] may have had it from an earlier one.
    pub since: Release,
}

const fn shipped(postgres: (u8, u8), patroni: Version, since: Release) -> Shipped {
    Shipped { postgres, patroni, since }
}

/// Where the table is from.
pub const SOURCE: &str = "versions-1.17.properties to versions-1.19.properties of StackGres' releases 1.17.0 to 1.19.0-rc5; 4.1.5 from an \
    index of images, so its release is a guess";

/// When it was last compared.
pub const COMPARED: &str = "2026-11-30";

/// Every known pairing, by Postgres and then by release. `tests/tools/versions` compares it with a checkout of StackGres.
pub static SHIPPED: &[Shipped] = &[
    shipped((12, 9), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((12, 10), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((12, 11), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((12, 12), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((12, 13), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((12, 14), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((12, 15), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((12, 16), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((12, 17), Version(3, 3, 0), Release(1, 17, 0)),
    shipped((12, 18), Version(3, 3, 2), Release(1, 17, 0)),
    shipped((12, 19), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((12, 20), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((12, 22), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((12, 22), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((13, 5), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((13, 6), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((13, 7), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((13, 8), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((13, 9), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((13, 10), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((13, 11), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((13, 12), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((13, 13), Version(3, 3, 0), Release(1, 17, 0)),
    shipped((13, 14), Version(3, 3, 2), Release(1, 17, 0)),
    shipped((13, 15), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((13, 16), Version(4, 0, 4), Release(1, 17, 0)),
    shipped((13, 18), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((13, 20), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((13, 21), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((13, 22), Version(4, 0, 6), Release(1, 17, 2)),
    shipped((13, 22), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((13, 23), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((14, 1), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((14, 2), Version(2, 1, 4), Release(1, 17, 0)),
    shipped((14, 3), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((14, 4), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((14, 5), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((14, 6), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((14, 7), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((14, 8), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((14, 9), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((14, 10), Version(3, 3, 0), Release(1, 17, 0)),
    shipped((14, 11), Version(3, 3, 2), Release(1, 17, 0)),
    shipped((14, 12), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((14, 13), Version(4, 0, 4), Release(1, 17, 0)),
    shipped((14, 15), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((14, 17), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((14, 18), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((14, 19), Version(4, 0, 6), Release(1, 17, 2)),
    shipped((14, 19), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((14, 20), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((14, 21), Version(4, 1, 0), Release(1, 18, 5)),
    shipped((14, 22), Version(4, 1, 0), Release(1, 18, 6)),
    shipped((14, 22), Version(4, 1, 2), Release(1, 18, 7)),
    shipped((14, 23), Version(4, 1, 3), Release(1, 18, 7)),
    shipped((14, 23), Version(4, 1, 4), Release(1, 19, 0)),
    shipped((14, 24), Version(4, 1, 5), Release(1, 19, 1)),
    shipped((15, 0), Version(3, 0, 2), Release(1, 17, 0)),
    shipped((15, 1), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((15, 2), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((15, 3), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((15, 4), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((15, 5), Version(3, 3, 0), Release(1, 17, 0)),
    shipped((15, 6), Version(3, 3, 2), Release(1, 17, 0)),
    shipped((15, 7), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((15, 8), Version(4, 0, 4), Release(1, 17, 0)),
    shipped((15, 10), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((15, 12), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((15, 13), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((15, 14), Version(4, 0, 6), Release(1, 17, 2)),
    shipped((15, 14), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((15, 15), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((15, 16), Version(4, 1, 0), Release(1, 18, 5)),
    shipped((15, 17), Version(4, 1, 0), Release(1, 18, 6)),
    shipped((15, 17), Version(4, 1, 2), Release(1, 18, 7)),
    shipped((15, 18), Version(4, 1, 3), Release(1, 18, 7)),
    shipped((15, 18), Version(4, 1, 4), Release(1, 19, 0)),
    shipped((15, 19), Version(4, 1, 5), Release(1, 19, 1)),
    shipped((16, 0), Version(3, 2, 2), Release(1, 17, 0)),
    shipped((16, 1), Version(3, 3, 0), Release(1, 17, 0)),
    shipped((16, 2), Version(3, 3, 2), Release(1, 17, 0)),
    shipped((16, 3), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((16, 4), Version(4, 0, 4), Release(1, 17, 0)),
    shipped((16, 6), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((16, 8), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((16, 9), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((16, 10), Version(4, 0, 6), Release(1, 17, 2)),
    shipped((16, 10), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((16, 11), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((16, 12), Version(4, 1, 0), Release(1, 18, 5)),
    shipped((16, 13), Version(4, 1, 0), Release(1, 18, 6)),
    shipped((16, 13), Version(4, 1, 2), Release(1, 18, 7)),
    shipped((16, 14), Version(4, 1, 3), Release(1, 18, 7)),
    shipped((16, 14), Version(4, 1, 4), Release(1, 19, 0)),
    shipped((16, 15), Version(4, 1, 5), Release(1, 19, 1)),
    shipped((17, 0), Version(3, 3, 3), Release(1, 17, 0)),
    shipped((17, 2), Version(4, 0, 4), Release(1, 17, 0)),
    shipped((17, 4), Version(4, 0, 5), Release(1, 17, 0)),
    shipped((17, 5), Version(4, 0, 6), Release(1, 17, 0)),
    shipped((17, 6), Version(4, 0, 6), Release(1, 17, 2)),
    shipped((17, 6), Version(4, 1, 0), Release(1, 17, 3)),
    shipped((17, 7), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((17, 8), Version(4, 1, 0), Release(1, 18, 5)),
    shipped((17, 9), Version(4, 1, 0), Release(1, 18, 6)),
    shipped((17, 9), Version(4, 1, 2), Release(1, 18, 7)),
    shipped((17, 10), Version(4, 1, 3), Release(1, 18, 7)),
    shipped((17, 10), Version(4, 1, 4), Release(1, 19, 0)),
    shipped((17, 11), Version(4, 1, 5), Release(1, 19, 1)),
    shipped((18, 0), Version(4, 1, 0), Release(1, 17, 4)),
    shipped((18, 1), Version(4, 1, 0), Release(1, 18, 0)),
    shipped((18, 2), Version(4, 1, 0), Release(1, 18, 5)),
    shipped((18, 3), Version(4, 1, 0), Release(1, 18, 6)),
    shipped((18, 3), Version(4, 1, 2), Release(1, 18, 7)),
    shipped((18, 4), Version(4, 1, 3), Release(1, 18, 7)),
    shipped((18, 4), Version(4, 1, 4), Release(1, 19, 0)),
    shipped((18, 6), Version(4, 1, 5), Release(1, 19, 1)),
];

/// The rows of one major version of Postgres.
pub fn of_major(major: u8) -> &'static [Shipped] {
    let first = SHIPPED.partition_point(|row| row.postgres.0 < major);
    let (_, rest) = SHIPPED.split_at(first);
    let (of_major, _) = rest.split_at(rest.partition_point(|row| row.postgres.0 == major));
    of_major
}

#[cfg(test)]
mod tests {
    use super::SHIPPED;

    #[test]
    fn the_rows_are_in_order_and_each_says_something_new() {
        for pair in SHIPPED.windows(2) {
            let (row, next) = (pair[0], pair[1]);
            let sorted = (row.postgres, row.since) < (next.postgres, next.since);
            assert!(
                sorted,
                "Postgres {:?} of {} stands behind {:?}",
                next.postgres, next.since, row.postgres
            );
            let news = row.postgres != next.postgres || row.patroni < next.patroni;
            assert!(
                news,
                "Postgres {:?} gets an older Patroni, or the same, with {}",
                next.postgres, next.since
            );
        }
    }
}
