//! What was seen of an installation.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    certificates::Chain,
    kubernetes::{Rule, Target},
};
use syncguard_core::view::Kind;

/// Everything that was looked at, at one moment.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The name of both webhook configurations.
    pub configuration: String,
    /// Configurations of other names that call syncguard.
    pub alike: Vec<String>,
    /// The namespace that the probes were for.
    pub namespace: String,
    /// The clock here.
    pub now: OffsetDateTime,
    /// The clock of the API server, to the second.
    pub server_time: Option<OffsetDateTime>,
    /// The kinds of StackGres that are read here, each with a version that the API server serves; or why that is not known.
    pub served: Result<Vec<(Kind, String)>, String>,
    /// The `ValidatingWebhookConfiguration`; none where there is none of that name.
    pub validating: Option<Registration>,
    /// The `MutatingWebhookConfiguration`.
    pub mutating: Option<Registration>,
    /// Each place that they call, once.
    pub endpoints: Vec<Endpoint>,
    /// Mutating webhooks of others that are called for new SGClusters.
    pub others: Vec<String>,
    /// The account that the settings name as the operator's; or why it is not known which settings are in use.
    pub operator: Result<Operator, String>,
    /// What became of the sound probe.
    pub sound: Answer,
    /// What became of the unsound one.
    pub unsound: Answer,
}

/// The account that the settings name as the operator's.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Its user name; empty where the settings name none.
    pub user: String,
    /// Whether the API server has it.
    pub existence: Existence,
}

/// Whether there is an account.
#[derive(Debug, Clone)]
pub enum Existence {
    /// There is.
    Found,
    /// There is no such service account.
    Missing {
        /// User names of service accounts that could have been meant; none where they may not be listed.
        others: Vec<String>,
    },
    /// It is no service account's name, and API servers store no other accounts.
    NoServiceAccount,
    /// It may not be read; why.
    Unknown(String),
}

/// A webhook configuration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its webhooks, in their order.
    pub webhooks: Vec<Registered>,
}

/// One webhook of a configuration.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// What is called.
    pub target: Target,
    /// What is trusted, as PEM text.
    pub bundle: String,
    /// Whether it is called for objects of the namespace.
    pub selects_namespace: bool,
    /// What it is called for.
    pub rules: Vec<Rule>,
}

/// A place that is called.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The first webhook's that calls it.
    pub target: Target,
    /// The Service; none for a URL.
    pub service: Option<Service>,
    /// What a TLS handshake from here shows.
    pub shown: Shown,
}

/// A Service, as far as a call needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// There is none of this name.
    Missing,
    /// It may not be read.
    Hidden,
    /// It is there.
    Found {
        /// Its ports.
        ports: Vec<i32>,
        /// How many addresses behind it are ready.
        ready: usize,
    },
}

/// What a handshake shows.
#[derive(Debug, Clone)]
pub enum Shown {
    /// A certificate.
    Certificate(Chain),
    /// Nothing, and this is why.
    Nothing(String),
}

/// What the API server made of a probe.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What would be stored, or the HTTP status and the message of the refusal.
    pub result: Result<Value, (u16, String)>,
    /// The warnings that came with it.
    pub warnings: Vec<String>,
    /// How long it took, measured here.
    pub took: Duration,
}

impl Registration {
    /// The versions of a resource that are sent; none where it is not sent at all.
    pub fn versions_of(&self, resource: &str) -> Option<Vec<&str>> {
        let rules = self.webhooks.iter().flat_map(|one| &one.rules);
        let about = rules.filter(|rule| rule.resources.iter().any(|known| known == resource));
        let versions: Vec<_> = about.flat_map(|rule| rule.versions.iter().map(String::as_str)).collect();
        (!versions.is_empty()).then_some(versions)
    }
}

impl Answer {
    /// Whether a rule spoke, in a refusal or in a warning.
    pub fn names(&self, rule: &str) -> bool {
        let tag = format!("[{rule}]");
        let refusal = self.result.as_ref().err().map(|(_, message)| message);
        refusal.into_iter().chain(&self.warnings).any(|text| text.contains(&tag))
    }
}
