//! The use cases, one file a noun.

mod add;
mod doctor;
mod items;
mod jobs;
mod quarantine;
mod reprocess;
mod search;
