//! The nominal delays: how a series grows with the retry's number. Knows neither cap nor jitter.

use std::borrow::Cow;
use std::time::Duration;

/// The last Fibonacci number that fits into 128 bits. Times a nanosecond that is some 10²¹ years: later ones cannot
/// make a difference, and the loop has an end.
const LAST_FIBONACCI: u32 = 186;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Series {
    Constant(Duration),
    Linear(Duration),
    Exponential(Duration),
    Fibonacci(Duration),
    Schedule(Cow<'static, [Duration]>),
}

impl Series {
    /// The delay before that retry, the first being 1; longest what a duration can hold.
    pub(super) fn nominal(&self, retry: u32) -> Option<Duration> {
        let earlier_retries = retry.checked_sub(1)?;
        match self {
            Self::Constant(delay) => Some(*delay),
            Self::Linear(base) => Some(times(*base, u128::from(retry))),
            Self::Exponential(base) => Some(times(*base, power_of_two(earlier_retries))),
            Self::Fibonacci(base) => Some(times(*base, fibonacci(retry))),
            Self::Schedule(delays) => delays.get(usize::try_from(earlier_retries).ok()?).copied(),
        }
    }
}

/// With a factor of 32 bits, a base of a nanosecond would stop growing at four seconds.
fn times(base: Duration, factor: u128) -> Duration {
    let nanos = base.as_nanos().saturating_mul(factor);
    Duration::from_nanos_u128(nanos.min(Duration::MAX.as_nanos()))
}

fn power_of_two(exponent: u32) -> u128 {
    1_u128.checked_shl(exponent).unwrap_or(u128::MAX)
}

/// 1, 1, 2, 3, 5 and so on, the first being number 1.
fn fibonacci(number: u32) -> u128 {
    let (mut current, mut following) = (1_u128, 1_u128);
    for _ in 1..number.min(LAST_FIBONACCI) {
        (current, following) = (following, current.saturating_add(following));
    }
    current
}
