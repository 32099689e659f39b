//! The index through its public interface, on real directories.

#![expect(clippy::unwrap_used, reason = "what a test's helper cannot do fails the test")]

mod languages;
mod library;
mod model;
mod opening;
mod querying;
mod writing;
