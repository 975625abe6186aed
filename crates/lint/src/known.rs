//! What the judgment of one object needs to know of others: its former self, its SGPostgresConfig, the
//! cluster that a Scale is about.

mod config;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;

pub use config::KnownConfig;
use config::known_config;

use super::{
    lines::Lines,
    subject::{Content, Subject, subjects},
    variables::with_defaults,
};
use crate::{
    pieces::documents,
    source::{ReadError, Source},
};
use syncguard_core::view::{Body, Given, Kind, Object, Parameters};
use syncguard_manifest as manifest;
use syncguard_manifest::SyntaxError;

/// An object kept beyond its text.
#[derive(Debug, Clone)]
pub struct Known {
    file: Option<Arc<str>>,
    namespace: Option<String>,
    resource_version: Option<String>,
    instances: Option<i64>,
    value: Value,
}

impl Known {
    /// The object again.
    pub fn read(&self) -> Object<'_> {
        Object::deserialize(&self.value).unwrap_or_default()
    }

    /// The object with everything that is in it.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

type Name = (Kind, String);

/// Everything that is known beside the object at hand.
#[derive(Debug, Default)]
pub struct KnownObjects {
    before: Option<HashMap<Name, Vec<Known>>>,
    clusters: HashMap<String, Vec<Known>>,
    /// By name and namespace; those that agree are one.
    configs: HashMap<String, BTreeMap<Option<String>, Vec<KnownConfig>>>,
}

/// How many different SGPostgresConfigs of one name a cluster is judged with.
pub const MOST_VARIANTS: usize = 256;

/// What can go wrong with `--old`.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// It cannot be read.
    #[error(transparent)]
    Input(#[from] ReadError),
    /// It is no YAML.
    #[error("--old {file}: line {line}")]
    Syntax {
        /// Which file.
        file: String,
        /// The line that cannot be read.
        line: usize,
        /// Why.
        #[source]
        error: SyntaxError,
    },
    /// It holds two objects of one name that differ: nobody can say which of them is there now.
    #[error("--old: {object} is there twice, and differs: in {file} and in {other}; name one of them")]
    Ambiguous {
        /// Which object.
        object: String,
        /// Where it stands.
        file: String,
        /// Where it stands, too.
        other: String,
    },
}

impl KnownObjects {
    /// Looks through an input for what other objects in it may need: SGPostgresConfigs, and the clusters of Scales.
    /// A source that cannot be read holds nothing of it; whoever judges it tells.
    pub fn look_through(&mut self, sources: &[Source]) {
        let mut has_scale = false;
        let scale = memchr::memmem::Finder::new(b"\"Scale\"");
        let plain_scale = memchr::memmem::Finder::new(b"kind: Scale");
        let config = memchr::memmem::Finder::new(b"SGPostgresConfig");
        for source in sources {
            let _ = for_documents(source, |bytes, line| {
                has_scale |= scale.find(bytes).is_some() || plain_scale.find(bytes).is_some();
                if config.find(bytes).is_some() {
                    self.add_configs(source, bytes, line);
                }
            });
        }
        if has_scale {
            for source in sources {
                let _ = for_documents(source, |bytes, _| self.add_clusters(source, bytes));
            }
        }
    }

    /// Takes the objects of `--old`.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or is not YAML: without the old objects nothing can be said about changes.
    pub fn add_before(&mut self, sources: &[Source]) -> Result<(), KnownError> {
        let mut before: HashMap<Name, Vec<Known>> = HashMap::new();
        for source in sources {
            let mut fault = None;
            for_documents(source, |bytes, line| {
                if let Err(error) = keep_before(&mut before, source, bytes) {
                    let before = bytes.get(..error.range.start).unwrap_or(bytes);
                    let line = line + memchr::memchr_iter(b'\n', before).count();
                    fault.get_or_insert((line, error));
                }
            })?;
            if let Some((line, error)) = fault {
                let file = source.name.as_deref().unwrap_or("standard input").to_owned();
                return Err(KnownError::Syntax { file, line, error });
            }
        }
        before.iter_mut().try_for_each(|(name, known)| be_one(name, known))?;
        self.before = Some(before);
        Ok(())
    }

    /// Whether there is an `--old` at all.
    pub fn knows_before(&self) -> bool {
        self.before.is_some()
    }

    /// The former self of an object.
    pub fn before(&self, object: &Body<'_>) -> Option<&Known> {
        let name = (object.known_kind()?, object.name()?.to_owned());
        of_namespace(self.before.as_ref()?.get(&name)?, object.namespace(), |known| {
            known.namespace.as_deref()
        })
    }

    /// The SGPostgresConfigs that a cluster of this namespace may mean by a name: those of its namespace, else those
    /// whose namespace, or the cluster's own, is not written. No two of them agree.
    pub fn postgres_configs(&self, namespace: Option<&str>, name: &str) -> Vec<&KnownConfig> {
        let Some(of_name) = self.configs.get(name) else { return Vec::new() };
        let (exact, anywhere) = (of_name.get(&namespace.map(str::to_owned)), of_name.get(&None));
        match (exact, namespace) {
            (Some(exact), _) => exact.iter().collect(),
            (None, Some(_)) => anywhere.into_iter().flatten().collect(),
            (None, None) => {
                let mut different: Vec<&KnownConfig> = Vec::new();
                for config in of_name.values().flatten() {
                    // Beyond that many, nobody counts them.
                    if different.len() > MOST_VARIANTS {
                        break;
                    }
                    if different.iter().all(|other| other.parameters != config.parameters) {
                        different.push(config);
                    }
                }
                different
            }
        }
    }

    /// The SGPostgresConfig that a cluster of this namespace calls by a name; of several the one of this number, else
    /// the last.
    pub fn postgres_config(
        &self,
        namespace: Option<&str>,
        name: &str,
        variant: usize,
    ) -> Option<&KnownConfig> {
        let possible = self.postgres_configs(namespace, name);
        possible.get(variant.min(possible.len().saturating_sub(1))).copied()
    }

    /// The settings of an SGPostgresConfig by the name that a cluster of this namespace calls it, where that is one.
    pub fn parameters(&self, namespace: Option<&str>, name: &str) -> Option<&Parameters<'static>> {
        match self.postgres_configs(namespace, name).as_slice() {
            [only] => Some(&only.parameters),
            _ => None,
        }
    }

    /// The cluster that a Scale is about: the one of its resourceVersion, else the only one of its name that has
    /// the replicas which it had.
    pub fn scaled(&self, scale: &Body<'_>, replicas: Option<i64>) -> Option<&Known> {
        let version = scale.metadata.get()?.resource_version.text();
        let in_namespace = |known: &&Known| {
            known.namespace.is_none()
                || scale.namespace().is_none()
                || known.namespace.as_deref() == scale.namespace()
        };
        let mut candidates: Vec<_> = self.clusters.get(scale.name()?)?.iter().filter(in_namespace).collect();
        let exact = |known: &&&Known| version.is_some() && known.resource_version.as_deref() == version;
        if let Some(exact) = candidates.iter().find(exact) {
            return Some(exact);
        }
        candidates.retain(|known| replicas.is_some() && known.instances == replicas);
        // The same cluster can be in the input twice.
        let (first, others) = candidates.split_first()?;
        let agrees = |other: &&Known| other.value.get("spec") == first.value.get("spec");
        others.iter().all(agrees).then_some(first)
    }

    fn add_configs(&mut self, source: &Source, bytes: &[u8], line: usize) {
        let Ok(text) = manifest::decode(bytes) else { return };
        let lines = Lines::of(text);
        for document in manifest::parse(&with_defaults(text).0).documents {
            for subject in subjects(&document) {
                let Ok(Content::Object(Given::Is(body))) = subject.content() else { continue };
                if let (Some(Kind::PostgresConfig), Some(name)) = (body.known_kind(), body.name()) {
                    let config = known_config(&body, &subject, source, (text, &lines), line);
                    let of_name = self.configs.entry(name.to_owned()).or_default();
                    let known = of_name.entry(body.namespace().map(str::to_owned)).or_default();
                    let new = config.and_then(|config| unless_known(known, config));
                    known.extend(new);
                }
            }
        }
    }

    fn add_clusters(&mut self, source: &Source, bytes: &[u8]) {
        let Ok(text) = manifest::decode(bytes) else { return };
        for document in manifest::parse(text).documents {
            for subject in subjects(&document) {
                let subject = match subject.content() {
                    Ok(Content::Review(_)) => subject.reviewed(),
                    Ok(Content::Object(_)) => subject,
                    _ => continue,
                };
                if let Some((name, known)) =
                    keep(&subject, source).filter(|((kind, _), _)| *kind == Kind::Cluster)
                {
                    self.clusters.entry(name.1).or_default().push(known);
                }
            }
        }
    }
}

/// A config, unless one that agrees with it is known, which then stands in one more place.
fn unless_known(known: &mut [KnownConfig], config: KnownConfig) -> Option<KnownConfig> {
    let Some(same) = known.iter_mut().find(|other| other.parameters == config.parameters) else {
        return Some(config);
    };
    same.copies.extend(config.file);
    None
}

fn keep_before(
    before: &mut HashMap<Name, Vec<Known>>,
    source: &Source,
    bytes: &[u8],
) -> Result<(), SyntaxError> {
    let read = manifest::parse(manifest::decode(bytes)?);
    if let Some(error) = read.error {
        return Err(error);
    }
    for document in &read.documents {
        for subject in subjects(document) {
            if let Some((name, known)) = keep(&subject, source) {
                before.entry(name).or_default().push(known);
            }
        }
    }
    Ok(())
}

/// Makes one of the objects of a name and namespace that agree.
fn be_one((kind, name): &Name, known: &mut Vec<Known>) -> Result<(), KnownError> {
    known.sort_by(|one, other| one.namespace.cmp(&other.namespace));
    known.dedup_by(|later, earlier| later.namespace == earlier.namespace && later.value == earlier.value);
    let same = known.windows(2).find_map(|pair| match pair {
        [one, other] if one.namespace == other.namespace => Some([one, other]),
        _ => None,
    });
    let Some([one, other]) = same else { return Ok(()) };
    let file = |known: &Known| known.file.as_deref().unwrap_or("standard input").to_owned();
    Err(KnownError::Ambiguous {
        object: format!("{} {name}", kind.name()),
        file: file(one),
        other: file(other),
    })
}

fn keep(subject: &Subject<'_, '_>, source: &Source) -> Option<(Name, Known)> {
    let Ok(Content::Object(object)) = subject.content() else { return None };
    let body = object.get()?;
    let value = subject.value().ok()?;
    let metadata = body.metadata.get()?;
    let known = Known {
        file: source.name.clone(),
        namespace: body.namespace().map(str::to_owned),
        resource_version: metadata.resource_version.text().map(str::to_owned),
        instances: body.spec.get().and_then(|spec| spec.instances.integer()),
        value,
    };
    Some(((body.known_kind()?, body.name()?.to_owned()), known))
}

/// The one of this namespace; where a namespace is not written, the only one that it could be.
fn of_namespace<'k, T>(
    candidates: &'k [T],
    namespace: Option<&str>,
    namespace_of: impl Fn(&T) -> Option<&str>,
) -> Option<&'k T> {
    if let Some(exact) = candidates.iter().find(|candidate| namespace_of(candidate) == namespace) {
        return Some(exact);
    }
    let mut possible =
        candidates.iter().filter(|candidate| namespace.is_none() || namespace_of(candidate).is_none());
    possible.next().filter(|_| possible.next().is_none())
}

fn for_documents(source: &Source, mut each: impl FnMut(&[u8], usize)) -> Result<(), ReadError> {
    if let Some(bytes) = source.held() {
        documents(bytes).for_each(|(document, line)| each(document, line + 1));
        return Ok(());
    }
    for piece in source.pieces()? {
        let piece = piece.map_err(|error| source.unreadable(error))?;
        documents(&piece.bytes).for_each(|(document, line)| each(document, piece.first_line + line));
    }
    Ok(())
}
