//! The flags that every command on manifests has: which ones, what they were before, and how rules are weighed.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::terminal::tell;
use crate::{
    causes::in_full,
    files::{InputError, Selection, find},
    settings::Settings,
};
use syncguard_core::policy::Policy;
use syncguard_lint::{
    KnownObjects,
    pieces::documents,
    render::{diagnostic::LeftOut, findings::left_out},
    source::Source,
};
use syncguard_manifest as manifest;
use syncguard_manifest::SyntaxError;

/// Which manifests.
#[derive(Debug, Clone, clap::Args)]
pub struct InputArgs {
    /// Files, directories, or - for standard input; none: standard input if it is a pipe or a file, else this directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Leave out files of directories that match, as in .gitignore; repeatable
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// The name of standard input in findings
    #[arg(long, value_name = "NAME")]
    pub stdin_filename: Option<String>,

    /// The objects as they are now, for rules and defaults about changes; matched by kind, name and namespace
    #[arg(long, value_name = "FILE")]
    pub old: Vec<PathBuf>,

    /// Settings, the same file as for serve
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// What is to be judged, and what was found beside it.
pub struct Manifests {
    /// The manifests, in order.
    pub sources: Vec<Source>,
    /// Files that a kustomization names as patches: they are fragments.
    pub patches: usize,
    /// What directories hold that was not meant.
    pub left_out: LeftOut,
    /// Whether something that was meant cannot be read, which has been told.
    pub has_failed: bool,
}

impl Manifests {
    /// Tells what was left out, for a command that has no summary.
    pub fn tell_left_out(&self) {
        if !self.left_out.is_empty() {
            tell(left_out(&self.left_out));
        }
    }
}

impl InputArgs {
    /// The manifests. What cannot be read is told at once, and the rest goes on.
    ///
    /// # Errors
    ///
    /// A pattern of `--exclude` that means nothing, or nothing at all that can be read.
    pub fn manifests(&self) -> Result<Manifests> {
        let found = find(&Selection {
            paths: self.paths.clone(),
            exclude: self.exclude.clone(),
            stdin_name: self.stdin_filename.clone(),
        })?;
        if self.stdin_filename.is_some() && found.sources.iter().all(|source| source.path.is_some()) {
            bail!("--stdin-filename names standard input, which is not read here; name it with `-`");
        }
        for pattern in &found.idle_excludes {
            tell(format_args!("warning: --exclude {pattern} leaves out nothing of a directory"));
        }
        let (mut sources, has_failed) = (found.sources, !found.failures.is_empty());
        told_unless_last(found.failures, sources.is_empty())?;
        if sources.iter().any(|source| source.is_assumed && !holds_object(source)) {
            bail!(
                "standard input holds no Kubernetes object, so nothing was judged; to judge files, name them, and in a \
                 script give this command `< /dev/null`"
            );
        }
        let patches = kustomize_patches(&sources);
        let before = sources.len();
        sources.retain(|source| !source.path.as_deref().is_some_and(|path| patches.contains(&clean(path))));
        let patches = before - sources.len();
        Ok(Manifests { sources, patches, left_out: found.left_out, has_failed })
    }

    /// What else must be known of the input.
    pub fn known(&self, sources: &[Source]) -> Result<KnownObjects> {
        let mut known = KnownObjects::default();
        known.look_through(sources);
        if !self.old.is_empty() {
            let old = find(&Selection { paths: self.old.clone(), ..Selection::default() })?;
            if let Some(error) = old.failures.into_iter().next() {
                return Err(error).context("--old");
            }
            known.add_before(&old.sources)?;
        }
        Ok(known)
    }

    /// How rules are weighed: as the settings file says.
    pub fn policy(&self) -> Result<Policy> {
        policy(self.settings.as_deref())
    }
}

/// How a settings file weighs rules offline, where the author of a manifest is trusted; the defaults without one.
pub fn policy(settings: Option<&Path>) -> Result<Policy> {
    Ok(self::settings(settings, true)?.policy)
}

/// What a settings file says, or the defaults without one; `honor_ignores` holds where it says nothing of that.
pub fn settings(file: Option<&Path>, honor_ignores: bool) -> Result<Settings> {
    Ok(match file {
        Some(file) => Settings::read(file, honor_ignores)?,
        None => Settings::default_with(honor_ignores),
    })
}

/// Why a text cannot be read, with the line and column of the file. `line` is the number of lines before the document.
pub fn unreadable(file: &str, document: &[u8], line: usize, error: &SyntaxError) -> anyhow::Error {
    let before = document.get(..error.range.start).unwrap_or(document);
    let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line + memchr::memchr_iter(b'\n', before).count() + 1;
    let column = String::from_utf8_lossy(last).chars().count() + 1;
    anyhow::anyhow!("{file}:{line}:{column}: {error}")
}

/// Tells what cannot be read; where nothing else is left, the last of it is the error.
fn told_unless_last(mut failures: Vec<InputError>, is_all: bool) -> Result<()> {
    let last = if is_all { failures.pop() } else { None };
    for failure in &failures {
        tell(format_args!("error: {}", in_full(failure)));
    }
    last.map_or(Ok(()), |error| Err(error.into()))
}

/// Whether a text holds an object of Kubernetes, or one that somebody tried to write.
fn holds_object(source: &Source) -> bool {
    let Ok(pieces) = source.pieces() else { return true };
    // What cannot be read is told later.
    let mut pieces = pieces.map(|piece| piece.map_or_else(|_| Vec::new(), |piece| piece.bytes));
    pieces.any(|bytes| documents(&bytes).any(|(document, _)| is_object(document)))
}

fn is_object(document: &[u8]) -> bool {
    let Ok(text) = manifest::decode(document) else { return true };
    let has_type = |document: &manifest::Document<'_>| {
        document.root().get("apiVersion").is_some() || document.root().get("kind").is_some()
    };
    text.lines().any(begins_with_type) || manifest::parse(text).documents.iter().any(has_type)
}

/// Whether a line, of YAML or of JSON, begins with a key that says what an object is.
fn begins_with_type(line: &str) -> bool {
    let line = line.trim_start_matches(['"', ' ', '-', '{', '[']);
    let rest = ["apiVersion", "kind"].iter().find_map(|key| line.strip_prefix(key));
    rest.is_some_and(|rest| rest.trim_start_matches(['"', ' ']).starts_with(':'))
}

/// The files that a kustomization among the sources names as patches.
fn kustomize_patches(sources: &[Source]) -> HashSet<PathBuf> {
    let mut patches = HashSet::new();
    for source in sources {
        let Some(path) = &source.path else { continue };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
            continue;
        }
        let bytes = source.read().unwrap_or_default();
        let folder = path.parent().unwrap_or(path);
        let named = manifest::decode(&bytes).map(patch_files).unwrap_or_default();
        patches.extend(named.into_iter().map(|file| clean(&folder.join(file))));
    }
    patches
}

fn patch_files(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    for document in manifest::parse(text).documents {
        for list in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
            let items = document.root().get(list);
            let file = |item: manifest::Node<'_, '_>| {
                item.get("path")
                    .unwrap_or(item)
                    .as_str()
                    .filter(|text| !text.contains('\n'))
                    .map(str::to_owned)
            };
            files.extend(items.into_iter().flat_map(manifest::Node::items).filter_map(file));
        }
    }
    files
}

/// A path without `.` and `..`, so that two ways to one file are the same.
fn clean(path: &std::path::Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
