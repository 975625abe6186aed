//! The settings file as it is written: one type that serde reads, and whose JSON schema editors read.

use std::{collections::BTreeMap, error::Error, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use serde_json::{Map, Value, json};
use serde_path_to_error::Segment;

use super::{Action, Settings, SettingsError};
use syncguard_core::{facts::Release, policy::OPERATOR_ACCOUNT, rule::Rule, rules, spelling::nearest};
use syncguard_manifest as manifest;

// The comments on the fields are what editors show.
/// What `syncguard --settings` takes, the same for the webhook and the offline commands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(title = "Settings of syncguard")]
pub(super) struct SettingsFile {
    /// Severities by rule; one that is set here replaces every default of the rule.
    #[schemars(schema_with = "severities", skip_serializing_if = "Option::is_none")]
    rules: Option<BTreeMap<String, Value>>,
    /// Fill in syncInstances: instances - 1 in the -all modes, and keep it so.
    derive_sync_instances: bool,
    /// Whether the annotation syncguard.dev/ignore counts. By default it does offline, and does not in the webhook and in audit.
    #[serde(deserialize_with = "not_null")]
    #[schemars(with = "bool", skip_serializing_if = "Option::is_none")]
    honor_ignores: Option<bool>,
    /// Whether the webhook denies errors, or lets them pass as warnings.
    #[schemars(extend("default" = "deny"))]
    enforcement: Action,
    /// The same by pattern of namespaces, such as prod-*; of several that match, the longest counts.
    #[schemars(skip_serializing_if = "Option::is_none")]
    namespaces: Option<BTreeMap<String, Action>>,
    /// Whether a stopped cluster that starts is judged like a new one, or its errors pass as warnings.
    #[schemars(extend("default" = "warn"))]
    starts: Action,
    /// The user name of the StackGres operator, whose own writes are never denied.
    operator_account: String,
    /// The StackGres that looks after the clusters, such as "1.18" or "1.18.6", where an object does not say; empty for the newest known.
    #[serde(rename = "stackGresVersion", deserialize_with = "version")]
    #[schemars(regex(pattern = version_pattern()))]
    stackgres_version: String,
}

impl Default for SettingsFile {
    fn default() -> Self {
        Self {
            rules: None,
            derive_sync_instances: true,
            honor_ignores: None,
            enforcement: Action::Deny,
            namespaces: None,
            starts: Action::Warn,
            operator_account: OPERATOR_ACCOUNT.to_owned(),
            stackgres_version: String::new(),
        }
    }
}

/// The path of a key, and why its value, or its name, is refused.
type Refused = (String, Box<dyn Error + Send + Sync>);

impl SettingsFile {
    /// Reads a text of at most one document, in which no key stands twice.
    pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Self, SettingsError> {
        let keys = keys(file, bytes)?;
        serde_path_to_error::deserialize(keys).map_err(|error| {
            let (file, path) = (file.to_owned(), error.path().clone());
            match path.iter().next() {
                Some(Segment::Map { key }) if !is_key(key) => {
                    SettingsError::UnknownKey { file, nearest: nearest_key(key), key: key.clone() }
                }
                _ => SettingsError::Value { file, key: path.to_string(), error: error.into_inner().into() },
            }
        })
    }

    /// What is to be gone by; `honor_ignores` holds where the file does not say.
    pub(super) fn settings(self, honor_ignores: bool) -> Result<Settings, Refused> {
        let mut settings = Settings::default_with(self.honor_ignores.unwrap_or(honor_ignores));
        let Settings { policy, enforcement } = &mut settings;
        policy.derive_sync_instances = self.derive_sync_instances;
        policy.starts = self.starts.into();
        policy.operator_account = self.operator_account;
        for (id, severity) in self.rules.into_iter().flatten() {
            let set = policy.set(&id, &severity_name(severity));
            set.map_err(|error| (format!("rules.{id}"), error.into()))?;
        }
        // A chart has a value for everything, also where nobody says anything.
        if !self.stackgres_version.is_empty() {
            let set = policy.set_stackgres_version(&self.stackgres_version);
            set.map_err(|error| ("stackGresVersion".to_owned(), error.into()))?;
        }
        enforcement.everywhere = self.enforcement;
        for (pattern, action) in self.namespaces.into_iter().flatten() {
            // The error names the pattern.
            enforcement.add(&pattern, action).map_err(|error| ("namespaces".to_owned(), error.into()))?;
        }
        Ok(settings)
    }
}

/// The keys and values of the one document of a text; none where there is no document, or only null.
fn keys(file: &str, bytes: &[u8]) -> Result<Map<String, Value>, SettingsError> {
    let file = || file.to_owned();
    let syntax = |error| SettingsError::Syntax { file: file(), error };
    let read = manifest::parse(manifest::decode(bytes).map_err(syntax)?);
    if let Some(error) = read.error {
        return Err(syntax(error));
    }
    let mut documents = read.documents.iter().filter(|document| !document.is_empty());
    let Some(document) = documents.next() else { return Ok(Map::new()) };
    if documents.next().is_some() {
        return Err(SettingsError::Documents { file: file() });
    }
    if let Some(twice) = document.duplicates().next() {
        return Err(SettingsError::Twice { file: file(), key: twice.path.to_string() });
    }
    match document.read().map_err(syntax)? {
        Value::Object(keys) => Ok(keys),
        _ => Err(SettingsError::NoObject { file: file() }),
    }
}

/// The name of a severity. `off` without quotes is a boolean to YAML.
fn severity_name(severity: Value) -> String {
    match severity {
        Value::Bool(false) => "off".to_owned(),
        Value::String(name) => name,
        other => other.to_string(),
    }
}

/// Takes a value, and not null for its absence: a key whose value is left out is a mistake.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Takes a text: without quotes YAML takes `1.18` for a number, and `1.20` for `1.2`.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Version;

    impl Visitor<'_> for Version {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a version in quotes, such as \"1.18\"")
        }

        fn visit_str<E: de::Error>(self, version: &str) -> Result<String, E> {
            Ok(version.to_owned())
        }
    }

    deserializer.deserialize_str(Version)
}

/// The JSON schema of a settings file, for editors.
pub fn schema() -> Value {
    // Not every editor shows what stands beside a `$ref`.
    let inline = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    inline.into_generator().into_root_schema_for::<SettingsFile>().to_value()
}

/// Every rule with what it takes, and what it is about.
fn severities(_: &mut SchemaGenerator) -> Schema {
    let property = |rule: &&Rule| {
        // YAML reads `off` as false.
        (rule.id.to_owned(), json!({"enum": ["error", "warning", "off", false], "description": rule.summary}))
    };
    let properties: Map<String, Value> = rules::ALL.iter().map(property).collect();
    json_schema!({"type": ["object", "null"], "properties": properties, "additionalProperties": false})
}

/// Which texts are a known version of StackGres, or none.
fn version_pattern() -> String {
    let lines = Release::LINES.map(|(line, _)| line.replace('.', "\\."));
    format!("^$|^({})(\\.[0-9]+(-.+)?)?$", lines.join("|"))
}

/// Whether a setting has this name.
fn is_key(name: &str) -> bool {
    schema()["properties"].get(name).is_some()
}

/// The setting that is perhaps meant.
fn nearest_key(name: &str) -> Option<String> {
    let schema = schema();
    let keys = schema["properties"].as_object().into_iter().flat_map(Map::keys);
    nearest(name, keys.map(String::as_str)).map(str::to_owned)
}
