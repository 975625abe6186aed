//! syncguard.
pub mod admission;
pub mod cluster;
pub mod defaults;
pub mod path;
pub mod patroni;
pub mod policy;
pub mod postgres;
pub mod prediction;
pub mod render;
pub mod replication;
pub mod review;
pub mod rule;
pub mod rules;
pub mod topology;
pub mod view;
