//! Findings, predictions and the catalog as text for people and programs. No judgment happens here.

pub mod catalog;
pub mod crd;
pub mod diagnostic;
pub mod explain;
pub mod facts;
pub mod failures;
pub mod findings;
mod folding;
mod full;
pub mod mermaid;
mod notes;
pub mod patronictl;
mod shown;
mod time;
mod verdict;
pub mod versions;
