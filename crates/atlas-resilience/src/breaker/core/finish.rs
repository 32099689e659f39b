//! What the end of a call changes: counting, tripping, closing. One result has two readers, the retry and the
//! breaker; this is the breaker's.

use std::time::Duration;

use super::super::open_time;
use super::super::overlay::OverlayMode;
use super::super::settings::Rate;
use super::{Cause, Core, Effects, State, Ticket, TicketKind, UNTIMED};
use crate::clock::Moment;
use crate::retry_after::RETRY_AFTER_LIMIT;

/// What a call says about the other side's health. An answer is an answer: a page that does not exist is a
/// success of the server that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    /// It is well.
    Success,
    /// It is not.
    Failure,
    /// It is not, beyond doubt, and will not be at once: one such result is enough.
    Outage,
    /// It is well, and wants to be left alone for a while.
    Throttled {
        /// For how long, when it says so.
        pause: Option<Duration>,
    },
    /// Nothing: the call ended for reasons of our own.
    Ignored,
}

impl Core {
    pub(super) fn finish(&mut self, ticket: Ticket, result: CallResult, now: Moment, effects: &mut Effects) {
        if ticket.kind == TicketKind::Unjudged || self.overlay.mode == OverlayMode::Disabled {
            self.give_back(ticket);
            return;
        }
        if let CallResult::Throttled { pause } = result {
            self.heed_pause(pause, now, effects);
        }
        if ticket.kind == TicketKind::Observed {
            return;
        }
        if ticket.generation != self.generation {
            effects.stale = true;
            return;
        }
        self.give_back(ticket);
        let slow = self.is_slow(ticket, now);
        match (&mut self.state, result) {
            (_, CallResult::Ignored) | (State::Closed { .. }, CallResult::Throttled { .. }) => {}
            (
                State::Closed {
                    consecutive_failures, ..
                },
                CallResult::Success | CallResult::Failure,
            ) => {
                let failed = result == CallResult::Failure;
                *consecutive_failures = if failed {
                    consecutive_failures.saturating_add(1)
                } else {
                    0
                };
                self.window.record(failed, slow, now);
                if let Some(cause) = self.why_trip(now) {
                    self.trip(cause, now, effects);
                }
            }
            (State::Closed { .. }, CallResult::Outage) => self.trip(Cause::Outage, now, effects),
            // What was slow enough to open the breaker is no reason to close it.
            (State::HalfOpen { succeeded, .. }, CallResult::Success) if !slow => {
                *succeeded += 1;
                if *succeeded >= self.settings.probing.successes_to_close {
                    self.close(Cause::Recovered, now, effects);
                }
            }
            // What only an outage can open, or what other settings had opened.
            (State::HalfOpen { .. }, CallResult::Failure) if self.settings.trip.are_none() => {
                self.close(Cause::RulesGone, now, effects);
            }
            (State::HalfOpen { .. }, CallResult::Success | CallResult::Failure | CallResult::Outage) => {
                self.trip(Cause::ProbeFailed, now, effects);
            }
            (State::HalfOpen { .. }, CallResult::Throttled { .. }) => {
                self.reopen(Duration::ZERO, Cause::Throttled, now, effects);
            }
            // No ticket has the generation of an open breaker.
            (State::Open { .. }, _) => effects.stale = true,
        }
    }

    /// The other side is left alone, whatever the phase and whoever was told: also a call that began long ago.
    fn heed_pause(&mut self, pause: Option<Duration>, now: Moment, effects: &mut Effects) {
        let pause = pause
            .unwrap_or(self.settings.throttle_pause)
            .min(RETRY_AFTER_LIMIT);
        let until = now.after(pause);
        if self.not_before.is_none_or(|earlier| earlier < until) {
            self.not_before = Some(until);
            effects.persist = true;
        }
    }

    /// A probe's place is free again. Those of an earlier generation went with it.
    fn give_back(&mut self, ticket: Ticket) {
        if let State::HalfOpen { probes, .. } = &mut self.state
            && ticket.kind == TicketKind::Probe
            && ticket.generation == self.generation
            && let Some(place) = probes.iter().position(|started| *started == ticket.started)
        {
            probes.swap_remove(place);
        }
    }

    fn is_slow(&self, ticket: Ticket, now: Moment) -> bool {
        let limit = self.settings.trip.slow_calls.map(|slow| slow.slower_than);
        ticket.started != UNTIMED && limit.is_some_and(|limit| now.since(ticket.started) > limit)
    }

    fn why_trip(&self, now: Moment) -> Option<Cause> {
        let rules = &self.settings.trip;
        let counts = self.window.counts(now);
        let reached = |rate: Rate, of: u32| {
            let share = u64::from(of) * 100;
            counts.calls >= rate.min_calls && share >= u64::from(rate.percent) * u64::from(counts.calls)
        };
        if rules
            .consecutive_failures
            .is_some_and(|limit| self.consecutive_failures() >= limit)
        {
            Some(Cause::ConsecutiveFailures)
        } else if rules
            .failure_rate
            .is_some_and(|rate| reached(rate, counts.failed))
        {
            Some(Cause::FailureRate)
        } else if rules
            .slow_calls
            .is_some_and(|slow| reached(slow.rate, counts.slow))
        {
            Some(Cause::SlowCalls)
        } else {
            None
        }
    }

    fn trip(&mut self, cause: Cause, now: Moment, effects: &mut Effects) {
        let open = self.settings.open;
        if let State::Closed { since, .. } = self.state {
            self.trips = open.forgiven(self.trips, now.since(since));
        }
        self.trips = self.trips.saturating_add(1);
        let fraction = open_time::fraction(self.seed, self.generation);
        self.reopen(open.draw(self.trips, fraction), cause, now, effects);
    }
}
