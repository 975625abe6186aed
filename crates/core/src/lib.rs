//! What is right in the replication settings of a StackGres cluster, and what will happen when something dies.
//!
//! It does no input or output, reads no clock, and cannot fail: what cannot be read becomes a finding with a path.
//!
//! ```
//! use syncguard_core::{json, policy::Policy, review, view::Object};
//!
//! let object: Object<'_> = json::from_str(
//!     r#"{
//!       "apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "orders"},
//!       "spec": {"instances": 2, "replication": {"mode": "strict-sync", "syncInstances": 1}}
//!     }"#,
//! )?;
//! let body = object.get().expect("it is an object");
//! let request = review::Request::new(body, review::Origin::File);
//! let findings = review::judge(&request, &Policy::default());
//!
//! let told: Vec<_> = findings.iter().map(|it| format!("{}: {}", it.path, it.rule.id)).collect();
//! assert_eq!(told, ["spec.instances: strict-with-one-standby"]);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! What follows is the repository's ARCHITECTURE.md, which says how the modules stand in layers and what holds between them.
#![doc = include_str!("../ARCHITECTURE.md")]

// Values: what stands in a manifest, and what the operator and Patroni make of it.
pub mod cluster;
pub mod facts;
pub mod json;
pub mod patroni;
pub mod postgres;
pub mod replication;
pub mod rule;
pub mod spelling;
pub mod topology;
pub mod view;

// Knowledge: one bad pattern a file, one default a file.
pub mod defaults;
pub mod rules;

// Judgment: what history and settings make of problems, and what a cluster will do when something dies.
pub mod policy;
pub mod prediction;
pub mod review;
