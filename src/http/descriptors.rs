//! The descriptors that the process may have: raised at the start, since a connection takes one and the usual limit is low.

use super::Limits;

#[cfg(unix)]
/// Raises the limit to what these limits need, as far as the system lets us; what there is then.
fn raised(needed: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let wanted = maximum.map_or(needed, |maximum| needed.min(maximum));
    let now = match current {
        Some(current) if current < wanted => {
            let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
            if raised.is_ok() { wanted } else { current }
        }
        current => current.unwrap_or(u64::MAX),
    };
    usize::try_from(now).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
/// Elsewhere a connection takes no descriptor of a limited number.
fn raised(_: usize) -> usize {
    usize::MAX
}

impl Limits {
    /// The limits that the system allows, after it was asked to allow what these need.
    #[must_use]
    pub fn of_this_system(self) -> Self {
        self.within(raised(self.descriptors()))
    }
}
