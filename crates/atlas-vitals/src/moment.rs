//! `Moment`: a point on a time line that never goes back and never jumps. Durations are counted on it; dates are not.

use std::time::Duration;

use atlas_domain::Timestamp;

/// Milliseconds on the time line. Whoever runs the machine keeps it going over a restart: a moment that was stored
/// stays that long ago, whatever happened to the wall clock meanwhile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// Where the line begins.
    pub const ORIGIN: Self = Self(0);

    /// That many milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the origin.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// The moment `duration` later, saturating.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The moment `duration` earlier, or the origin.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// When it is or was `at` by the clock on the wall, which shows `wall` at this moment and is not set meanwhile. What
    /// was before the origin was then.
    #[must_use]
    pub fn at_wall(self, wall: Timestamp, at: Timestamp) -> Self {
        self.after(at.since(wall)).before(wall.since(at))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
