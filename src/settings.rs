//! The settings file, the same for `serve` and the offline commands: read, checked, and turned into a policy.

mod enforcement;
mod error;
mod file;
mod followed;

use std::path::Path;

pub use enforcement::{Action, Enforcement};
pub use error::SettingsError;
pub use file::schema;
pub use followed::{FollowedSettings, Look};

use file::SettingsFile;
use syncguard_core::policy::Policy;

/// What a settings file says; the defaults where it says nothing.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Severities of rules, whether `syncInstances` is derived, whether the annotation counts.
    pub policy: Policy,
    /// Where the webhook denies, and where it only warns.
    pub enforcement: Enforcement,
}

/// What the webhook goes by where there is no file.
impl Default for Settings {
    fn default() -> Self {
        Self::default_with(false)
    }
}

impl Settings {
    /// Reads a settings file. `honor_ignores` holds where the file does not say: offline the author of a
    /// manifest is trusted, in front of a cluster not.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or says something that means nothing; nothing is taken from it then.
    pub fn read(path: &Path, honor_ignores: bool) -> Result<Self, SettingsError> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| SettingsError::Read { file: file.clone(), error })?;
        Self::parse(&file, &bytes, honor_ignores)
    }

    /// The settings where there is no file.
    pub fn default_with(honor_ignores: bool) -> Self {
        let mut policy = Policy::default();
        policy.honor_ignores = honor_ignores;
        Self { policy, enforcement: Enforcement::default() }
    }

    /// Reads the text of a settings file; `file` is what messages call it.
    ///
    /// # Errors
    ///
    /// It says something that means nothing; nothing is taken from it then.
    pub fn parse(file: &str, bytes: &[u8], honor_ignores: bool) -> Result<Self, SettingsError> {
        let written = SettingsFile::parse(file, bytes)?;
        let refused = |(key, error)| SettingsError::Value { file: file.to_owned(), key, error };
        written.settings(honor_ignores).map_err(refused)
    }
}

#[cfg(test)]
mod tests;
