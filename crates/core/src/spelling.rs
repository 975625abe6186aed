//! Which name of a closed list somebody meant by a word that is none of them.

/// The name that is nearest to a word, if one is near enough and no other is as near: for a question.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let [near, next] = closest(word, names);
    let (distance, name) = near?;
    let is_near = distance <= name.chars().count().div_ceil(3).min(3);
    (is_near && next.is_none_or(|(other, _)| other > distance)).then_some(name)
}

/// The name that a word surely stands for, to be written without asking: there is at most one letter of difference,
/// whatever the case, hyphens and spaces, and every other name is far away.
pub fn surely<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let [near, next] = closest(word, names);
    let (distance, name) = near?;
    let is_typing_error =
        distance == 1 && name.len() >= 4 && next.is_none_or(|(other, _)| other > distance + 1);
    (distance == 0 || is_typing_error).then_some(name)
}

/// The end of a sentence that asks whether a name was meant.
pub fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// The two nearest names and how far they are, in letters.
fn closest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> [Option<(usize, &'n str)>; 2] {
    let word = letters(word);
    let distance = |name| (strsim::damerau_levenshtein(&word, &letters(name)), name);
    let mut distances: Vec<_> = names.into_iter().map(distance).collect();
    distances.sort_unstable();
    [distances.first().copied(), distances.get(1).copied()]
}

/// What of a word counts, as much of it as a name could have.
fn letters(word: &str) -> String {
    let counts = |c: &char| !matches!(c, '-' | '_') && !c.is_whitespace();
    word.chars().filter(counts).take(64).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::{Mode, Role};

    #[test]
    fn a_mistyped_word_gets_the_nearest_name_and_a_foreign_one_none() {
        let modes = Mode::ALL.map(Mode::name);
        let roles = Role::OF_GROUPS.map(Role::name);
        for (word, names, asked, sure) in [
            ("Sync", &modes[..], Some("sync"), Some("sync")),
            ("strict_sync_all", &modes, Some("strict-sync-all"), Some("strict-sync-all")),
            ("strictsyncall", &modes, Some("strict-sync-all"), Some("strict-sync-all")),
            ("strct-sync-all", &modes, Some("strict-sync-all"), Some("strict-sync-all")),
            (" sync", &modes, Some("sync"), Some("sync")),
            ("read-only", &roles, Some("readonly"), Some("readonly")),
            // Perhaps a word that was not finished.
            ("sync-al", &modes, Some("sync-all"), None),
            ("strict-sync-a", &modes, Some("strict-sync"), None),
            ("sync-every", &modes, None, None),
            ("strct-sink-all", &modes, Some("strict-sync-all"), None),
            ("hq", &roles, Some("ha"), None),
            // As near to async as to sync.
            ("ssync", &modes, None, None),
            ("strict-all", &modes, None, None),
            ("read", &roles, Some("ha-read"), None),
            ("quorum", &modes, None, None),
            ("", &modes, None, None),
        ] {
            let names = || names.iter().copied();
            assert_eq!(nearest(word, names()), asked, "the name to ask for where {word:?} is written");
            assert_eq!(surely(word, names()), sure, "the name to write in place of {word:?}");
        }
    }
}
