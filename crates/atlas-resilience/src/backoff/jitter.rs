//! `Jitter`: how real delays spread around the nominal ones. Bounds and a place between them; it draws nothing.

use std::time::Duration;

/// Bits of a fraction that count: a place within six hours is exact to five microseconds, and the product with the
/// longest duration still fits into 128 bits.
const FRACTION_BITS: u32 = 32;

/// How the real delay is drawn, always uniformly between two bounds.
///
/// *Full*, *equal* and *decorrelated* are those of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
/// Blog, 2015. Full jitter needs the least calls in all; equal jitter never comes back at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Jitter {
    /// The nominal delay itself. Those who failed together come back together: only for a single caller.
    None,
    /// From zero to the nominal delay.
    #[default]
    Full,
    /// From half the nominal delay to all of it.
    Equal,
    /// The nominal delay, less or more up to so many per cent of it; more than 100 counts as 100. What would lie
    /// above the cap is left out of the range, so at the cap the delay only gets shorter.
    Proportional {
        /// Per cent of the nominal delay.
        percent: u32,
    },
    /// From the first nominal delay to three times the delay before, so that each caller's series grows in its own
    /// way. The first delay counts as having come after the first nominal one. How the nominal series grows has no
    /// say, only its first delay and the cap, which the delays approach but for their being spread.
    ///
    /// Brooker's formula is `min(cap, uniform(base, 3 × previous))`, with which two thirds of the callers at the cap
    /// wait for exactly the cap. Here the cap bounds the range instead: `uniform(base, min(cap, 3 × previous))`.
    /// Below the cap the two are the same.
    Decorrelated,
}

impl Jitter {
    /// The shortest and the longest delay. Neither is longer than `cap`, provided that `nominal` and `base` are not.
    pub(super) fn bounds(
        self,
        nominal: Duration,
        base: Duration,
        previous: Option<Duration>,
        cap: Duration,
    ) -> (Duration, Duration) {
        match self {
            Self::None => (nominal, nominal),
            Self::Full => (Duration::ZERO, nominal),
            Self::Equal => (nominal / 2, nominal),
            Self::Proportional { percent } => {
                let share = percentage(nominal, percent.min(100));
                (
                    nominal.saturating_sub(share),
                    nominal.saturating_add(share).min(cap),
                )
            }
            Self::Decorrelated => {
                let previous = previous.unwrap_or(base).max(base);
                (base, previous.saturating_mul(3).min(cap))
            }
        }
    }
}

/// The delay at that fraction of the way from `shortest` to `longest`. In integers, because a duration times 1.0 as
/// a floating-point number can be more than it was.
pub(crate) fn place(shortest: Duration, longest: Duration, fraction: f64) -> Duration {
    // What is not a number becomes zero in the conversion.
    let steps = (fraction.clamp(0.0, 1.0) * f64::from(FRACTION_BITS).exp2()) as u128;
    let way_nanos = longest.saturating_sub(shortest).as_nanos();
    let part = Duration::from_nanos_u128((way_nanos * steps) >> FRACTION_BITS);
    shortest.saturating_add(part)
}

/// So many per cent of it, at most all of it.
pub(crate) fn percentage(whole: Duration, percent: u32) -> Duration {
    let nanos = whole.as_nanos() * u128::from(percent.min(100)) / 100;
    Duration::from_nanos_u128(nanos)
}
