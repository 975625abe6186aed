//! The flags that every command on manifests has: which ones, what they were before, and how rules are weighed.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    input::{Selection, Source, sources},
    manifest::{self, SyntaxError},
    offline::KnownObjects,
    policy::Policy,
    settings::Settings,
};

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

impl InputArgs {
    /// The manifests, in order. Kustomize patches are left out: they are fragments.
    pub fn sources(&self) -> Result<(Vec<Source>, usize)> {
        let mut all = sources(&Selection {
            paths: self.paths.clone(),
            exclude: self.exclude.clone(),
            stdin_name: self.stdin_filename.clone(),
        })?;
        let patches = kustomize_patches(&all)?;
        let before = all.len();
        all.retain(|source| !source.path.as_deref().is_some_and(|path| patches.contains(&clean(path))));
        let left_out = before - all.len();
        Ok((all, left_out))
    }

    /// What else must be known of the input.
    pub fn known(&self, sources: &[Source]) -> Result<KnownObjects> {
        let mut known = KnownObjects::default();
        known.look_through(sources)?;
        if !self.old.is_empty() {
            let old = Selection { paths: self.old.clone(), ..Selection::default() };
            known.add_before(&crate::input::sources(&old)?)?;
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

/// The files that a kustomization among the sources names as patches.
fn kustomize_patches(sources: &[Source]) -> Result<HashSet<PathBuf>> {
    let mut patches = HashSet::new();
    for source in sources {
        let Some(path) = &source.path else { continue };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
            continue;
        }
        let bytes = source.read()?;
        let folder = path.parent().unwrap_or(path);
        let named = manifest::decode(&bytes).map(patch_files).unwrap_or_default();
        patches.extend(named.into_iter().map(|file| clean(&folder.join(file))));
    }
    Ok(patches)
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
