//! `--exclude`: what a person leaves out of directories, in the language of .gitignore.

use std::path::{Component, Path, PathBuf};

use globset::Glob;
use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use super::InputError;

/// The patterns in their order: of several that match a file, the last one counts.
pub(super) struct Excludes(Vec<Exclude>);

struct Exclude {
    /// As it was typed.
    typed: String,
    matcher: Gitignore,
    /// How a path is written that the pattern is held against.
    against: Against,
    is_idle: bool,
}

/// What a pattern counts from.
#[derive(PartialEq, Eq)]
enum Against {
    /// A bare name is meant wherever it stands.
    Anywhere,
    /// A path of several names: from the directory that is searched, or from the current one.
    Path,
    /// A path from `/`: from the directory that is searched, as in .gitignore, or really from there.
    Absolute,
}

impl Excludes {
    /// Reads the patterns.
    ///
    /// # Errors
    ///
    /// One of them is no pattern, or would leave everything out.
    pub fn read(patterns: &[String]) -> Result<Self, InputError> {
        patterns.iter().map(|pattern| Exclude::read(pattern)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether what stands at `path`, which lies in `root`, is left out.
    pub fn leave_out(&mut self, root: &Path, path: &Path, is_dir: bool) -> bool {
        let mut is_left_out = false;
        for exclude in &mut self.0 {
            let verdict = exclude.verdict(root, path, is_dir).unwrap_or(is_left_out);
            // To take back what nobody left out is to do nothing.
            exclude.is_idle &= verdict == is_left_out;
            is_left_out = verdict;
        }
        is_left_out
    }

    /// The patterns that changed nothing.
    pub fn idle(self) -> Vec<String> {
        self.0.into_iter().filter(|exclude| exclude.is_idle).map(|exclude| exclude.typed).collect()
    }
}

impl Exclude {
    fn read(typed: &str) -> Result<Self, InputError> {
        let refuse = |why: String| InputError::Exclude { pattern: format!("{typed:?}"), why };
        let (sign, path) = typed.strip_prefix('!').map_or(("", typed), |path| ("!", path));
        let mut path = path.trim();
        while let Some(rest) = path.strip_prefix("./") {
            path = rest.trim_start_matches('/');
        }
        if path.is_empty() || path == "." {
            return Err(refuse(
                "this would leave everything out; name a file, a directory or a pattern".into(),
            ));
        }
        // .gitignore takes `[` for itself, and it is surely a mistake.
        Glob::new(path).map_err(|error| refuse(error.kind().to_string()))?;
        // In a file this would be a comment.
        let escape = if sign.is_empty() && path.starts_with('#') { "\\" } else { "" };
        let mut builder = GitignoreBuilder::new("");
        builder
            .add_line(None, &format!("{sign}{escape}{path}"))
            .map_err(|error| refuse(error.to_string()))?;
        let matcher = builder.build().map_err(|error| refuse(error.to_string()))?;
        let against = match path.trim_end_matches('/').find('/') {
            None => Against::Anywhere,
            Some(0) => Against::Absolute,
            Some(_) => Against::Path,
        };
        Ok(Self { typed: typed.to_owned(), matcher, against, is_idle: true })
    }

    /// Whether the pattern leaves a path out or takes it back; none where it is not about it.
    fn verdict(&self, root: &Path, path: &Path, is_dir: bool) -> Option<bool> {
        let inside = path.strip_prefix(root).unwrap_or(path);
        let elsewhere = match self.against {
            Against::Anywhere => None,
            Against::Path => plain(path).map(|path| self.of(&path, is_dir)),
            Against::Absolute => {
                let absolute = std::path::absolute(path).ok();
                absolute.and_then(|path| Some(self.of(path.strip_prefix("/").ok()?, is_dir)))
            }
        };
        plain(inside).and_then(|inside| self.of(&inside, is_dir)).or(elsewhere.flatten())
    }

    fn of(&self, path: &Path, is_dir: bool) -> Option<bool> {
        match self.matcher.matched_path_or_any_parents(path, is_dir) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

/// A relative path without `.`; none for one that leaves the directory that it starts from.
fn plain(path: &Path) -> Option<PathBuf> {
    let names = path.components().filter(|part| *part != Component::CurDir);
    names.map(|part| matches!(part, Component::Normal(_)).then_some(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_gitignore_wherever_a_person_counts_from() {
        for (patterns, path, is_left_out) in [
            (&["sub"][..], "k8s/sub/a.yaml", true),
            (&["sub/"], "k8s/deep/sub/a.yaml", true),
            (&["./sub"], "k8s/sub/a.yaml", true),
            (&["k8s/sub"], "k8s/sub/a.yaml", true),
            (&["./k8s/sub/a.yaml"], "k8s/sub/a.yaml", true),
            (&["sub/a.yaml"], "k8s/sub/a.yaml", true),
            (&["sub/a.yaml"], "k8s/deep/sub/a.yaml", false),
            (&["**/sub/a.yaml"], "k8s/deep/sub/a.yaml", true),
            (&["/sub"], "k8s/sub/a.yaml", true),
            (&["/a.yaml"], "k8s/sub/a.yaml", false),
            (&["*.yaml"], "k8s/sub/a.yaml", true),
            (&["*.yaml", "!a.yaml"], "k8s/sub/a.yaml", false),
            (&["!a.yaml", "*.yaml"], "k8s/sub/a.yaml", true),
            (&["#a.yaml"], "k8s/#a.yaml", true),
            (&["k8s"], "k8s/a.yaml", false),
        ] {
            let patterns: Vec<_> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            let mut excludes = Excludes::read(&patterns).unwrap();
            let found = excludes.leave_out(Path::new("k8s"), Path::new(path), false);
            assert_eq!(found, is_left_out, "whether {patterns:?} leave {path} out of k8s");
        }
    }

    #[test]
    fn a_pattern_that_would_leave_everything_out_is_refused() {
        for pattern in ["", " ", ".", "./", "!", "["] {
            assert!(Excludes::read(&[pattern.to_owned()]).is_err(), "--exclude {pattern:?} is a mistake");
        }
    }
}
