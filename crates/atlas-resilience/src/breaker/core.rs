//! The breaker as a state machine: [`Core::step`] takes an event and the time, changes the state and says what
//! follows. Nothing here waits, locks, reads a clock or draws a random number.

mod event;
mod finish;
mod operate;
mod restore;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::overlay::{Overlay, OverlayMode};
use super::settings::BreakerSettings;
use super::window::{Counts, Window};
use crate::clock::Moment;
pub use event::{Cause, Effects, Event, Phase, Refusal, RefusalCause, Ticket, Transition};
pub(super) use event::{TicketKind, UNTIMED};
pub use finish::CallResult;
pub use operate::Command;
pub use restore::{StoredBreaker, WallMillis};

/// Generations are counted in so many bits: the rest of a word holds the phase, the overlay and the flags.
pub(super) const GENERATION_BITS: u32 = 56;
const GENERATION_MASK: u64 = (1 << GENERATION_BITS) - 1;

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Closed {
        since: Moment,
        consecutive_failures: u32,
    },
    Open {
        since: Moment,
        until: Moment,
    },
    HalfOpen {
        since: Moment,
        succeeded: u32,
        /// When each probe under way began.
        probes: Vec<Moment>,
    },
}

/// All that a breaker knows.
#[derive(Debug, Clone)]
pub struct Core {
    settings: Arc<BreakerSettings>,
    state: State,
    /// Since when it has not been closed. A try that failed makes it no younger.
    open_since: Option<Moment>,
    overlay: Overlay,
    /// Raised with every transition: what was begun before it decides nothing any more.
    generation: u64,
    trips: u32,
    /// Nothing is sent before: the other side asked for it.
    not_before: Option<Moment>,
    window: Window,
    /// Places the draws of the open time.
    seed: u64,
    /// What went wrong last, in the caller's words. Most breakers never have one, and there are many.
    reason: Option<Arc<str>>,
}

impl Core {
    /// Closed, and without a past.
    pub fn new(settings: Arc<BreakerSettings>, seed: u64, now: Moment) -> Self {
        Self {
            window: Window::new(settings.trip.window),
            settings,
            state: State::Closed {
                since: now,
                consecutive_failures: 0,
            },
            open_since: None,
            overlay: Overlay::default(),
            generation: 0,
            trips: 0,
            not_before: None,
            seed,
            reason: None,
        }
    }

    /// Lets one event happen.
    pub fn step(&mut self, event: Event, now: Moment) -> Effects {
        let mut effects = Effects::default();
        self.end_overlay(now, &mut effects);
        self.end_pause(now);
        match event {
            Event::Ask => effects.answer = Some(self.ask(now, &mut effects)),
            Event::Finish(ticket, result) => self.finish(ticket, result, now, &mut effects),
            Event::Operate(command) => self.operate(command, now, &mut effects),
            Event::Slept(duration) => self.sleep(duration),
        }
        effects
    }

    /// The automatic phase, which an overlay covers but does not change. Time alone does not change it either: an
    /// open breaker whose time is over becomes half-open with the next call.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Closed { .. } => Phase::Closed,
            State::Open { .. } => Phase::Open,
            State::HalfOpen { .. } => Phase::HalfOpen,
        }
    }

    /// What was decided by hand.
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// The number of the current generation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How often it tripped without good times between, as it was at the last transition.
    pub fn trips(&self) -> u32 {
        self.trips
    }

    /// The moment before which no call is let through, when there is one.
    pub fn until(&self) -> Option<Moment> {
        match self.state {
            State::Open { until, .. } => Some(until.max(self.not_before.unwrap_or_default())),
            State::Closed { .. } | State::HalfOpen { .. } => self.not_before,
        }
    }

    /// Since when the phase lasts.
    pub fn since(&self) -> Moment {
        match self.state {
            State::Closed { since, .. } | State::Open { since, .. } | State::HalfOpen { since, .. } => since,
        }
    }

    /// Since when it has not been closed, whatever was tried meanwhile; none of a closed one.
    pub fn open_since(&self) -> Option<Moment> {
        self.open_since
    }

    /// What went wrong last, in the caller's words; empty when nothing did.
    pub fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }

    /// Failures since the last success.
    pub fn consecutive_failures(&self) -> u32 {
        match self.state {
            State::Closed {
                consecutive_failures, ..
            } => consecutive_failures,
            State::Open { .. } | State::HalfOpen { .. } => 0,
        }
    }

    /// Probes under way.
    pub fn probes(&self) -> usize {
        match &self.state {
            State::HalfOpen { probes, .. } => probes.len(),
            State::Closed { .. } | State::Open { .. } => 0,
        }
    }

    /// The calls that the rates look at.
    pub fn counts(&self, now: Moment) -> Counts {
        self.window.counts(now)
    }

    /// The settings it works by.
    pub fn settings(&self) -> &Arc<BreakerSettings> {
        &self.settings
    }

    /// Works by other settings from now on. What is under way goes on; an open time that the new cap forbids ends
    /// earlier, and without a rule left to trip by nothing stays open.
    pub fn configure(&mut self, settings: Arc<BreakerSettings>, now: Moment) -> Effects {
        if settings.trip.window != self.settings.trip.window {
            self.window = Window::new(settings.trip.window);
        }
        if let State::Open { until, .. } = &mut self.state {
            *until = (*until).min(now.after(settings.open.cap));
        }
        self.settings = settings;
        let mut effects = Effects::default();
        if self.phase() != Phase::Closed && self.settings.trip.are_none() {
            self.close(Cause::RulesGone, now, &mut effects);
        }
        effects
    }

    /// Keeps what went wrong last, for people. What comes too late tells nothing of how it is now; and as long as a
    /// pause lasts, what asked for it is the reason, unless the phase changes for another.
    pub(super) fn note_reason(&mut self, reason: &str, of: CallResult, effects: &Effects) {
        if matches!(of, CallResult::Throttled { .. }) {
            // It was heeded, late or not.
            if effects.persist || !effects.stale {
                self.reason = Some(Arc::from(format!("asked for a pause: {reason}")));
            }
        } else if !effects.stale
            && (self.not_before.is_none() || effects.transition.is_some())
            && self.reason() != reason
        {
            self.reason = Some(Arc::from(reason));
        }
    }

    /// Whether it is like one that was just created: then it need not outlive its eviction.
    pub fn is_without_past(&self, now: Moment) -> bool {
        let State::Closed {
            since,
            consecutive_failures: 0,
        } = self.state
        else {
            return false;
        };
        self.overlay.mode == OverlayMode::Auto
            && self.not_before.is_none_or(|until| until <= now)
            && self.settings.open.forgiven(self.trips, now.since(since)) == 0
    }

    /// Whether nothing but successes ever happened to it.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.state, State::Closed { .. })
            && self.generation == 0
            && self.not_before.is_none()
            && self.overlay.mode == OverlayMode::Auto
            && self.reason.is_none()
    }

    /// What is over is forgotten, so that calls of a well service go past the lock again.
    fn end_pause(&mut self, now: Moment) {
        if self.not_before.is_some_and(|until| until <= now) {
            self.not_before = None;
        }
    }

    fn ask(&mut self, now: Moment, effects: &mut Effects) -> Result<Ticket, Refusal> {
        match self.overlay.mode {
            OverlayMode::Auto => self.ask_automatically(now, effects),
            OverlayMode::ForcedOpen => Err(Refusal {
                cause: RefusalCause::ForcedOpen,
                until: self.overlay.expires,
            }),
            OverlayMode::Disabled => Ok(self.ticket(TicketKind::Unjudged, now)),
            OverlayMode::MetricsOnly => Ok(self
                .ask_automatically(now, effects)
                .unwrap_or_else(|_refusal| self.ticket(TicketKind::Observed, now))),
        }
    }

    fn ask_automatically(&mut self, now: Moment, effects: &mut Effects) -> Result<Ticket, Refusal> {
        if let State::Open { until, .. } = self.state
            && now < until
        {
            return Err(self.refusal(RefusalCause::Open));
        }
        if self.not_before.is_some_and(|until| now < until) {
            return Err(self.refusal(RefusalCause::Throttled));
        }
        if let State::Open { .. } = self.state {
            let half_open = State::HalfOpen {
                since: now,
                succeeded: 0,
                probes: Vec::new(),
            };
            self.enter(half_open, Cause::ProbeDue, effects);
        }
        if self.has_lost_probe(now) {
            self.reopen(self.settings.probing.retry_after, Cause::ProbeLost, now, effects);
            return Err(self.refusal(RefusalCause::Open));
        }
        match &mut self.state {
            State::HalfOpen { probes, .. } => {
                if probes.len() >= self.settings.probing.concurrent as usize {
                    let until = now.after(self.settings.probing.retry_after);
                    return Err(Refusal {
                        cause: RefusalCause::Probing,
                        until: Some(until),
                    });
                }
                probes.push(now);
                Ok(self.ticket(TicketKind::Probe, now))
            }
            State::Closed { .. } | State::Open { .. } => Ok(self.ticket(TicketKind::Regular, now)),
        }
    }

    fn has_lost_probe(&self, now: Moment) -> bool {
        let State::HalfOpen { probes, .. } = &self.state else {
            return false;
        };
        let max_age = self.settings.probing.max_age;
        probes.iter().any(|started| now.since(*started) >= max_age)
    }

    fn refusal(&self, cause: RefusalCause) -> Refusal {
        Refusal {
            cause,
            until: self.until(),
        }
    }

    const fn ticket(&self, kind: TicketKind, started: Moment) -> Ticket {
        Ticket {
            generation: self.generation,
            kind,
            started,
        }
    }

    /// Opens without a trip of its own: the number of trips stays.
    fn reopen(&mut self, open_for: Duration, cause: Cause, now: Moment, effects: &mut Effects) {
        let until = now.after(open_for).max(self.not_before.unwrap_or_default());
        self.enter(State::Open { since: now, until }, cause, effects);
        self.open_since.get_or_insert(now);
    }

    fn close(&mut self, cause: Cause, now: Moment, effects: &mut Effects) {
        let closed = State::Closed {
            since: now,
            consecutive_failures: 0,
        };
        self.enter(closed, cause, effects);
        self.open_since = None;
    }

    fn enter(&mut self, state: State, cause: Cause, effects: &mut Effects) {
        let from = self.phase();
        self.state = state;
        self.generation = (self.generation + 1) & GENERATION_MASK;
        self.window.clear();
        effects.persist = true;
        // When an event causes two changes, it is told as one: from the first phase to the last.
        let from = effects.transition.take().map_or(from, |earlier| earlier.from);
        effects.transition = Some(Transition {
            from,
            to: self.phase(),
            cause,
            until: self.until(),
            trips: self.trips,
        });
    }
}
