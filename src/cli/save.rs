//! A file gets new contents whole or not at all, and stays the file that it was: mode, owner and links.
//!
//! The contents are written beside it, made durable, and take its name. Where the file has several names (hard links), or
//! nothing can take its name (a directory without write permission, a mounted file, another owner), it is written in
//! place: what was in it is put back if that fails.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Seek, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Replaces the contents of a file that was read as `old`. A symbolic link stays one: what it leads to is changed.
///
/// # Errors
///
/// It cannot be written; then it holds what it held.
pub fn save(path: &Path, old: &[u8], new: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    // A file that may not be written stays as it is, even where its directory would allow to replace it.
    let file = OpenOptions::new().write(true).open(&path)?;
    let metadata = file.metadata()?;
    if has_other_names(&metadata) {
        return in_place(file, old, new);
    }
    match replace(&path, &metadata, new) {
        Err(error) if is_no_place(&error) => in_place(file, old, new),
        replaced => replaced,
    }
}

fn replace(path: &Path, metadata: &Metadata, new: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(new)?;
    keep_owner(file.as_file(), metadata)?;
    file.as_file().set_permissions(metadata.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is durable when the directory is; a file system that cannot say so has done what it can.
    if let Ok(directory) = File::open(directory) {
        drop(directory.sync_all());
    }
    Ok(())
}

/// Whether the file has to be written in place, since no other can take its name.
fn is_no_place(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | ResourceBusy | CrossesDevices)
}

fn in_place(mut file: File, old: &[u8], new: &[u8]) -> io::Result<()> {
    let mut put = |bytes: &[u8]| {
        file.rewind()?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()
    };
    // The bytes that were there have their place already.
    put(new).inspect_err(|_| drop(put(old)))
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (metadata.uid(), metadata.gid()) {
        return Ok(());
    }
    fchown(file, Some(metadata.uid()), Some(metadata.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
