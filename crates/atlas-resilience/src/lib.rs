//! Calls that leave the process, kept within bounds: a [`Policy`] is the one seam through which they pass.
//!
//! The crate knows nothing of its caller: no domain types, no wall clock, no randomness of its own. Waiting
//! uses tokio's clock, so a test with paused time sees every wait; a random fraction and the current time
//! are parameters where they are needed.
//!
//! ```
//! use std::{convert::Infallible, num::NonZeroU32, time::Duration};
//! use atlas_resilience::{Deadline, Pace, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let five = NonZeroU32::new(5).expect("five is not zero");
//! let policy = Policy::new("weather", Duration::from_secs(2)).with_pace(Pace::new(Duration::from_secs(1), five));
//! let answer = policy
//!     .run("example.com", Deadline::after(Duration::from_secs(10)), async |_attempt_deadline| Ok::<_, Infallible>(21))
//!     .await;
//! assert_eq!(answer, Ok(21));
//! # }
//! ```

mod backoff;
mod bulkhead;
mod deadline;
mod pace;
mod policy;
mod retry_after;

pub use backoff::Backoff;
pub use bulkhead::{Bulkhead, BulkheadPermit};
pub use deadline::Deadline;
pub use pace::Pace;
pub use policy::{Policy, PolicyError, Rejection};
pub use retry_after::{RETRY_AFTER_LIMIT, parse_retry_after};
