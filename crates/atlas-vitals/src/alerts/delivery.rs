//! A delivery: one message to one channel, from its first attempt to its end. What it says and whom it is about is
//! fixed before that attempt.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{DeliveryKind, DeliveryState, Severity, Timestamp};

use super::DeliveryId;
use super::line::Member;
use super::message::Message;
use super::settings::Timing;
use crate::Moment;

/// How an attempt ended. The side that made it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The channel accepted the message.
    Delivered,
    /// It accepted the message for some of those it is for. It is not sent again: those who have it would get it twice,
    /// and whatever follows would wait for the others.
    DeliveredInPart {
        /// How many it did not reach.
        missed: usize,
        /// Whom, and why.
        reason: String,
    },
    /// It certainly did not arrive, and may another time: no connection, 408, 425, 429, 5xx, SMTP 4yz.
    Failed {
        /// Why.
        reason: String,
        /// How long the channel asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It may have arrived: the connection was lost, or time ran out, after it was sent.
    Unknown {
        /// What happened.
        reason: String,
    },
    /// It never will: another 4xx, SMTP 5yz, a channel that is not set up.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Answer {
    /// How many of those it is for a message did not reach; nothing if it did not arrive, as far as anybody knows.
    pub(super) fn missed(&self) -> Option<usize> {
        match self {
            Self::Delivered => Some(0),
            Self::DeliveredInPart { missed, .. } => Some(*missed),
            Self::Failed { .. } | Self::Unknown { .. } | Self::Refused { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) channel: Arc<str>,
    pub(super) sequence: u64,
    pub(super) kind: DeliveryKind,
    pub(super) severity: Severity,
    pub(super) created: Moment,
    pub(super) created_wall: Timestamp,
    pub(super) state: DeliveryState,
    pub(super) attempts: u32,
    /// When it is due, or when its attempt counts as lost.
    pub(super) due: Moment,
    /// Some attempt may have arrived.
    pub(super) may_have_arrived: bool,
    pub(super) last_error: String,
    pub(super) members: Vec<Member>,
    pub(super) message: Message,
}

/// What an answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    Again,
    GivenUp,
}

impl Delivery {
    /// It is about to be tried.
    pub(super) fn attempt(&mut self, timing: &Timing, now: Moment) {
        self.state = DeliveryState::Sending;
        self.attempts = self.attempts.saturating_add(1);
        self.due = now.after(timing.attempt_lease);
    }

    /// Takes in how its attempt ended. `fraction`, from 0 to 1, spreads those that failed together.
    pub(super) fn answered(
        &mut self,
        answer: &Answer,
        fraction: f64,
        timing: &Timing,
        now: Moment,
    ) -> Verdict {
        let (reason, asked) = match answer {
            Answer::Delivered => {
                self.state = DeliveryState::Sent;
                self.last_error = String::new();
                return Verdict::Done;
            }
            Answer::DeliveredInPart { reason, .. } => {
                self.state = DeliveryState::Sent;
                self.last_error = super::text::one_line(reason, super::text::LONGEST_LINE_BYTES);
                return Verdict::Done;
            }
            Answer::Refused { reason } => {
                self.state = DeliveryState::Dead;
                self.last_error = super::text::one_line(reason, super::text::LONGEST_LINE_BYTES);
                return Verdict::GivenUp;
            }
            Answer::Unknown { reason } => {
                self.may_have_arrived = true;
                (reason, None)
            }
            Answer::Failed { reason, retry_after } => (reason, *retry_after),
        };
        self.last_error = super::text::one_line(reason, super::text::LONGEST_LINE_BYTES);
        self.due = now.after(delay(self.attempts, fraction, asked, timing));
        if self.due >= self.too_old_at(timing) {
            self.state = DeliveryState::Dead;
            return Verdict::GivenUp;
        }
        self.state = DeliveryState::Waiting;
        Verdict::Again
    }

    /// From then on nobody tries any more.
    pub(super) fn too_old_at(&self, timing: &Timing) -> Moment {
        self.created.after(if self.severity == Severity::Critical {
            timing.max_age_critical
        } else {
            timing.max_age
        })
    }
}

/// Full jitter between nothing and twice as much after each attempt; at least a second, and at least what was asked
/// for.
fn delay(attempts: u32, fraction: f64, asked: Option<Duration>, timing: &Timing) -> Duration {
    let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let nominal = timing.retry_base.saturating_mul(doubled).min(timing.retry_cap);
    let fraction = if fraction.is_finite() {
        fraction.clamp(0.0, 1.0)
    } else {
        1.0
    };
    let asked = asked.unwrap_or_default().min(timing.retry_after_cap);
    nominal.mul_f64(fraction).max(Duration::from_secs(1)).max(asked)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::first(1, 1.0, None, 5_000)]
    #[case::second(2, 1.0, None, 10_000)]
    #[case::half(2, 0.5, None, 5_000)]
    #[case::cap(9, 1.0, None, 900_000)]
    #[case::far_beyond_the_cap(1_000, 1.0, None, 900_000)]
    #[case::never_at_once(1, 0.0, None, 1_000)]
    #[case::no_number(1, f64::NAN, None, 5_000)]
    #[case::asked_for_more(1, 1.0, Some(60), 60_000)]
    #[case::asked_for_less(9, 1.0, Some(1), 900_000)]
    #[case::asked_for_absurdly_much(1, 1.0, Some(u64::MAX), 3_600_000)]
    fn attempts_are_spread_further_and_further(
        #[case] attempts: u32,
        #[case] fraction: f64,
        #[case] asked_secs: Option<u64>,
        #[case] expected_millis: u128,
    ) {
        let asked = asked_secs.map(Duration::from_secs);
        let delay = delay(attempts, fraction, asked, &Timing::default());

        assert_eq!(delay.as_millis(), expected_millis);
    }
}
