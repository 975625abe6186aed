//! Why a settings file is not taken: which file, which key, and what to change.

use std::{error::Error, io};

use syncguard_core::spelling::did_you_mean;
use syncguard_manifest::SyntaxError;

/// Why a settings file is not taken. What another error says of it is its source, so print the whole chain.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("cannot read the settings in {file}")]
    Read {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is no YAML.
    #[error("the settings in {file} are not YAML")]
    Syntax {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        error: SyntaxError,
    },
    /// It has more than one document.
    #[error("the settings in {file} are more than one document: put all of them into the first, without ---")]
    Documents {
        /// Which file.
        file: String,
    },
    /// It holds a list or a single value.
    #[error(
        "the settings in {file} must be an object, with a line such as enforcement: warn for each setting"
    )]
    NoObject {
        /// Which file.
        file: String,
    },
    /// A key stands there twice.
    #[error("the settings in {file} have {key} twice: one of them would not count")]
    Twice {
        /// Which file.
        file: String,
        /// The path of the key.
        key: String,
    },
    /// A key means nothing.
    #[error("the settings in {file} have an unknown key {key:?}{}", did_you_mean(.nearest.as_deref()))]
    UnknownKey {
        /// Which file.
        file: String,
        /// The key.
        key: String,
        /// What was perhaps meant.
        nearest: Option<String>,
    },
    /// A value that its key does not take, or a key of a mapping that names nothing.
    #[error("the settings in {file}: {key}")]
    Value {
        /// Which file.
        file: String,
        /// The path of the key.
        key: String,
        /// What is expected, and what stands there.
        #[source]
        error: Box<dyn Error + Send + Sync>,
    },
}
