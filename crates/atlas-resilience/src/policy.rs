//! `Policy`: the one seam through which every call that leaves the process passes. It decides whether and
//! when an attempt may start and when it is over; it knows nothing about what the attempt does.

use std::sync::Arc;
use std::time::Duration;

use crate::bulkhead::{Bulkhead, BulkheadPermit};
use crate::deadline::Deadline;
use crate::pace::Pace;

/// A named set of bounds for one kind of call. A scope (a host, a provider, a file) is bounded by itself.
#[derive(Debug, Clone)]
pub struct Policy {
    name: &'static str,
    attempt_timeout: Duration,
    pace: Option<Arc<Pace>>,
    bulkhead: Option<Arc<Bulkhead>>,
}

/// Why a guarded call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError<E> {
    /// The attempt took longer than an attempt may.
    #[error("{policy}: no result within {limit:?}")]
    Timeout {
        /// Which policy.
        policy: &'static str,
        /// How long an attempt may take.
        limit: Duration,
    },
    /// The caller's deadline passed before or during the attempt. This says nothing about the other side.
    #[error("{policy}: the deadline passed")]
    DeadlineExceeded {
        /// Which policy.
        policy: &'static str,
    },
    /// Our own limits kept the attempt from starting. This says nothing about the other side.
    #[error("{policy}: {rejection}")]
    Rejected {
        /// Which policy.
        policy: &'static str,
        /// Which limit.
        rejection: Rejection,
    },
    /// The attempt itself failed.
    #[error(transparent)]
    Inner(E),
}

/// The limit of ours that kept an attempt from starting before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The scope was called too often.
    #[error("called too often, the next turn comes in {retry_in:?}")]
    TooFast {
        /// When the next turn comes, if nobody else takes it.
        retry_in: Duration,
    },
    /// Too many calls were running.
    #[error("too many calls at once")]
    TooMany,
}

impl Policy {
    /// A policy with nothing but a time limit for an attempt.
    pub const fn new(name: &'static str, attempt_timeout: Duration) -> Self {
        Self {
            name,
            attempt_timeout,
            pace: None,
            bulkhead: None,
        }
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

    /// The policy's name, as it appears in errors.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Makes one call within this policy's bounds, from the outermost layer to the innermost: the turn, the
    /// place, the time limit. Every wait ends before `deadline`. The attempt is given its own deadline and
    /// is dropped when that passes; dropping the returned future gives everything back.
    ///
    /// `attempt` is called at most once today; it is an `FnMut` so that a retry layer fits in here.
    pub async fn run<T, E, Attempt, Running>(
        &self,
        scope: &str,
        deadline: Deadline,
        attempt: Attempt,
    ) -> Result<T, PolicyError<E>>
    where
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        self.wait_for_turn(scope, deadline).await?;
        let _place = self.take_place(scope, deadline).await?;
        self.attempt_in_time(deadline, attempt).await
    }

    async fn wait_for_turn<E>(&self, scope: &str, deadline: Deadline) -> Result<(), PolicyError<E>> {
        if deadline.has_passed() {
            return Err(PolicyError::DeadlineExceeded { policy: self.name });
        }
        let Some(pace) = &self.pace else { return Ok(()) };
        pace.wait_for_turn(scope, deadline)
            .await
            .map_err(|retry_in| self.rejected(Rejection::TooFast { retry_in }))
    }

    async fn take_place<E>(
        &self,
        scope: &str,
        deadline: Deadline,
    ) -> Result<Option<BulkheadPermit>, PolicyError<E>> {
        let Some(bulkhead) = &self.bulkhead else {
            return Ok(None);
        };
        tokio::time::timeout_at(deadline.instant(), bulkhead.enter(scope))
            .await
            .map(Some)
            .map_err(|_elapsed| self.rejected(Rejection::TooMany))
    }

    async fn attempt_in_time<T, E, Attempt, Running>(
        &self,
        deadline: Deadline,
        mut attempt: Attempt,
    ) -> Result<T, PolicyError<E>>
    where
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        if deadline.has_passed() {
            return Err(PolicyError::DeadlineExceeded { policy: self.name });
        }
        let attempt_deadline = deadline.within(self.attempt_timeout);
        match tokio::time::timeout_at(attempt_deadline.instant(), attempt(attempt_deadline)).await {
            Ok(result) => result.map_err(PolicyError::Inner),
            // An attempt that was cut short by its caller must not be held against the other side.
            Err(_elapsed) if attempt_deadline == deadline => {
                Err(PolicyError::DeadlineExceeded { policy: self.name })
            }
            Err(_elapsed) => Err(PolicyError::Timeout {
                policy: self.name,
                limit: self.attempt_timeout,
            }),
        }
    }

    const fn rejected<E>(&self, rejection: Rejection) -> PolicyError<E> {
        PolicyError::Rejected {
            policy: self.name,
            rejection,
        }
    }
}

#[cfg(test)]
mod tests;
