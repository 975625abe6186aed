//! Texts that are kept in files: compared, or rewritten where `UPDATE_GOLDEN` is set.

use std::{env, fs, path::Path};

use similar::TextDiff;

/// Whether a text is what the file of the repository holds.
#[track_caller]
pub fn agrees(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept != text {
        let difference = TextDiff::from_lines(kept.as_str(), text).unified_diff().to_string();
        panic!(
            "{file} is not what the program says now; if the new text is right, `UPDATE_GOLDEN=1 cargo test` \
             writes it\n{difference}"
        );
    }
}
