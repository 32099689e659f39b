//! What is kept of a breaker that is not at hand, or outlives its process, and how it comes back: never more permissive
//! than it was, except by the time that has passed, and by the counts of a closed one, which are not kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::overlay::{Overlay, OverlayMode};
use super::super::settings::BreakerSettings;
use super::{Core, GENERATION_MASK, Phase, State};
use crate::clock::Moment;
use crate::retry_after::RETRY_AFTER_LIMIT;

/// Milliseconds since the Unix epoch, UTC.
pub type WallMillis = i64;

/// A breaker as it is kept: on the wall clock, because the monotonic one ends with the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBreaker {
    /// Its phase.
    pub phase: Phase,
    /// Since when, by the wall clock of that moment.
    pub since: WallMillis,
    /// Since when it has not been closed, whatever was tried meanwhile. None of a closed one, and of one that was kept
    /// before anybody asked for it: it counts from `since` then.
    pub open_since: Option<WallMillis>,
    /// How long an open one was to stay open, in milliseconds. Zero for the other phases.
    pub open_for_ms: u64,
    /// Nothing is to be sent before.
    pub not_before: Option<WallMillis>,
    /// How often it tripped without good times between.
    pub trips: u32,
    /// Probes of a half-open one that succeeded. It ends with the process, as [`StoredBreaker::after_restart`] says,
    /// and need not be written anywhere.
    pub succeeded: u32,
    /// Its generation.
    pub generation: u64,
    /// What a person decided.
    pub overlay: OverlayMode,
    /// When that was decided.
    pub overlay_since: WallMillis,
    /// For how long, in milliseconds. `None`: for good.
    pub overlay_for_ms: Option<u64>,
    /// Why it was decided.
    pub overlay_reason: String,
    /// What went wrong last.
    pub reason: String,
}

impl StoredBreaker {
    /// As a later process takes it up: a half-open one is due and begins to count again, since its probes died with
    /// the process, and nobody knows what became of them.
    #[must_use]
    pub fn after_restart(self) -> Self {
        match self.phase {
            Phase::HalfOpen => Self {
                phase: Phase::Open,
                open_for_ms: 0,
                succeeded: 0,
                ..self
            },
            Phase::Closed | Phase::Open => self,
        }
    }
}

impl Core {
    /// What must outlive the process. `now` and `wall` are the same moment on both clocks.
    pub fn persist(&self, now: Moment, wall: SystemTime) -> StoredBreaker {
        let at = |moment: Moment| wall_of(moment, now, wall);
        let open_for = match self.state {
            State::Open { since, until } => until.since(since),
            State::Closed { .. } | State::HalfOpen { .. } => Duration::ZERO,
        };
        let overlay = self.overlay_at(now);
        StoredBreaker {
            phase: self.phase(),
            since: at(self.since()),
            open_since: self.open_since.map(at),
            open_for_ms: millis(open_for),
            not_before: self.not_before.map(at),
            trips: self.trips,
            succeeded: match self.state {
                State::HalfOpen { succeeded, .. } => succeeded,
                State::Closed { .. } | State::Open { .. } => 0,
            },
            generation: self.generation,
            overlay: overlay.mode,
            overlay_since: at(overlay.since),
            overlay_for_ms: overlay
                .expires
                .map(|expires| millis(expires.since(overlay.since))),
            overlay_reason: overlay.reason,
            reason: self.reason().to_owned(),
        }
    }

    /// Comes back from what was kept; what an earlier process left goes through [`StoredBreaker::after_restart`] first.
    ///
    /// An open breaker whose time is over is due: its next call is a probe. A half-open one goes on counting its
    /// successes, and has no probe under way: whoever makes one holds the breaker. When the clock has gone back behind
    /// the moment of the trip, the whole open time is waited for again, and never longer than the cap allows.
    pub fn restore(
        stored: &StoredBreaker,
        settings: Arc<BreakerSettings>,
        seed: u64,
        now: Moment,
        wall: SystemTime,
    ) -> Self {
        let wall = wall_millis(wall);
        let longest_pause = settings.open.cap.max(RETRY_AFTER_LIMIT);
        let since = now.before(elapsed(stored.since, wall).unwrap_or_default());
        // The end is counted from the beginning, also when it is over: were it moved to now, the open time would seem
        // longer than it was, and a clock that is put back before the next restart would make it wait again.
        let open_for = Duration::from_millis(stored.open_for_ms).min(longest_pause);
        let state = match stored.phase {
            Phase::Closed => State::Closed {
                since,
                consecutive_failures: 0,
            },
            Phase::HalfOpen => State::HalfOpen {
                since,
                succeeded: stored.succeeded,
                probes: Vec::new(),
            },
            Phase::Open => State::Open {
                since,
                until: since.after(open_for),
            },
        };
        // What a clock that went back hides is at least the time since the last change.
        let open_since = stored.open_since.and_then(|at| elapsed(at, wall));
        let open_since = open_since.map_or(since, |ago| now.before(ago).min(since));
        let not_before = stored.not_before.and_then(|at| {
            let pause = elapsed(wall, at)?.min(RETRY_AFTER_LIMIT);
            Some(now.after(pause))
        });
        Self {
            open_since: (stored.phase != Phase::Closed).then_some(open_since),
            state,
            overlay: restored_overlay(stored, now, wall),
            // A larger one would not fit beside the phase, and every result would seem to come too late.
            generation: stored.generation & GENERATION_MASK,
            trips: stored.trips,
            not_before,
            reason: Some(stored.reason.as_str())
                .filter(|reason| !reason.is_empty())
                .map(Arc::from),
            ..Self::new(settings, seed, now)
        }
    }

    /// For a breaker whose row cannot be read: whatever it was, the next call is a probe.
    pub fn due(settings: Arc<BreakerSettings>, seed: u64, now: Moment, reason: &str) -> Self {
        Self {
            state: State::Open {
                since: now,
                until: now,
            },
            open_since: Some(now),
            trips: 1,
            reason: Some(Arc::from(reason)),
            ..Self::new(settings, seed, now)
        }
    }
}

/// `wall` is now.
fn restored_overlay(stored: &StoredBreaker, now: Moment, wall: WallMillis) -> Overlay {
    let age = elapsed(stored.overlay_since, wall).unwrap_or_else(|| {
        // The clock was put back behind the decision, and how much of its time is over nobody knows. One that refuses
        // gets all of it again. One that lets everybody through loses as much as the clock is off: by a little, after
        // a small correction; all of it, rather than to last for longer than anybody wanted.
        let lets_all_through = matches!(stored.overlay, OverlayMode::Disabled | OverlayMode::MetricsOnly);
        let off = elapsed(wall, stored.overlay_since).unwrap_or_default();
        if lets_all_through && stored.overlay_for_ms.is_some() {
            off
        } else {
            Duration::ZERO
        }
    });
    let since = now.before(age);
    // An end that is over stays where it was, for the same reason as that of an open time.
    let end = |lasts: Duration| match lasts.checked_sub(age) {
        Some(rest) => now.after(rest),
        None => since.after(lasts).min(now),
    };
    Overlay {
        mode: stored.overlay,
        since,
        expires: stored.overlay_for_ms.map(Duration::from_millis).map(end),
        reason: stored.overlay_reason.clone(),
    }
}

/// How much later `to` is. `None` when it is earlier.
fn elapsed(from: WallMillis, to: WallMillis) -> Option<Duration> {
    u64::try_from(to.saturating_sub(from))
        .ok()
        .map(Duration::from_millis)
}

/// Rounded up in all its parts: whatever begins later lasts longer.
fn wall_of(moment: Moment, now: Moment, wall: SystemTime) -> WallMillis {
    let wall = wall_millis(wall.checked_add(Duration::from_nanos(999_999)).unwrap_or(wall));
    let ago = WallMillis::try_from(now.since(moment).as_millis()).unwrap_or(WallMillis::MAX);
    let ahead = millis(moment.since(now)) as WallMillis;
    wall.saturating_sub(ago).saturating_add(ahead)
}

fn wall_millis(wall: SystemTime) -> WallMillis {
    match wall.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => WallMillis::try_from(since.as_millis()).unwrap_or(WallMillis::MAX),
        Err(before) => WallMillis::try_from(before.duration().as_millis()).map_or(WallMillis::MIN, |ms| -ms),
    }
}

/// Rounded up: a time that is kept must not come back shorter.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000))
        .unwrap_or(u64::MAX >> 1)
        .min(u64::MAX >> 1)
}
