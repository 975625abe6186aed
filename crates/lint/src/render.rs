//! Findings, predictions and the catalogue as text for people and programs. No judgement happens here.

pub mod catalogue;
pub mod crd;
pub mod diagnostic;
pub mod explain;
pub mod failures;
pub mod findings;
mod full;
pub mod mermaid;
pub mod patronictl;
pub mod versions;
