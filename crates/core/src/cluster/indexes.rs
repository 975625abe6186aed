//! Which workers, or query routers, the overrides of an SGShardedCluster are for: the operator's reading of `index` and
//! `indexes`, as ranges, so that no number of a manifest is counted up to.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::view::{Given, Leaf, Override};

/// What an SGShardedCluster has several of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Child {
    /// A cluster that holds data: a worker, or a shard until StackGres 1.18.
    Worker,
    /// A cluster that answers queries beside the coordinator.
    QueryRouter,
}

impl Child {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Worker, Self::QueryRouter];

    /// The `type` of an override that is about it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker => "Worker",
            Self::QueryRouter => "QueryRouter",
        }
    }
}

/// Numbers from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

impl Range {
    /// Whether both have a number.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// What the operator makes of one element of `indexes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// These.
    Are(Range),
    /// None: it accepts the element and does nothing with it.
    None,
    /// It cannot read a number of this size, and fails.
    TooLarge,
}

impl Element {
    /// An element, where the SGShardedCluster has so many query routers (StackGres 1.19, `…ShardedClusterWorker`, its
    /// expansion of indexes: integers, `a-b`, and `all`, which counts query routers whatever the override's type).
    pub fn read(leaf: &Leaf<'_>, query_routers: i64) -> Self {
        match (leaf.integer(), leaf.text()) {
            (Some(index), _) => Self::within(index, index),
            (None, Some("all")) => Self::within(0, query_routers.saturating_sub(1)),
            (None, Some(text)) => {
                text.split_once('-').map_or(Self::None, |(first, last)| match (digits(first), digits(last)) {
                    (Some(first), Some(last)) => Self::within(first, last),
                    _ => Self::None,
                })
            }
            (None, None) => Self::None,
        }
    }

    fn within(first: i64, last: i64) -> Self {
        if first > i64::from(i32::MAX) || last > i64::from(i32::MAX) {
            Self::TooLarge
        } else if first < 0 || last < first {
            Self::None
        } else {
            Self::Are(Range { first, last })
        }
    }
}

/// A number of nothing but digits; one that no integer holds counts as the largest.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(i64::MAX))
}

/// The ranges of an override as they are written, each with its position in `indexes`; `index` wins over them.
pub fn ranges<'v>(
    view: &'v Override<'_>,
    query_routers: i64,
) -> impl Iterator<Item = (Option<usize>, Range)> + 'v {
    let single = (!view.index.is_absent()).then_some((None, &view.index.0));
    let several = match &view.indexes {
        Given::Is(indexes) if single.is_none() => indexes.as_slice(),
        _ => &[],
    };
    let several = several.iter().enumerate().map(|(at, leaf)| (Some(at), leaf));
    single.into_iter().chain(several).filter_map(move |(at, leaf)| match Element::read(leaf, query_routers) {
        Element::Are(range) => Some((at, range)),
        Element::None | Element::TooLarge => None,
    })
}

/// Numbers, each with the position of the override that is for it; sorted, and without overlaps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(Vec<(Range, usize)>);

impl Owners {
    /// The owners among overrides: where several are for one number, the one of the smallest position is.
    pub fn of(overrides: impl Iterator<Item = (usize, Range)>) -> Self {
        let mut ranges: Vec<_> = overrides.collect();
        ranges.sort_by_key(|(_, range)| range.first);
        let mut coming = ranges.into_iter().peekable();
        let mut owned: Vec<(Range, usize)> = Vec::new();
        let mut claiming: BinaryHeap<Reverse<(usize, i64)>> = BinaryHeap::new();
        let mut first = i64::MIN;
        loop {
            while let Some((position, range)) = coming.next_if(|(_, range)| range.first <= first) {
                claiming.push(Reverse((position, range.last)));
            }
            let next = coming.peek().map(|(_, range)| range.first);
            let Some(Reverse((position, last))) = claiming.peek().copied() else {
                let Some(next) = next else { return Self(owned) };
                first = next;
                continue;
            };
            if last < first {
                claiming.pop();
                continue;
            }
            let last = next.map_or(last, |next| last.min(next - 1));
            owned.push((Range { first, last }, position));
            first = last + 1;
        }
    }

    /// The ranges, each with its owner.
    pub fn iter(&self) -> impl Iterator<Item = (Range, usize)> {
        self.0.iter().copied()
    }

    /// The smallest number that nobody owns.
    pub fn first_free(&self) -> i64 {
        self.0
            .iter()
            .fold(0, |next, (range, _)| if range.first <= next { next.max(range.last + 1) } else { next })
    }

    /// Those that own a number of a range, with whether some of its numbers are owned by nobody.
    pub fn of_range(&self, range: Range) -> (impl Iterator<Item = usize>, bool) {
        let start = self.0.partition_point(|(owned, _)| owned.last < range.first);
        let overlapping = self.0[start..].iter().take_while(move |(owned, _)| owned.first <= range.last);
        let covered: i64 = overlapping
            .clone()
            .map(|(owned, _)| owned.last.min(range.last) - owned.first.max(range.first) + 1)
            .sum();
        (overlapping.map(|(_, position)| *position), covered <= range.last - range.first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn are(first: i64, last: i64) -> Element {
        Element::Are(Range { first, last })
    }

    #[test]
    fn an_element_of_indexes_is_read_as_the_operator_reads_it() {
        for (json, element) in [
            ("3", are(3, 3)),
            ("2.0", are(2, 2)),
            (r#""1-4""#, are(1, 4)),
            (r#""0-2000000000""#, are(0, 2_000_000_000)),
            (r#""all""#, are(0, 2)),
            ("-1", Element::None),
            (r#""4-1""#, Element::None),
            (r#""5""#, Element::None),
            (r#""ALL""#, Element::None),
            (r#""1 - 4""#, Element::None),
            (r#""-1-4""#, Element::None),
            (r#""""#, Element::None),
            ("true", Element::None),
            ("{}", Element::None),
            ("4000000000", Element::TooLarge),
            (r#""0-4000000000""#, Element::TooLarge),
            (r#""99999999999999999999-1""#, Element::TooLarge),
        ] {
            let leaf: Leaf<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(Element::read(&leaf, 3), element, "{json} among three query routers");
        }
        assert_eq!(Element::read(&Leaf::Text("all".into()), 0), Element::None, "all of no query routers");
    }

    proptest! {
        #[test]
        fn a_number_belongs_to_the_first_override_that_is_for_it(
            ranges in prop::collection::vec((0_i64..30, 0_i64..6), 0..12),
            (from, more) in (0_i64..30, 0_i64..10),
        ) {
            let ranges: Vec<_> = ranges.iter().map(|(first, more)| Range { first: *first, last: first + more }).collect();
            let owners = Owners::of(ranges.iter().copied().enumerate());
            let owner = |number: i64| ranges.iter().position(|range| range.first <= number && number <= range.last);
            for number in 0..40 {
                let found: Vec<_> = owners.of_range(Range { first: number, last: number }).0.collect();
                prop_assert_eq!(found, Vec::from_iter(owner(number)), "the owner of {} in {:?}", number, &ranges);
            }
            let free = (0..40).find(|number| owner(*number).is_none()).unwrap();
            prop_assert_eq!(owners.first_free(), free);
            let (_, has_free) = owners.of_range(Range { first: from, last: from + more });
            prop_assert_eq!(has_free, (from..=from + more).any(|number| owner(number).is_none()));
        }
    }
}
