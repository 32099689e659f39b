//! The queue: jobs in the library's own file, so that a result and the end of its job are one transaction.

mod caused;
mod claim;
mod dead_letters;
mod decide;
mod enqueue;
mod finish;
mod read;
mod recover;
mod unreadable;

pub use caused::JobScope;
pub(crate) use caused::{CausedJobs, JobNote};
pub use finish::{AttemptRecord, Postponement};
pub use read::{JobFilter, JobPage};
pub use recover::CrashRecovery;
