//! An error and its causes, in one text for people and for API servers.

use std::error::Error;

use anyhow::Chain;

/// What went wrong, and why, each said once: many a library's error repeats the words of its cause.
pub fn in_full(error: &(dyn Error + 'static)) -> String {
    let causes = Chain::new(error).map(ToString::to_string);
    let all =
        causes.reduce(|told, cause| if told.contains(&cause) { told } else { format!("{told}: {cause}") });
    all.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::in_full;

    #[test]
    fn causes_are_said_once() {
        for (errors, text) in [
            (&["no such file"][..], "no such file"),
            (&["no such file", "cannot read a.yaml"], "cannot read a.yaml: no such file"),
            (&["refused", "tcp: refused", "cannot connect"], "cannot connect: tcp: refused"),
        ] {
            let [first, outer @ ..] = errors else { panic!("there is one") };
            let error = outer.iter().fold(anyhow!(*first), |error, words| error.context(*words));
            assert_eq!(in_full(error.as_ref()), text);
        }
    }
}
