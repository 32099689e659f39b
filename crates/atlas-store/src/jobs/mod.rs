//! The queue: jobs in the library's own file, so that a result and the end of its job are one transaction.

mod claim;
mod enqueue;
mod finish;
mod read;
mod recover;

pub use finish::{AttemptRecord, Postponement};
pub use read::JobFilter;
pub use recover::CrashRecovery;
