//! Settings that follow their file, so that a change needs no restart; bad ones are refused, and the old stay.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

use super::{Settings, SettingsError};

/// The settings in use.
pub struct FollowedSettings {
    current: ArcSwap<Settings>,
    file: Option<Seen>,
}

struct Seen {
    path: PathBuf,
    last: Mutex<Last>,
}

struct Last {
    /// What was read last, taken or not: contents are compared, because a mounted ConfigMap swaps its directory.
    contents: Vec<u8>,
    /// How many looks since then found nothing to read.
    misses: u32,
}

/// What a look at the file found.
#[derive(Debug)]
pub enum Look {
    /// Nothing new.
    Unchanged,
    /// New settings, in use from now on.
    Taken,
    /// New settings that are not taken, or a file that is gone; told once.
    Refused(SettingsError),
}

impl FollowedSettings {
    /// The settings of a file, or the defaults where there is none.
    ///
    /// `serve` takes them: whoever writes an object must not be able to switch a platform's rules off, so ignores
    /// count only if the file says so.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or says something that means nothing.
    pub fn read(path: Option<&Path>) -> Result<Self, SettingsError> {
        let Some(path) = path else {
            return Ok(Self { current: ArcSwap::from_pointee(Settings::default_with(false)), file: None });
        };
        let contents = read(path)?;
        let settings = parse(path, &contents)?;
        let last = Mutex::new(Last { contents, misses: 0 });
        let seen = Seen { path: path.to_owned(), last };
        Ok(Self { current: ArcSwap::from_pointee(settings), file: Some(seen) })
    }

    /// The settings to judge with.
    pub fn current(&self) -> Arc<Settings> {
        self.current.load_full()
    }

    /// Looks at the file, and takes what is new and sound.
    pub fn look(&self) -> Look {
        let Some(Seen { path, last }) = &self.file else { return Look::Unchanged };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let new = match read(path) {
            Ok(new) => new,
            // A swap of the mounted directory may leave no file for a moment; the second time it is told, and once.
            Err(error) => {
                last.misses = last.misses.saturating_add(1);
                return if last.misses == 2 { Look::Refused(error) } else { Look::Unchanged };
            }
        };
        last.misses = 0;
        if last.contents == new {
            return Look::Unchanged;
        }
        let look = match parse(path, &new) {
            Ok(settings) => {
                self.current.store(Arc::new(settings));
                Look::Taken
            }
            Err(error) => Look::Refused(error),
        };
        last.contents = new;
        look
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|error| SettingsError::Read { file: path.display().to_string(), error })
}

fn parse(path: &Path, contents: &[u8]) -> Result<Settings, SettingsError> {
    Settings::parse(&path.display().to_string(), contents, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Action;

    #[test]
    fn a_change_is_taken_and_a_bad_one_refused_once_with_the_old_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.yaml");
        std::fs::write(&path, "enforcement: warn").unwrap();
        let followed = FollowedSettings::read(Some(&path)).unwrap();
        let everywhere = || followed.current().enforcement.everywhere;
        assert_eq!(everywhere(), Action::Warn);
        assert!(matches!(followed.look(), Look::Unchanged), "nothing has changed yet");

        std::fs::write(&path, "enforcement: deny").unwrap();
        assert!(matches!(followed.look(), Look::Taken), "new settings are taken");
        assert_eq!(everywhere(), Action::Deny);

        std::fs::write(&path, "enforcment: warn").unwrap();
        let Look::Refused(error) = followed.look() else { panic!("an unknown key is refused") };
        assert!(error.to_string().contains("did you mean enforcement?"), "{error}");
        assert!(matches!(followed.look(), Look::Unchanged), "the same fault is told once");
        assert_eq!(everywhere(), Action::Deny, "the old settings stay in use");

        std::fs::remove_file(&path).unwrap();
        assert!(matches!(followed.look(), Look::Unchanged), "it may be on its way");
        let Look::Refused(error) = followed.look() else { panic!("a file that stays away is told of") };
        assert!(error.to_string().contains("settings.yaml"), "{error}");
        assert!(matches!(followed.look(), Look::Unchanged), "and told once");
        assert_eq!(everywhere(), Action::Deny, "the old settings stay in use");
    }
}
