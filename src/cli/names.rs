//! The names that a certificate is for when nobody says otherwise.

use crate::certificates::Name;

/// What this machine is called by its own clients, and by its host name.
pub(super) fn local() -> Vec<Name> {
    let fixed = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let texts = fixed.into_iter().chain(host_name());
    // A host name that is no DNS name (with an underscore, say) cannot be asked for over TLS either.
    let mut names: Vec<Name> = Vec::new();
    for name in texts.filter_map(|text| text.parse().ok()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What this machine is called; in a pod, the pod's name.
#[cfg(unix)]
pub(super) fn host_name() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

/// What this machine is called.
#[cfg(not(unix))]
pub(super) fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_names_begin_with_localhost_and_are_different() {
        let names = local();
        assert_eq!(names[0].to_string(), "localhost");
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len());
    }
}
