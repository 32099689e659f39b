//! Why a guarded call brought nothing.

use std::time::Duration;

use crate::breaker::RefusalCause;

/// Why a guarded call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError<E> {
    /// The attempt took longer than our settings let it.
    #[error("{policy}: no result within {limit:?}")]
    Timeout {
        /// Which policy.
        policy: &'static str,
        /// How long it might take.
        limit: Duration,
    },
    /// The deadline passed before the attempt, or too soon after its beginning. This says nothing about the other side.
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

/// What kept an attempt from starting.
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
    /// The scope is not well, or asked for a pause.
    #[error("{cause}")]
    CircuitOpen {
        /// Why calls are not let through.
        cause: RefusalCause,
        /// When asking again may help. `None`: when a person decides so.
        retry_in: Option<Duration>,
    },
    /// Our own network is down.
    #[error("the network seems to be down")]
    NetworkDown {
        /// When it is tried again.
        retry_in: Duration,
    },
}
