//! `Backoff`: how long to wait before trying again. A pure function of the retry's number and a random
//! fraction; it neither waits nor draws.

use std::borrow::Cow;
use std::time::Duration;

/// A series of delays with full jitter: the real delay lies anywhere between zero and the nominal one, so
/// that callers who failed together do not come back together (Brooker, "Exponential Backoff and Jitter").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backoff {
    /// Doubles from `base` up to `cap` and has no end of its own.
    Exponential {
        /// The nominal delay before the first retry.
        base: Duration,
        /// No nominal delay is longer. Applied before the jitter, so that delays at the cap stay spread.
        cap: Duration,
    },
    /// These nominal delays, one a retry; then it is over.
    Schedule(Cow<'static, [Duration]>),
}

impl Backoff {
    /// The nominal delay before that retry, the first being 1. `None` when there is no such retry.
    pub fn nominal(&self, retry: u32) -> Option<Duration> {
        let earlier_retries = retry.checked_sub(1)?;
        match self {
            Self::Exponential { base, cap } => {
                let factor = 1_u32.checked_shl(earlier_retries).unwrap_or(u32::MAX);
                Some(base.saturating_mul(factor).min(*cap))
            }
            Self::Schedule(delays) => delays.get(usize::try_from(earlier_retries).ok()?).copied(),
        }
    }

    /// The delay before that retry: the nominal one times `fraction`, which is drawn from `0.0..1.0`.
    /// A fraction outside that range is brought back into it.
    pub fn delay(&self, retry: u32, fraction: f64) -> Option<Duration> {
        let fraction = if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        };
        self.nominal(retry)
            .map(|nominal| nominal.mul_f64(fraction).min(nominal))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn exponential() -> Backoff {
        Backoff::Exponential {
            base: seconds(1),
            cap: seconds(10),
        }
    }

    #[test]
    fn doubles_up_to_the_cap() {
        let nominal: Vec<_> = (1..=6).filter_map(|retry| exponential().nominal(retry)).collect();
        assert_eq!(nominal, [1, 2, 4, 8, 10, 10].map(seconds));
    }

    #[test]
    fn delays_at_the_cap_stay_spread() {
        assert_eq!(exponential().delay(9, 0.25), Some(Duration::from_millis(2_500)));
        assert_eq!(exponential().delay(9, 0.75), Some(Duration::from_millis(7_500)));
    }

    #[test]
    fn a_schedule_ends() {
        let schedule = Backoff::Schedule(Cow::Owned(vec![seconds(60), seconds(300)]));
        assert_eq!(schedule.delay(1, 0.5), Some(seconds(30)));
        assert_eq!(schedule.delay(2, 0.5), Some(seconds(150)));
        assert_eq!(schedule.delay(3, 0.5), None);
    }

    #[test]
    fn the_first_call_is_not_a_retry() {
        assert_eq!(exponential().nominal(0), None);
    }

    #[test]
    fn a_late_retry_does_not_overflow() {
        let long = Backoff::Exponential {
            base: Duration::MAX,
            cap: Duration::MAX,
        };
        assert_eq!(long.nominal(u32::MAX), Some(Duration::MAX));
        assert_eq!(exponential().nominal(10_000), Some(seconds(10)));
    }

    #[test]
    fn a_fraction_that_is_not_a_number_means_no_delay() {
        assert_eq!(exponential().delay(1, f64::NAN), Some(Duration::ZERO));
    }

    proptest! {
        #[test]
        fn never_waits_longer_than_nominal(
            base in any::<Duration>(), cap in any::<Duration>(), retry in 1_u32.., fraction in -1.0_f64..2.0,
        ) {
            let backoff = Backoff::Exponential { base, cap };
            let nominal = backoff.nominal(retry).expect("an exponential series has no end");
            prop_assert!(nominal <= cap);
            prop_assert!(backoff.delay(retry, fraction).expect("as above") <= nominal);
        }

        #[test]
        fn never_becomes_more_eager(base in any::<Duration>(), cap in any::<Duration>(), retry in 1_u32..100_000) {
            let backoff = Backoff::Exponential { base, cap };
            prop_assert!(backoff.nominal(retry) <= backoff.nominal(retry + 1));
        }
    }
}
