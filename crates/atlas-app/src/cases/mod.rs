//! The use cases, one file a noun.

mod add;
mod alerts;
mod backups;
mod breakers;
mod doctor;
mod given_html;
mod items;
mod jobs;
mod limits;
mod measurements;
mod outcomes;
mod quarantine;
mod reconfigure;
mod reprocess;
mod search;
mod upkeep;

pub use reconfigure::{Reconfigure, Reconfigured};
pub(crate) use search::{LookError, Searching};
