//! `Backoff`: how long to wait before trying again. A pure function of the retry's number, the delay before it and
//! a random fraction; it neither waits nor draws.

mod jitter;
mod series;

use std::borrow::Cow;
use std::time::Duration;

pub use jitter::Jitter;
pub(crate) use jitter::{percentage, place};
use series::Series;

/// A series of nominal delays, a cap, and how the real delays spread below or around the nominal ones.
///
/// The cap comes first and the jitter afterwards. So no delay is longer than the cap, and those who have all reached
/// it are still spread; jitter that is cut off at the cap would bring them back together.
///
/// All arithmetic is on integers and saturates: no retry's number and no setting, however absurd, overflows.
///
/// ```
/// use std::time::Duration;
/// use atlas_resilience::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(10)).with_jitter(Jitter::Equal);
/// let mut delays = backoff.delays();
/// assert_eq!(delays.draw(0.5), Some(Duration::from_millis(750)));
/// assert_eq!(delays.draw(0.5), Some(Duration::from_millis(1_500)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    series: Series,
    cap: Duration,
    jitter: Jitter,
}

/// Exponential from 50 ms, the base that the AWS SDKs use after a transient failure, to 10 s, with full jitter.
impl Default for Backoff {
    fn default() -> Self {
        Self::exponential(Duration::from_millis(50), Duration::from_secs(10))
    }
}

impl Backoff {
    /// The same nominal delay before each retry, with full jitter and without a cap of its own.
    pub fn constant(delay: Duration) -> Self {
        Self::of(Series::Constant(delay), Duration::MAX)
    }

    /// `base`, twice `base`, three times `base` and so on, up to `cap`; with full jitter.
    pub fn linear(base: Duration, cap: Duration) -> Self {
        Self::of(Series::Linear(base), cap)
    }

    /// `base` times 1, 2, 4, 8 and so on, up to `cap`; with full jitter. The usual choice.
    pub fn exponential(base: Duration, cap: Duration) -> Self {
        Self::of(Series::Exponential(base), cap)
    }

    /// `base` times 1, 1, 2, 3, 5, 8 and so on, up to `cap`; with full jitter. Grows by 1.6 rather than by 2, which
    /// suits waits that should stay short, as for a lock.
    pub fn fibonacci(base: Duration, cap: Duration) -> Self {
        Self::of(Series::Fibonacci(base), cap)
    }

    /// These nominal delays, one a retry, then it is over; with full jitter and without a cap of its own.
    pub fn schedule(delays: impl Into<Cow<'static, [Duration]>>) -> Self {
        Self::of(Series::Schedule(delays.into()), Duration::MAX)
    }

    const fn of(series: Series, cap: Duration) -> Self {
        Self {
            series,
            cap,
            jitter: Jitter::Full,
        }
    }

    /// How the nominal delays grow, in one word.
    pub const fn growth(&self) -> &'static str {
        match self.series {
            Series::Constant(_) => "constant",
            Series::Linear(_) => "linear",
            Series::Exponential(_) => "exponential",
            Series::Fibonacci(_) => "fibonacci",
            Series::Schedule(_) => "schedule",
        }
    }

    /// The same series, spread in another way.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The same series with another cap: no delay is longer, whatever the jitter.
    #[must_use]
    pub fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// The nominal delay before that retry, the first being 1: what the series says, at most the cap. `None` when
    /// there is no such retry: it is number 0, or the schedule has ended.
    pub fn nominal(&self, retry: u32) -> Option<Duration> {
        Some(self.series.nominal(retry)?.min(self.cap))
    }

    /// The delay before that retry, the first being 1. `None` when there is no such retry.
    ///
    /// `previous` is the delay before the retry that came before, which only [`Jitter::Decorrelated`] looks at.
    /// `fraction` is drawn from `0.0..1.0`; one outside is brought back into that range, and what is not a number
    /// counts as 0.
    pub fn delay(&self, retry: u32, previous: Option<Duration>, fraction: f64) -> Option<Duration> {
        let nominal = self.nominal(retry)?;
        let base = self.nominal(1)?;
        let (shortest, longest) = self.jitter.bounds(nominal, base, previous, self.cap);
        Some(place(shortest, longest, fraction))
    }

    /// The delays from the first one on.
    pub const fn delays(&self) -> Delays<'_> {
        Delays {
            backoff: self,
            retries: 0,
            previous: None,
        }
    }
}

/// One walk along a [`Backoff`]: it remembers which retry is next and how long the delay before it was.
#[derive(Debug, Clone)]
pub struct Delays<'a> {
    backoff: &'a Backoff,
    retries: u32,
    previous: Option<Duration>,
}

impl Delays<'_> {
    /// The next delay, placed within its bounds by `fraction`, which is drawn from `0.0..1.0`. `None` once the
    /// schedule has ended.
    pub fn draw(&mut self, fraction: f64) -> Option<Duration> {
        self.retries = self.retries.saturating_add(1);
        self.previous = self.backoff.delay(self.retries, self.previous, fraction);
        self.previous
    }
}

#[cfg(test)]
mod distribution_tests;
#[cfg(test)]
mod tests;
