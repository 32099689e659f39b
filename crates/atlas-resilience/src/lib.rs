//! Calls that leave the process, kept within bounds: a [`Policy`] is the one seam through which they pass.
//!
//! The crate knows nothing of its caller: no domain types, no wall clock, no randomness of its own. Waiting
//! uses tokio's clock, so a test with paused time sees every wait; a random fraction and the current time
//! are parameters where they are needed.
//!
//! ```
//! use std::{convert::Infallible, num::NonZeroU32, time::Duration};
//! use atlas_resilience::{Call, Deadline, Judgement, Pace, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let five = NonZeroU32::new(5).expect("five is not zero");
//! let policy = Policy::new("weather", Duration::from_secs(2)).with_pace(Pace::new(Duration::from_secs(1), five));
//! let call = Call::repeatable("example.com", Deadline::after(Duration::from_secs(10)));
//! let judge = |_: Result<&i32, &Infallible>| Judgement::success();
//! let answer = policy.run(call, judge, async |_attempt_deadline| Ok(21)).await;
//! assert_eq!(answer, Ok(21));
//! # }
//! ```

mod backoff;
pub mod breaker;
mod budget;
mod bulkhead;
mod clock;
mod counts;
mod deadline;
mod egress;
mod fallback;
mod journal;
mod pace;
mod policy;
mod registry;
mod retry_after;
mod retry_class;
mod retry_plan;
mod service;

pub use backoff::{Backoff, Delays, Jitter};
pub use budget::{BudgetExhausted, BudgetSettings, RetryBudget};
pub use bulkhead::{Bulkhead, BulkheadPermit};
pub use clock::{Clock, HEAD_START, ManualClock, Moment, TokioClock};
pub use counts::CallTotals;
pub use deadline::Deadline;
pub use egress::{Egress, EgressPass, EgressSettings, EgressStatus, Reach};
pub use fallback::{AllLevelsFailed, Answer, FallbackChain, LevelCause, LevelError};
pub use journal::{Batch, BreakerKey, BreakerStore, Journal, Record, StoreFailure};
pub use pace::Pace;
pub use policy::{
    Call, Concurrency, Judgement, Policy, PolicyError, PolicySettings, RateLimit, Rejection, Retrying,
    WorstAttempt,
};
pub use registry::{Breakers, Capacity, Observer, ServiceSettings, Surroundings, Tally};
pub use retry_after::{RETRY_AFTER_LIMIT, parse_retry_after};
pub use retry_class::RetryClass;
pub use retry_plan::{Decision, GiveUp, RetryPlan};
pub use service::Service;
