//! What happens to a breaker, and what follows: the words in which the machine is talked to. Nothing is decided here.

use std::time::Duration;

use super::{CallResult, Command};
use crate::clock::Moment;

/// Whether calls are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// All of them.
    Closed,
    /// None.
    Open,
    /// A few, to find out whether the other side is well again.
    HalfOpen,
}

impl Phase {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What happens to a breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A caller asks whether it may call.
    Ask,
    /// A call that was let through has ended.
    Finish(Ticket, CallResult),
    /// A person decides.
    Operate(Command),
    /// The machine slept for that long, and the monotonic clock with it.
    Slept(Duration),
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// The answer to [`Event::Ask`].
    pub answer: Option<Result<Ticket, Refusal>>,
    /// The state changed in this way.
    pub transition: Option<Transition>,
    /// Something changed that must outlive the process.
    pub persist: bool,
    /// The result came from a call of an earlier generation: it decided nothing.
    pub stale: bool,
}

/// A change of phase, or a new beginning of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The phase before.
    pub from: Phase,
    /// The phase after.
    pub to: Phase,
    /// Why.
    pub cause: Cause,
    /// When an open breaker lets the first probe through.
    pub until: Option<Moment>,
    /// How often it tripped without good times between.
    pub trips: u32,
}

/// Why a phase changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Too many failures in a row.
    ConsecutiveFailures,
    /// Too large a share of calls failed.
    FailureRate,
    /// Too large a share of calls was slow.
    SlowCalls,
    /// One call showed that the other side is out of order.
    Outage,
    /// A probe failed, or was slow.
    ProbeFailed,
    /// The other side asked a probe for a pause.
    Throttled,
    /// A probe took too long and was given up.
    ProbeLost,
    /// The time was over, and somebody called.
    ProbeDue,
    /// Enough probes succeeded.
    Recovered,
    /// A person reset it.
    Reset,
    /// Other settings leave it without a rule to trip by.
    RulesGone,
}

impl Cause {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConsecutiveFailures => "consecutive_failures",
            Self::FailureRate => "failure_rate",
            Self::SlowCalls => "slow_calls",
            Self::Outage => "outage",
            Self::ProbeFailed => "probe_failed",
            Self::Throttled => "throttled",
            Self::ProbeLost => "probe_lost",
            Self::ProbeDue => "probe_due",
            Self::Recovered => "recovered",
            Self::Reset => "reset",
            Self::RulesGone => "rules_gone",
        }
    }
}

/// The right to make one call. It is given back with its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    pub(in crate::breaker) generation: u64,
    pub(in crate::breaker) kind: TicketKind,
    pub(in crate::breaker) started: Moment,
}

/// The start of a call for which nobody had to look at the clock. No call began then.
pub(in crate::breaker) const UNTIMED: Moment = Moment::ORIGIN;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum TicketKind {
    /// A call of a closed breaker.
    Regular,
    /// A call that decides about a half-open one.
    Probe,
    /// A call that would have been refused, but the breaker only observes.
    Observed,
    /// A call that nobody judges.
    Unjudged,
}

impl Ticket {
    /// Whether the call decides if a half-open breaker closes.
    pub fn is_probe(&self) -> bool {
        self.kind == TicketKind::Probe
    }
}

/// Why a call is not let through, and when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub cause: RefusalCause,
    /// When asking again may help. `None`: when a person decides so.
    pub until: Option<Moment>,
}

/// Why a call is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RefusalCause {
    /// The breaker is open.
    #[error("the circuit breaker is open")]
    Open,
    /// The breaker is half-open, and all probes are under way.
    #[error("the circuit breaker is being probed")]
    Probing,
    /// The other side asked for a pause.
    #[error("the other side asked for a pause")]
    Throttled,
    /// A person opened the breaker.
    #[error("the circuit breaker was opened by hand")]
    ForcedOpen,
}
