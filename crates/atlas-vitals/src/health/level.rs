//! `Level`: how bad something is, in an order that can be compared. The word that people read is `HealthStatus`, which
//! also knows that nobody could look, and therefore has no order.

use atlas_domain::{CheckOutcome, HealthStatus};

/// How bad, from well to not working.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// All is well.
    #[default]
    Healthy,
    /// It works, worse than it should.
    Degraded,
    /// It hardly works.
    Critical,
    /// It does not work.
    Down,
}

impl Level {
    /// What one result says by itself. `None` when it says nothing.
    pub const fn of(outcome: CheckOutcome) -> Option<Self> {
        match outcome {
            CheckOutcome::Ok => Some(Self::Healthy),
            CheckOutcome::Warn => Some(Self::Degraded),
            CheckOutcome::Crit => Some(Self::Critical),
            CheckOutcome::NoAnswer => Some(Self::Down),
            CheckOutcome::Unknown => None,
        }
    }

    /// The result that says so.
    pub const fn outcome(self) -> CheckOutcome {
        match self {
            Self::Healthy => CheckOutcome::Ok,
            Self::Degraded => CheckOutcome::Warn,
            Self::Critical => CheckOutcome::Crit,
            Self::Down => CheckOutcome::NoAnswer,
        }
    }

    /// The word for it.
    pub const fn status(self) -> HealthStatus {
        match self {
            Self::Healthy => HealthStatus::Healthy,
            Self::Degraded => HealthStatus::Degraded,
            Self::Critical => HealthStatus::Critical,
            Self::Down => HealthStatus::Down,
        }
    }

    /// The level that a word means. `None` when nobody could look.
    pub const fn of_status(status: HealthStatus) -> Option<Self> {
        match status {
            HealthStatus::Healthy => Some(Self::Healthy),
            HealthStatus::Degraded => Some(Self::Degraded),
            HealthStatus::Critical => Some(Self::Critical),
            HealthStatus::Down => Some(Self::Down),
            HealthStatus::Unknown => None,
        }
    }

    /// Whether a result of this level is a failure: what was asked is not as it must be, or did not answer.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Critical | Self::Down)
    }
}
