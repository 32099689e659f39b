//! The use cases, one file a noun.

mod add;
mod breakers;
mod doctor;
mod given_html;
mod items;
mod jobs;
mod limits;
mod outcomes;
mod quarantine;
mod reprocess;
mod search;
