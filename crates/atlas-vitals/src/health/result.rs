//! `CheckResult`: what one run of a check found. It is only described here; what it amounts to is decided in `check`.

use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};

/// What one run of a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// What it says.
    pub outcome: CheckOutcome,
    /// What was measured, if anything was.
    pub value: Option<f64>,
    /// In what it was measured, as people write it: `%`, `ms`.
    pub unit: Option<String>,
    /// One sentence for people.
    pub message: String,
    /// How long the run took.
    pub took: Duration,
    /// When it was over.
    pub observed_at: Timestamp,
}

impl CheckResult {
    /// One without a value.
    pub fn new(
        outcome: CheckOutcome,
        message: impl Into<String>,
        took: Duration,
        observed_at: Timestamp,
    ) -> Self {
        Self {
            outcome,
            value: None,
            unit: None,
            message: message.into(),
            took,
            observed_at,
        }
    }

    /// With what was measured.
    #[must_use]
    pub fn with_value(self, value: f64, unit: &str) -> Self {
        Self {
            value: Some(value),
            unit: Some(unit.to_owned()),
            ..self
        }
    }

    /// A run that did not end in its time: what was asked did not answer.
    pub fn timed_out(deadline: Duration, observed_at: Timestamp) -> Self {
        let message = format!("no answer within {} s", deadline.as_secs_f64());
        Self::new(CheckOutcome::NoAnswer, message, deadline, observed_at)
    }

    /// A value that is no number is our own fault, whatever the check made of it: the result is then unknown, and the
    /// value is gone, so that nobody compares with it.
    #[must_use]
    pub fn settled(self) -> Self {
        match self.value {
            Some(value) if !value.is_finite() => Self {
                outcome: CheckOutcome::Unknown,
                value: None,
                message: format!("the check measured {value}, which is no number; {}", self.message),
                ..self
            },
            Some(_) | None => self,
        }
    }
}
