//! `RetryClass`: how a failure looks to whoever may try again. The side that fails classifies; nothing is guessed
//! from messages here, and the breaker has its own view of the same result.

use std::time::Duration;

/// What kind of failure it was, which decides whether and when another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryClass {
    /// It may pass by itself: a connection that was refused or cut, a status 500, 502, 503 or 504, a locked database.
    Transient,
    /// There was no answer in time. Retried like [`Transient`](Self::Transient), but the dearest to retry.
    Timeout,
    /// The other side is well and asks for less: a status 429, or 503 with `Retry-After`.
    Throttled {
        /// How long it asks us to wait, counted from its answer, when it says so.
        retry_after: Option<Duration>,
    },
    /// Another attempt would bring the same: the request itself is at fault, or what it asks for does not exist.
    Permanent,
}

impl RetryClass {
    /// How long the other side asks us to wait, when it does.
    pub(crate) const fn asked_wait(self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => retry_after,
            Self::Transient | Self::Timeout | Self::Permanent => None,
        }
    }
}
