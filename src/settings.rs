//! The settings file, the same for `serve` and the offline commands: read, checked, and turned into a policy.

mod enforcement;
mod followed;

use std::path::Path;

use serde_json::{Map, Value, json};

pub use enforcement::{Action, Enforcement};
pub use followed::{FollowedSettings, Look};

use syncguard_core::{
    facts::Release,
    policy::{OPERATOR_ACCOUNT, Policy, PolicyError, Starts},
    rules,
    spelling::{did_you_mean, nearest},
};
use syncguard_manifest as manifest;
use syncguard_manifest::SyntaxError;

/// What a settings file says; the defaults where it says nothing.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Severities of rules, whether `syncInstances` is derived, whether the annotation counts.
    pub policy: Policy,
    /// Where the webhook denies, and where it only warns.
    pub enforcement: Enforcement,
}

/// Why a settings file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("cannot read the settings in {file}: {error}")]
    Read {
        /// Which file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is no YAML.
    #[error("the settings in {file} are not YAML: {error}")]
    Syntax {
        /// Which file.
        file: String,
        /// Why.
        error: SyntaxError,
    },
    /// It has more than one document.
    #[error("the settings in {file} are more than one document: put all of them into the first, without ---")]
    Documents {
        /// Which file.
        file: String,
    },
    /// A key stands there twice.
    #[error("the settings in {file} have {key} twice: one of them would not count")]
    Twice {
        /// Which file.
        file: String,
        /// The key.
        key: String,
    },
    /// A key means nothing.
    #[error("the settings in {file} have an unknown key {key:?}{}", did_you_mean(*.nearest))]
    UnknownKey {
        /// Which file.
        file: String,
        /// The key.
        key: String,
        /// What was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// A value has the wrong type.
    #[error("the settings in {file}: {key} must be {expected}, and is {found}")]
    Type {
        /// Which file.
        file: String,
        /// The key.
        key: String,
        /// What it takes.
        expected: &'static str,
        /// What stands there.
        found: Value,
    },
    /// A pattern of namespaces cannot be read.
    #[error("the settings in {file}: namespaces: {error}")]
    Pattern {
        /// Which file.
        file: String,
        /// Why.
        error: globset::Error,
    },
    /// A version of StackGres that is not known.
    #[error("the settings in {file}: stackGresVersion: {error}")]
    StackGres {
        /// Which file.
        file: String,
        /// Why.
        error: PolicyError,
    },
    /// A rule or severity that is not known.
    #[error("the settings in {file}: rules.{id}: {error}")]
    Policy {
        /// Which file.
        file: String,
        /// What stands there for a rule.
        id: String,
        /// Why.
        error: PolicyError,
    },
}

/// Every key of a settings file.
const KEYS: [&str; 8] = [
    "rules",
    "deriveSyncInstances",
    "honorIgnores",
    "enforcement",
    "namespaces",
    "starts",
    "stackGresVersion",
    "operatorAccount",
];

/// The JSON schema of a settings file, for editors.
pub fn schema() -> Value {
    // YAML reads `off` as false.
    let severity = json!({"enum": ["error", "warning", "off", false]});
    let rule = |rule: &&syncguard_core::rule::Rule| {
        let mut severity = severity.clone();
        severity["description"] = json!(rule.summary);
        (rule.id.to_owned(), severity)
    };
    let rules: Map<String, Value> = rules::ALL.iter().map(rule).collect();
    let action = |description: &str| json!({"enum": ["deny", "warn"], "description": description});
    let flag = |default: bool, description: &str| json!({"type": "boolean", "default": default, "description": description});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of syncguard",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "rules": {
                "type": "object", "additionalProperties": false, "properties": rules,
                "description": "A severity replaces every default of a rule",
            },
            "deriveSyncInstances":
                flag(true, "Fill in syncInstances: instances - 1 in the -all modes, and keep it so"),
            "honorIgnores": flag(false, "Whether the webhook counts the annotation syncguard.dev/ignore"),
            "enforcement": action("Whether the webhook denies errors, or lets them pass as warnings"),
            "namespaces": {
                "type": "object",
                "additionalProperties": action("The same for namespaces of a pattern; the longest counts"),
            },
            "starts": {
                "enum": ["deny", "warn"], "default": "warn",
                "description": "Whether a stopped cluster that starts is judged like a new one, or its errors pass as warnings",
            },
            "operatorAccount": {
                "type": "string", "default": OPERATOR_ACCOUNT,
                "description": "The user name of the StackGres operator, whose own writes are never denied",
            },
            "stackGresVersion": {
                "type": "string",
                "pattern": format!("^$|^({})(\\.[0-9]+)?$", Release::LINES.map(|(line, _)| line.replace('.', "\\.")).join("|")),
                "description": "The StackGres that looks after the clusters, such as 1.18 or 1.18.6; where an object says, that counts",
            },
        },
    })
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
        let syntax = |error| SettingsError::Syntax { file: file.to_owned(), error };
        let read = manifest::parse(manifest::decode(bytes).map_err(syntax)?);
        if let Some(error) = read.error {
            return Err(syntax(error));
        }
        let mut documents = read.documents.iter().filter(|document| !document.is_empty());
        let document = documents.next();
        if documents.next().is_some() {
            return Err(SettingsError::Documents { file: file.to_owned() });
        }
        if let Some(twice) = document.and_then(|document| document.duplicates().next()) {
            return Err(SettingsError::Twice { file: file.to_owned(), key: twice.path.to_string() });
        }
        let value = document.map_or(Ok(Value::Null), manifest::Document::read).map_err(syntax)?;
        let mut settings = Self::default_with(honor_ignores);
        for (key, value) in object(file, "the file", value)? {
            settings.take(file, &key, value)?;
        }
        Ok(settings)
    }

    fn take(&mut self, file: &str, key: &str, value: Value) -> Result<(), SettingsError> {
        match key {
            "rules" => {
                for (id, severity) in object(file, key, value)? {
                    self.rule(file, &id, &severity)?;
                }
            }
            "deriveSyncInstances" => self.policy.derive_sync_instances = flag(file, key, &value)?,
            "enforcement" => self.enforcement.everywhere = action(file, key, &value)?,
            "namespaces" => {
                for (pattern, value) in object(file, key, value)? {
                    let action = action(file, &format!("namespaces.{pattern}"), &value)?;
                    let refused = |error| SettingsError::Pattern { file: file.to_owned(), error };
                    self.enforcement.add(&pattern, action).map_err(refused)?;
                }
            }
            "starts" => {
                self.policy.starts = match action(file, key, &value)? {
                    Action::Warn => Starts::Warn,
                    Action::Deny => Starts::Deny,
                };
            }
            "operatorAccount" => {
                let Value::String(account) = value else {
                    return Err(wrong_type(file, key, "a user name", value));
                };
                self.policy.operator_account = account;
            }
            "stackGresVersion" => {
                let Value::String(version) = &value else {
                    return Err(wrong_type(file, key, "a version in quotes, such as \"1.18\"", value));
                };
                let refused = |error| SettingsError::StackGres { file: file.to_owned(), error };
                // A chart has a value for everything, also where nobody says anything.
                if !version.is_empty() {
                    self.policy.set_stackgres_version(version).map_err(refused)?;
                }
            }
            "honorIgnores" => self.policy.honor_ignores = flag(file, key, &value)?,
            _ => {
                let nearest = nearest(key, KEYS);
                return Err(SettingsError::UnknownKey {
                    file: file.to_owned(),
                    key: key.to_owned(),
                    nearest,
                });
            }
        }
        Ok(())
    }

    fn rule(&mut self, file: &str, id: &str, severity: &Value) -> Result<(), SettingsError> {
        // `off` without quotes is a boolean to YAML.
        let severity = match severity {
            Value::Bool(false) => "off".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let refused = |error| SettingsError::Policy { file: file.to_owned(), id: id.to_owned(), error };
        self.policy.set(id, &severity).map_err(refused)
    }
}

fn object(file: &str, key: &str, value: Value) -> Result<Map<String, Value>, SettingsError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        found => Err(wrong_type(file, key, "an object", found)),
    }
}

fn flag(file: &str, key: &str, value: &Value) -> Result<bool, SettingsError> {
    value.as_bool().ok_or_else(|| wrong_type(file, key, "true or false", value.clone()))
}

fn action(file: &str, key: &str, value: &Value) -> Result<Action, SettingsError> {
    let action = value.as_str().and_then(Action::named);
    action.ok_or_else(|| wrong_type(file, key, "deny or warn", value.clone()))
}

fn wrong_type(file: &str, key: &str, expected: &'static str, found: Value) -> SettingsError {
    SettingsError::Type { file: file.to_owned(), key: key.to_owned(), expected, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        match Settings::parse("s.yaml", text.as_bytes(), false) {
            Ok(settings) => format!("{:?} {:?}", settings.policy, settings.enforcement),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_schema_knows_the_keys_that_are_taken() {
        let schema = schema();
        let mut known: Vec<_> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut taken = KEYS.to_vec();
        known.sort_unstable();
        taken.sort_unstable();
        assert_eq!(known, taken);
        for rule in rules::ALL {
            assert!(schema["properties"]["rules"]["properties"].get(rule.id).is_some(), "{}", rule.id);
        }
    }

    #[test]
    fn a_settings_file_is_taken_whole_or_refused_with_what_to_change() {
        for (text, said) in [
            ("", "derive_sync_instances: true, honor_ignores: false"),
            (
                "deriveSyncInstances: false\nhonorIgnores: true",
                "derive_sync_instances: false, honor_ignores: true",
            ),
            ("rules: {strict-sync-all-without-standby: off}", "\"strict-sync-all-without-standby\": None"),
            (
                "rules: {strict-sync-all-without-standbys: warning}",
                "did you mean strict-sync-all-without-standby?",
            ),
            ("rules: {strict-sync-all-without-standby: fatal}", "\"fatal\" is not a severity"),
            ("rules: {fsync-off: 1}", "rules.fsync-off: \"1\" is not a severity"),
            ("enforcement: warn\nenforcement: deny", "have enforcement twice"),
            ("rules: {fsync-off: off, fsync-off: error}", "have rules.fsync-off twice"),
            ("enforcement: warn\n---\nenforcement: deny", "more than one document"),
            ("---\n---\nenforcement: warn", "everywhere: Warn"),
            ("honourIgnores: true", "unknown key \"honourIgnores\"; did you mean honorIgnores?"),
            ("honorIgnores: yep", "honorIgnores must be true or false"),
            ("enforcement: warn", "everywhere: Warn"),
            ("enforcement: off", "enforcement must be deny or warn"),
            ("namespaces: {prod-*: warn}", "Warn"),
            ("namespaces: {'prod-[': deny}", "namespaces: error parsing glob"),
            ("namespaces: {prod: denied}", "namespaces.prod must be deny or warn"),
            ("stackGresVersion: '1.18'", "stackgres_version: Some(Release(1, 18, 8))"),
            ("stackGresVersion: 1.18.6", "stackgres_version: Some(Release(1, 18, 6))"),
            ("stackGresVersion: 1.19", "stackGresVersion must be a version in quotes"),
            ("stackGresVersion: '1.81'", "\"1.81\" is no known version of StackGres; did you mean 1.18?"),
            ("stackGresVersion: 1.18.6.1", "is no known version of StackGres"),
            ("[1]", "must be an object"),
            ("a: [", "are not YAML"),
        ] {
            assert!(parse(text).contains(said), "{text:?} should give {said:?}, and gives {:?}", parse(text));
        }
    }
}
