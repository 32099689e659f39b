//! The queue: jobs in the library's own file, so that a result and the end of its job are one transaction.
//!
//! What a person does takes their `UserId`, and finds no job of another. What a worker does (claims, heartbeats, ends
//! of tries, recovery) and what a schedule enqueues is done for the process, for all persons alike, and takes none.

mod caused;
mod claim;
mod crowd;
mod dead_letters;
mod decide;
mod enqueue;
mod finish;
mod forward;
mod list;
mod owner;
mod places;
mod read;
mod recover;
mod unreadable;
mod wake;

pub use caused::JobScope;
pub(crate) use caused::{CausedJobs, JobNote};
pub use crowd::{Companions, Crowd};
pub use decide::CancelledJob;
pub use finish::{AttemptRecord, Postponement};
pub use forward::{Turns, WaitedFor};
pub use list::{JobFilter, JobPage, UnreadableJob};
pub(crate) use owner::{jobs_seen_to_by, shares_seen_to_by};
pub use places::Places;
pub use recover::CrashRecovery;
