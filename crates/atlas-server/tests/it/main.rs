//! The routes, each with what it is for and how it refuses, over a real library and a real search index.

#![expect(clippy::unwrap_used, reason = "what a test's helper cannot do fails the test")]

mod access;
mod alerts;
mod backups;
mod breakers;
mod fixture;
mod heartbeats;
mod items;
mod jobs;
mod metrics;
mod ops_only;
mod problems;
mod quarantine;
mod search;
mod status;
