//! What a person decides, and what the machine's sleep changes. The automatic state goes on beneath an overlay.

use std::time::Duration;

use super::super::overlay::{Overlay, OverlayMode};
use super::{Cause, Core, Effects, State};
use crate::clock::Moment;

/// A decision by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Puts an overlay over the automatic state, or takes it away ([`OverlayMode::Auto`]).
    Overlay {
        /// Which one.
        mode: OverlayMode,
        /// For how long; for good when absent.
        lasts: Option<Duration>,
        /// Why, for people.
        reason: String,
    },
    /// Puts what was decided in an earlier process over the automatic state, with its age.
    TakeUp(Overlay),
    /// Forgets failures, trips and pauses: closed, and without a past. An overlay stays.
    Reset,
}

impl Core {
    pub(super) fn operate(&mut self, command: Command, now: Moment, effects: &mut Effects) {
        match command {
            Command::Overlay { mode, lasts, reason } => {
                self.overlay = Overlay {
                    mode,
                    since: now,
                    expires: lasts.map(|lasts| now.after(lasts)),
                    reason,
                };
                effects.persist = true;
            }
            Command::TakeUp(overlay) => {
                self.overlay = overlay;
                effects.persist = true;
            }
            Command::Reset => {
                self.trips = 0;
                self.not_before = None;
                self.reason = None;
                self.close(Cause::Reset, now, effects);
            }
        }
    }

    pub(super) fn end_overlay(&mut self, now: Moment, effects: &mut Effects) {
        if self.overlay.has_expired(now) {
            self.overlay = self.overlay_at(now);
            effects.persist = true;
        }
    }

    /// What was decided, as it is then, whether anything has happened since its end or not: what is stored with an
    /// end that is over could come back to life with a clock that is put back.
    pub(super) fn overlay_at(&self, now: Moment) -> Overlay {
        if self.overlay.has_expired(now) {
            return Overlay {
                since: now,
                ..Overlay::default()
            };
        }
        self.overlay.clone()
    }

    /// The monotonic clock stood still while the machine slept: what was to last until then is over earlier.
    pub(super) fn sleep(&mut self, duration: Duration) {
        let earlier = |moment: &mut Moment| *moment = moment.before(duration);
        match &mut self.state {
            State::Closed { since, .. } | State::HalfOpen { since, .. } => earlier(since),
            State::Open { since, until } => {
                earlier(since);
                earlier(until);
            }
        }
        self.window.age(duration);
        self.open_since.iter_mut().for_each(earlier);
        self.not_before.iter_mut().for_each(earlier);
        earlier(&mut self.overlay.since);
        self.overlay.expires.iter_mut().for_each(earlier);
    }
}
