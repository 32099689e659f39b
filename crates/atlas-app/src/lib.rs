//! What Atlas does, as use cases on top of the store, the index, and the ports.
//!
//! The story of ingestion is in `ingest/`, every job in `jobs/`, every schedule in `scheduler`. Nothing here
//! contains SQL, opens a connection, reads configuration, or knows HTTP.

mod app;
mod backups;
mod cases;
mod dead_letters;
mod error;
mod freshness;
mod indexer;
mod metrics;
mod progress;
mod readiness;
mod runtime;
mod scheduler;
mod signals;
mod space;
mod status;
#[cfg(test)]
mod test_app;
mod trouble;
mod upkeep;
mod worker;

pub mod audit;
pub mod cleanup;
pub mod extraction;
pub mod ingest;
pub mod jobs;
pub mod services;
pub mod views;
pub mod vitals;

pub use app::{App, AppParts, Mode, SearchState};
pub use backups::{BackupPlan, list_backups, restore_backup, verify_backup};
pub use cases::{Reconfigure, Reconfigured};
pub use error::AppError;
pub use indexer::Indexer;
pub use metrics::Metrics;
pub use progress::{LoopProgress, Progress, Turns, progress_of};
pub use runtime::{Runtime, Work};
pub use services::Services;
pub use signals::{AuditProgress, Signals};
pub use space::size;
pub use status::{AlertsView, BreakersView, StatusView};
pub use worker::WorkerSettings;
