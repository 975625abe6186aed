//! Settings that follow their file, so that a change needs no restart; bad ones are refused, and the old stay.

use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::{Settings, SettingsError};
use crate::files::{FollowedFiles, NamedFile, Unreadable};

/// The settings in use.
pub struct FollowedSettings {
    current: ArcSwap<Settings>,
    file: Option<(String, Mutex<FollowedFiles>)>,
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
        let name = path.display().to_string();
        let mut file = FollowedFiles::new([NamedFile { flag: "--settings", path: path.to_owned() }]);
        let settings = file.first(|contents| parse(&name, contents))?;
        Ok(Self { current: ArcSwap::from_pointee(settings), file: Some((name, Mutex::new(file))) })
    }

    /// The settings to judge with.
    pub fn current(&self) -> Arc<Settings> {
        self.current.load_full()
    }

    /// Looks at the file, and takes what is new and sound.
    pub async fn look(&self) -> Look {
        let Some((name, file)) = &self.file else { return Look::Unchanged };
        match file.lock().await.changed(|contents| parse(name, contents)).await {
            Ok(None) => Look::Unchanged,
            Ok(Some(settings)) => {
                self.current.store(Arc::new(settings));
                Look::Taken
            }
            Err(error) => Look::Refused(error),
        }
    }
}

fn parse(name: &str, contents: &[Vec<u8>]) -> Result<Settings, SettingsError> {
    Settings::parse(name, &contents.concat(), false)
}

impl From<Unreadable> for SettingsError {
    fn from(Unreadable { path, reason, .. }: Unreadable) -> Self {
        Self::Read { file: path.display().to_string(), error: reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Action;

    #[tokio::test]
    async fn a_change_is_taken_and_a_bad_one_refused_once_with_the_old_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.yaml");
        std::fs::write(&path, "enforcement: warn").unwrap();
        let followed = FollowedSettings::read(Some(&path)).unwrap();
        let everywhere = || followed.current().enforcement.everywhere;
        assert_eq!(everywhere(), Action::Warn);
        assert!(matches!(followed.look().await, Look::Unchanged), "nothing has changed yet");

        std::fs::write(&path, "enforcement: deny").unwrap();
        assert!(matches!(followed.look().await, Look::Taken), "new settings are taken");
        assert_eq!(everywhere(), Action::Deny);

        std::fs::write(&path, "enforcment: warn").unwrap();
        let Look::Refused(error) = followed.look().await else { panic!("an unknown key is refused") };
        assert!(error.to_string().contains("did you mean enforcement?"), "{error}");
        assert!(matches!(followed.look().await, Look::Unchanged), "the same fault is told once");
        assert_eq!(everywhere(), Action::Deny, "the old settings stay in use");

        std::fs::remove_file(&path).unwrap();
        let Look::Refused(error) = followed.look().await else { panic!("a file that stays away is told of") };
        assert!(error.to_string().contains("settings.yaml"), "{error}");
        assert!(matches!(followed.look().await, Look::Unchanged), "and told once");
        assert_eq!(everywhere(), Action::Deny, "the old settings stay in use");
    }
}
