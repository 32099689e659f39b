//! `Permit`: the right to make one call, which gives its result back exactly once, also when it is dropped.

use super::core::{CallResult, Effects, Ticket};
use super::shell::Breaker;

/// The right to make one call. Dropped without a result it counts as a failure when the thread is panicking, and as
/// nothing otherwise: a future that was dropped says nothing about the other side.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once was for no call"]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    ticket: Ticket,
    armed: bool,
}

impl<'a> Permit<'a> {
    pub(super) const fn new(breaker: &'a Breaker, ticket: Ticket) -> Self {
        Self {
            breaker,
            ticket,
            armed: true,
        }
    }

    /// Whether this call decides if a half-open breaker closes.
    pub fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    /// The call ended like that.
    pub fn finish(self, result: CallResult) -> Effects {
        self.finish_with(result, None)
    }

    /// The other side is well.
    pub fn success(self) -> Effects {
        self.finish(CallResult::Success)
    }

    /// The other side is not well, for that reason, which people will read.
    pub fn failure(self, reason: &str) -> Effects {
        self.finish_with(CallResult::Failure, Some(reason))
    }

    /// The call ended like that; a reason, which people will read, is kept with it.
    pub fn finish_with(mut self, result: CallResult, reason: Option<&str>) -> Effects {
        self.armed = false;
        self.breaker.finish_ticket(self.ticket, result, reason)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.armed {
            let panicking = std::thread::panicking();
            let result = if panicking {
                CallResult::Failure
            } else {
                CallResult::Ignored
            };
            self.breaker
                .finish_ticket(self.ticket, result, panicking.then_some("the call panicked"));
        }
    }
}
