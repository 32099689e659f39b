//! `CallCounts`: what became of the calls of a service since the process started. It only counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts up while calls are made.
#[derive(Debug, Default)]
pub(crate) struct CallCounts {
    attempts: AtomicU64,
    retries: AtomicU64,
    failed: AtomicU64,
    rejected: AtomicU64,
}

/// What became of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallTotals {
    /// Attempts that were made, those of repeated calls each for itself.
    pub attempts: u64,
    /// Those of them that repeated a call.
    pub retries: u64,
    /// Those of them that the other side failed.
    pub failed: u64,
    /// Calls that were not let through: by a breaker, a limit, or because our own network is down.
    pub rejected: u64,
}

impl CallCounts {
    pub(crate) fn attempted(&self, has_failed: bool) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(has_failed), Ordering::Relaxed);
    }

    pub(crate) fn repeated(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn rejected(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn totals(&self) -> CallTotals {
        CallTotals {
            attempts: self.attempts.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }
}
