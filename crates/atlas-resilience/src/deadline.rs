//! `Deadline`: the moment by which a call and everything inside it must be over. It never moves later.

use std::time::Duration;

use tokio::time::Instant;

/// Stands for "never" where a duration is too long for the clock: about thirty years.
const FAR_FUTURE: Duration = Duration::from_hours(30 * 365 * 24);

/// A moment on tokio's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Deadline {
    at: Instant,
    /// The limit that it is the end of, where that is one that was set for the work, and not what somebody has left.
    set: Option<Duration>,
}

impl Deadline {
    /// The moment `duration` from now; thirty years from now when that is beyond the clock's range.
    pub fn after(duration: Duration) -> Self {
        Self::at(Instant::now() + duration.min(FAR_FUTURE))
    }

    /// The end of work that begins now and for which `limit` is set. Who gives no answer until then has had all the
    /// time that there is, unlike one whose caller had little left.
    pub fn of_limit(limit: Duration) -> Self {
        Self::of_rest(limit, Duration::ZERO)
    }

    /// The same for work that went on for `spent` before now.
    pub fn of_rest(limit: Duration, spent: Duration) -> Self {
        Self {
            set: Some(limit),
            ..Self::after(limit.saturating_sub(spent))
        }
    }

    /// That very moment.
    pub const fn at(instant: Instant) -> Self {
        Self {
            at: instant,
            set: None,
        }
    }

    /// The moment, for tokio's timers.
    pub const fn instant(self) -> Instant {
        self.at
    }

    /// The limit that it is the end of, when it is one that was set.
    pub(crate) const fn limit_set(self) -> Option<Duration> {
        self.set
    }

    /// How much time is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub fn has_passed(self) -> bool {
        self.has_passed_by(Instant::now())
    }

    /// The same for a moment that is known already, because reading the clock costs as much as much else in a call.
    pub(crate) fn has_passed_by(self, now: Instant) -> bool {
        self.at <= now
    }

    /// The deadline of a part of the work: `limit` from now, but never later than the whole.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        self.within_from(Instant::now(), limit)
    }

    /// The same, counted from a moment that is known already.
    pub(crate) fn within_from(self, now: Instant, limit: Duration) -> Self {
        self.earlier(Self::at(now + limit.min(FAR_FUTURE)))
    }

    /// The same for a limit that was set for the part.
    pub(crate) fn within_limit_from(self, now: Instant, limit: Duration) -> Self {
        let own = Self::at(now + limit.min(FAR_FUTURE));
        self.earlier(Self {
            set: Some(limit),
            ..own
        })
    }

    fn earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// Whether something can still be done after a wait of that length. Whoever gets `false` gives up
    /// before waiting.
    pub fn leaves_time_after(self, wait: Duration) -> bool {
        wait < self.remaining()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn counts_down_to_zero_and_stays_there() {
        let deadline = Deadline::after(SECOND * 3);
        tokio::time::advance(SECOND).await;
        assert_eq!(deadline.remaining(), SECOND * 2);
        assert!(!deadline.has_passed());
        tokio::time::advance(SECOND * 5).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
        assert!(deadline.has_passed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_never_outlives_the_whole() {
        let whole = Deadline::after(SECOND * 3);
        assert_eq!(whole.within(SECOND).remaining(), SECOND);
        assert_eq!(whole.within(SECOND * 10), whole);
        assert_eq!(
            whole.within(SECOND * 2).within(SECOND * 10).remaining(),
            SECOND * 2
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_uses_up_the_rest_leaves_no_time() {
        let deadline = Deadline::after(SECOND);
        assert!(deadline.leaves_time_after(Duration::from_millis(999)));
        assert!(!deadline.leaves_time_after(SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_duration_does_not_overflow() {
        assert!(Deadline::after(Duration::MAX).remaining() > SECOND * 86_400 * 365);
    }
}
