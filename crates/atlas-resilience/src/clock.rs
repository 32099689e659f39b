//! The two clocks: a monotonic one, by which everything is decided, and the wall clock, which only what outlives
//! the process is written with. Nothing here knows a time zone.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// What began so long before the process did can still be expressed as a moment.
pub const HEAD_START: Duration = Duration::from_hours(20 * 365 * 24);

/// A point on the monotonic clock: nanoseconds since the clock's own origin, which lies [`HEAD_START`] before the
/// clock was made. Arithmetic saturates, so that no setting, however absurd, can wrap around. 64 bits last for
/// 584 years.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The clock's origin.
    pub const ORIGIN: Self = Self(0);

    /// That many nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the origin.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The moment `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// The moment `duration` earlier, or the origin.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Tells both times.
pub trait Clock: Send + Sync + Debug {
    /// Now, on the monotonic clock. It never goes back; whether it runs while the machine sleeps is up to the
    /// operating system.
    fn now(&self) -> Moment;

    /// Now, on the wall clock. It may jump in both directions.
    fn wall(&self) -> SystemTime;
}

/// Tokio's clock beside a wall clock that is given: a test that pauses the one still decides about the other.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    started: Instant,
    wall: fn() -> SystemTime,
}

impl TokioClock {
    /// It starts now.
    pub fn new(wall: fn() -> SystemTime) -> Self {
        Self {
            started: Instant::now(),
            wall,
        }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Moment {
        Moment::ORIGIN.after(HEAD_START + self.started.elapsed())
    }

    fn wall(&self) -> SystemTime {
        (self.wall)()
    }
}

/// A clock that stands still until it is told otherwise, for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    monotonic_nanos: AtomicU64,
    /// Since the Unix epoch.
    wall_nanos: AtomicU64,
}

impl ManualClock {
    /// Stands at `wall` after the Unix epoch.
    pub fn starting_at(wall: Duration) -> Self {
        Self {
            monotonic_nanos: AtomicU64::new(nanos(HEAD_START)),
            wall_nanos: AtomicU64::new(nanos(wall)),
        }
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, duration: Duration) {
        self.monotonic_nanos.fetch_add(nanos(duration), Ordering::SeqCst);
        self.wall_nanos.fetch_add(nanos(duration), Ordering::SeqCst);
    }

    /// Sets the wall clock alone, to that long after the Unix epoch: somebody corrected it, or the machine slept.
    pub fn set_wall(&self, since_epoch: Duration) {
        self.wall_nanos.store(nanos(since_epoch), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment(self.monotonic_nanos.load(Ordering::SeqCst))
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.wall_nanos.load(Ordering::SeqCst))
    }
}
