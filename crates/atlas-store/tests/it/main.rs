//! The store from outside: its use cases as a specification, against a model, on a failing disk, and from
//! several threads at once.

#![expect(
    clippy::unwrap_used,
    reason = "the whole crate is tests; clippy excepts only functions that are marked as such"
)]

mod alone;
mod backup;
mod cleaning;
mod concurrency;
mod conformance;
mod disk;
mod fixture;
mod maintenance;
mod model;
