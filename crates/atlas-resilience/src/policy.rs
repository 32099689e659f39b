//! `Policy`: the one seam through which every call that leaves the process passes. It decides whether and when an
//! attempt may start, when it is over, and whether another follows; it knows nothing about what an attempt does.
//!
//! The layers, from the outermost to the innermost: overall deadline, retry, then for each attempt a look at the
//! breaker, the turn (rate), the place (bulkhead), the way out (egress), the breaker's permit, the time limit. An
//! open breaker refuses before anybody queues, and no permit is held while somebody does.

mod attempt;
mod error;
mod judgement;
mod retrying;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bulkhead::{Bulkhead, BulkheadPermit};
use crate::counts::CallCounts;
use crate::deadline::Deadline;
use crate::egress::Egress;
use crate::pace::Pace;
use crate::registry::Breakers;
pub use error::{PolicyError, Rejection};
pub use judgement::Judgement;
use retrying::PaidRetry;
pub use retrying::Retrying;
pub use settings::{Concurrency, PolicySettings, RateLimit, WorstAttempt};

/// A named set of bounds for one kind of call. A scope (a host, a provider, a file) is bounded by itself.
#[derive(Debug, Clone)]
pub struct Policy {
    name: &'static str,
    attempt_timeout: Duration,
    overall_timeout: Option<Duration>,
    pace: Option<Arc<Pace>>,
    bulkhead: Option<Arc<Bulkhead>>,
    breakers: Option<Arc<Breakers>>,
    egress: Option<Arc<Egress>>,
    retrying: Option<Arc<Retrying>>,
    counts: Option<Arc<CallCounts>>,
}

/// One call: what it is for, how long it may take, and whether it may be repeated.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    scope: &'a str,
    deadline: Deadline,
    retries: bool,
}

impl<'a> Call<'a> {
    /// A call that is made once: whoever owns the work tries again, or it must not be repeated.
    pub const fn once(scope: &'a str, deadline: Deadline) -> Self {
        Self {
            scope,
            deadline,
            retries: false,
        }
    }

    /// A call that may be repeated at once: it changes nothing on the other side, or nothing twice, and no layer
    /// around it retries. Layers that do multiply: three of them by three attempts are 27 calls.
    pub const fn repeatable(scope: &'a str, deadline: Deadline) -> Self {
        Self {
            scope,
            deadline,
            retries: true,
        }
    }
}

impl Policy {
    /// A policy with nothing but a time limit for an attempt.
    pub const fn new(name: &'static str, attempt_timeout: Duration) -> Self {
        Self {
            name,
            attempt_timeout,
            overall_timeout: None,
            pace: None,
            bulkhead: None,
            breakers: None,
            egress: None,
            retrying: None,
            counts: None,
        }
    }

    /// Limits a call with all its attempts and waits, whatever its caller's deadline.
    #[must_use]
    pub const fn with_overall_timeout(mut self, limit: Duration) -> Self {
        self.overall_timeout = Some(limit);
        self
    }

    /// Limits how often a scope is called. Policies may share one pace: then they count together.
    #[must_use]
    pub fn with_pace(mut self, pace: impl Into<Arc<Pace>>) -> Self {
        self.pace = Some(pace.into());
        self
    }

    /// Limits how many calls run at once. Policies may share one bulkhead: then they count together.
    #[must_use]
    pub fn with_bulkhead(mut self, bulkhead: impl Into<Arc<Bulkhead>>) -> Self {
        self.bulkhead = Some(bulkhead.into());
        self
    }

    /// Stops calling scopes that are not well.
    #[must_use]
    pub fn with_breakers(mut self, breakers: impl Into<Arc<Breakers>>) -> Self {
        self.breakers = Some(breakers.into());
        self
    }

    /// Holds nothing against scopes while our own network is down.
    #[must_use]
    pub fn with_egress(mut self, egress: impl Into<Arc<Egress>>) -> Self {
        self.egress = Some(egress.into());
        self
    }

    /// Repeats attempts of calls that allow it.
    #[must_use]
    pub fn with_retrying(mut self, retrying: impl Into<Arc<Retrying>>) -> Self {
        self.retrying = Some(retrying.into());
        self
    }

    /// Counts what becomes of calls.
    #[must_use]
    pub(crate) fn with_counts(mut self, counts: Arc<CallCounts>) -> Self {
        self.counts = Some(counts);
        self
    }

    /// The policy's name, as it appears in errors.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The breakers of its scopes, when it has some.
    pub fn breakers(&self) -> Option<&Arc<Breakers>> {
        self.breakers.as_ref()
    }

    /// Makes one call within this policy's bounds. Every wait ends before the call's deadline. Each attempt is
    /// given its own deadline and is dropped when that passes; dropping the returned future gives everything back.
    ///
    /// `judge` says what a result means, good or bad: an answer may be a failure, and an error may say that the
    /// other side is well. When no attempt is left, the last result is returned as it is.
    pub async fn run<T, E, Judge, Attempt, Running>(
        &self,
        call: Call<'_>,
        judge: Judge,
        mut attempt: Attempt,
    ) -> Result<T, PolicyError<E>>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        self.run_in_place(call, judge, |deadline, place| {
            let running = attempt(deadline);
            async move {
                let _place = place;
                running.await
            }
        })
        .await
    }

    /// The same for an attempt that goes on when it is given up, such as work on a blocking thread: it is handed its
    /// place in the bulkhead, and keeps it until it really ends.
    pub async fn run_in_place<T, E, Judge, Attempt, Running>(
        &self,
        call: Call<'_>,
        judge: Judge,
        mut attempt: Attempt,
    ) -> Result<T, PolicyError<E>>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline, Option<BulkheadPermit>) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        let mut now = Instant::now();
        let deadline = self
            .overall_timeout
            .map_or(call.deadline, |limit| call.deadline.within_limit_from(now, limit));
        let mut course = self
            .retrying
            .as_ref()
            .filter(|_| call.retries)
            .map(|retrying| retrying.course(call.scope));
        let mut earlier: Option<Result<T, PolicyError<E>>> = None;
        let mut paid: Option<PaidRetry<'_>> = None;
        loop {
            let mut begin = |deadline, place| {
                if let Some(retry) = paid.take() {
                    retry.begin();
                    if let Some(counts) = &self.counts {
                        counts.repeated();
                    }
                }
                attempt(deadline, place)
            };
            let attempted = self.attempt(call.scope, deadline, now, &judge, &mut begin).await;
            let (result, judgement) = match attempted {
                Ok(attempted) => attempted,
                // What an earlier attempt brought says more than that no other was allowed.
                Err(rejected) => {
                    self.count_rejected(&rejected);
                    return earlier.unwrap_or(Err(rejected));
                }
            };
            let Some(course) = &mut course else {
                return result;
            };
            let Some(class) = course.book(&judgement) else {
                return result;
            };
            let is_refused = |breakers: &Arc<Breakers>| breakers.get(call.scope).peek().is_err();
            if self.breakers.as_ref().is_some_and(is_refused) {
                return result; // another attempt would wait, and pay, for nothing
            }
            let Some(retry) = course.pay_for_next(class, deadline) else {
                return result;
            };
            earlier = Some(result);
            tokio::time::sleep(retry.wait()).await;
            paid = Some(retry);
            now = Instant::now();
        }
    }
}
