//! Facts about other people's software: which version does what, each with its source and its date.
//!
//! Code, tests and docs/versions.md read the same tables. What went and came back is a list of ranges, not a threshold.

mod behavior;
mod release;
mod shipped;

use std::fmt;

pub use behavior::{Behavior, PATRONI, Range, patroni};
pub use release::{DEFAULT_TTL, FAILSAFE_MODE, LIVENESS_FENCING, OPERATORS_RUN, Release};
pub use shipped::{COMPARED, SHIPPED, SOURCE, Shipped, of_major};

/// A version of Patroni.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8, pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}
