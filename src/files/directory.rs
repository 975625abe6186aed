//! The manifests in a directory, and what it holds beside them that nobody looks into.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder};

use super::{InputError, ReadError, exclude::Excludes};
use syncguard_lint::render::diagnostic::LeftOut;

/// How much of a directory that is left out is looked through for a manifest, in entries.
const GLANCE: usize = 2_000;
/// Where version control keeps its own files.
const VERSION_CONTROL: [&str; 5] = [".git", ".hg", ".svn", ".jj", ".bzr"];

/// What a search through a directory found.
#[derive(Default)]
pub(super) struct Searched {
    /// The manifests, by name.
    pub manifests: Vec<Manifest>,
    /// What cannot be read.
    pub failures: Vec<InputError>,
    /// What was not looked into.
    pub left_out: LeftOut,
}

/// A manifest of a directory.
pub(super) struct Manifest {
    /// The way on which it was found.
    pub path: PathBuf,
    /// The one path that it really has.
    pub real: PathBuf,
}

/// Searches a directory through. Ignore files that would leave nothing of it do not count: somebody named it.
pub(super) fn search(root: &Path, excludes: &mut Excludes) -> Searched {
    let searched = walk(root, excludes, true);
    if searched.manifests.is_empty() && !searched.left_out.is_empty() {
        return walk(root, excludes, false);
    }
    searched
}

fn walk(root: &Path, excludes: &mut Excludes, minds_ignore_files: bool) -> Searched {
    let mut searched = Searched::default();
    let real_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(minds_ignore_files).hidden(true).require_git(false);
    let (mut seen, mut directories, mut manifests) = (HashSet::new(), Vec::new(), BTreeMap::new());
    for entry in builder.build() {
        match entry {
            Err(error) => searched.failures.push(error.into()),
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {
                seen.insert(entry.path().to_owned());
                directories.push(entry.into_path());
            }
            Ok(entry) => {
                seen.insert(entry.path().to_owned());
                match classify(&entry, root, &real_root) {
                    Entry::Manifest(real) if !excludes.leave_out(root, entry.path(), false) => {
                        manifests.insert(entry.into_path(), real);
                    }
                    Entry::Unreadable(error) if !excludes.leave_out(root, entry.path(), false) => {
                        searched.failures.push(error);
                    }
                    Entry::LinkedDirectory if !excludes.leave_out(root, entry.path(), true) => {
                        searched.left_out.take(shown(entry.path(), true), true);
                    }
                    _ => {}
                }
            }
        }
    }
    for directory in directories {
        note_left_out(root, &directory, &seen, excludes, &mut searched.left_out);
    }
    searched.manifests = manifests.into_iter().map(|(path, real)| Manifest { path, real }).collect();
    searched
}

/// What an entry of a directory is, beside a directory.
enum Entry {
    /// A manifest, by the path that it really has.
    Manifest(PathBuf),
    /// A manifest by its name that leads nowhere.
    Unreadable(InputError),
    /// A link to a directory outside.
    LinkedDirectory,
    /// Nothing of interest.
    Other,
}

fn classify(entry: &DirEntry, root: &Path, real_root: &Path) -> Entry {
    let path = entry.path();
    let kind = entry.file_type();
    if kind.is_some_and(|kind| kind.is_file()) && is_manifest(path) {
        return Entry::Manifest(real_root.join(path.strip_prefix(root).unwrap_or(path)));
    }
    if !kind.is_some_and(|kind| kind.is_symlink()) {
        return Entry::Other;
    }
    // A mounted ConfigMap is a directory of links.
    match path.canonicalize() {
        Ok(real) if real.is_dir() && !real.starts_with(real_root) => Entry::LinkedDirectory,
        Ok(real) if real.is_file() && is_manifest(path) => Entry::Manifest(real),
        Err(error) if is_manifest(path) => {
            let path = path.display().to_string();
            Entry::Unreadable(ReadError { path, error }.into())
        }
        _ => Entry::Other,
    }
}

/// What a directory holds that the search did not come by.
fn note_left_out(
    root: &Path,
    directory: &Path,
    seen: &HashSet<PathBuf>,
    excludes: &mut Excludes,
    left_out: &mut LeftOut,
) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| !seen.contains(path));
    paths.sort();
    for path in paths {
        let is_dir = path.is_dir();
        if holds_manifests(&path, is_dir) && !excludes.leave_out(root, &path, is_dir) {
            left_out.take(shown(&path, is_dir), is_dir);
        }
    }
}

fn shown(path: &Path, is_dir: bool) -> String {
    let name = path.strip_prefix("./").unwrap_or(path).display();
    if is_dir { format!("{name}/") } else { name.to_string() }
}

/// Whether a path is a manifest, or a directory in which one is, or may be.
fn holds_manifests(path: &Path, is_dir: bool) -> bool {
    if !is_dir {
        return is_manifest(path);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Where the kubelet keeps what the links of a mounted ConfigMap lead to.
    if VERSION_CONTROL.contains(&&*name) || name.starts_with("..") {
        return false;
    }
    let mut inside = WalkBuilder::new(path).standard_filters(false).build().take(GLANCE);
    let mut glanced = 0;
    let found = inside.any(|entry| {
        glanced += 1;
        entry.is_ok_and(|entry| {
            entry.file_type().is_some_and(|kind| !kind.is_dir()) && is_manifest(entry.path())
        })
    });
    found || glanced == GLANCE
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    }) || path.file_name().is_some_and(|name| name == "Kustomization")
}
