//! `Pace`: how often each scope may be called. Waits on tokio's clock, and never past the caller's deadline.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::deadline::Deadline;

/// Scopes that have been quiet long enough are forgotten once in so many calls.
const CALLS_BETWEEN_SWEEPS: u32 = 1024;

/// A rate for each scope by itself: one call an interval after a burst (GCRA, a leaky bucket).
#[derive(Debug)]
pub struct Pace {
    limiter: RateLimiter<String, DashMapStateStore<String>, TokioClock, NoOpMiddleware<Nanos>>,
    clock: TokioClock,
    calls: AtomicU32,
}

impl Pace {
    /// At most `burst` calls at once, then one call every `interval`.
    pub fn new(interval: Duration, burst: NonZeroU32) -> Self {
        let clock = TokioClock(Instant::now());
        let quota = Quota::with_period(interval).map_or(Quota::per_second(NonZeroU32::MAX), |quota| {
            quota.allow_burst(burst)
        });
        Self {
            limiter: RateLimiter::dashmap_with_clock(quota, clock),
            clock,
            calls: AtomicU32::new(0),
        }
    }

    /// Waits for the scope's turn and takes it; says how long that took. When the turn comes too late for
    /// `deadline`, takes nothing and says at once how long the wait would have been.
    pub async fn wait_for_turn(&self, scope: &str, deadline: Deadline) -> Result<Duration, Duration> {
        self.sweep_now_and_then();
        let scope = scope.to_owned();
        let mut waited = Duration::ZERO;
        while let Err(not_yet) = self.limiter.check_key(&scope) {
            let wait = not_yet.wait_time_from(governor::clock::Clock::now(&self.clock));
            if !deadline.leaves_time_after(wait) {
                return Err(wait);
            }
            tokio::time::sleep(wait).await;
            waited += wait;
        }
        Ok(waited)
    }

    /// How many scopes are remembered.
    pub fn remembered_scopes(&self) -> usize {
        self.limiter.len()
    }

    /// The limiter keeps a scope for ever unless it is told to look through them.
    fn sweep_now_and_then(&self) {
        // Of calls at once, one may go uncounted: to wait for one another would cost them more.
        let calls = self.calls.load(Ordering::Relaxed);
        self.calls.store(calls.wrapping_add(1), Ordering::Relaxed);
        if calls % CALLS_BETWEEN_SWEEPS == CALLS_BETWEEN_SWEEPS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

/// The limiter's own clocks do not stand still when a test pauses tokio's.
#[derive(Debug, Clone, Copy)]
struct TokioClock(Instant);

impl governor::clock::Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Instant::now().saturating_duration_since(self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn one_a_second(burst: u32) -> Pace {
        Pace::new(SECOND, NonZeroU32::new(burst).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn lets_a_burst_through_and_then_one_an_interval() {
        let pace = one_a_second(5);
        let start = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..8 {
            pace.wait_for_turn("a", Deadline::after(SECOND * 60))
                .await
                .unwrap();
            waited.push(start.elapsed().as_secs_f64().round());
        }
        assert_eq!(waited, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_scope_does_not_slow_another() {
        let pace = one_a_second(1);
        let start = Instant::now();
        for scope in ["a", "b", "c"] {
            pace.wait_for_turn(scope, Deadline::after(SECOND * 60))
                .await
                .unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_before_waiting_when_the_turn_comes_too_late() {
        let pace = one_a_second(1);
        let start = Instant::now();
        pace.wait_for_turn("a", Deadline::after(SECOND)).await.unwrap();
        assert_eq!(
            pace.wait_for_turn("a", Deadline::after(SECOND / 2)).await,
            Err(SECOND)
        );
        assert_eq!(start.elapsed(), Duration::ZERO, "it must not have slept");
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_uses_no_turn() {
        let pace = one_a_second(1);
        let start = Instant::now();
        pace.wait_for_turn("a", Deadline::after(SECOND)).await.unwrap();
        for _ in 0..10 {
            pace.wait_for_turn("a", Deadline::after(SECOND / 2))
                .await
                .unwrap_err();
        }
        pace.wait_for_turn("a", Deadline::after(SECOND * 60))
            .await
            .unwrap();
        assert_eq!(start.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn forgets_quiet_scopes() {
        let pace = one_a_second(1);
        for scope in 0..CALLS_BETWEEN_SWEEPS - 1 {
            pace.wait_for_turn(&scope.to_string(), Deadline::after(SECOND))
                .await
                .unwrap();
        }
        assert_eq!(pace.remembered_scopes(), CALLS_BETWEEN_SWEEPS as usize - 1);
        tokio::time::advance(SECOND * 10).await;
        pace.wait_for_turn("new", Deadline::after(SECOND)).await.unwrap();
        assert_eq!(pace.remembered_scopes(), 1);
    }
}
