//! How long a trip keeps the breaker open: growth with the number of trips, spread, and the decay of that number
//! in good times. Pure arithmetic that saturates.

use std::time::Duration;

use super::settings::OpenTime;

impl OpenTime {
    /// The time that trip number `trips` (the first is 1) keeps the breaker open. `fraction`, from 0 to 1, places
    /// it within the jitter. At the cap the jitter goes downwards only: what is cut there would not be spread.
    pub fn draw(&self, trips: u32, fraction: f64) -> Duration {
        let factor = self.growth.saturating_pow(trips.saturating_sub(1));
        let nominal = self.base.saturating_mul(factor).min(self.cap);
        let spread = nominal / 100 * self.jitter_percent;
        let shortest = nominal.saturating_sub(spread);
        let longest = nominal.saturating_add(spread).min(self.cap);
        let fraction = if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        };
        (shortest + longest.saturating_sub(shortest).mul_f64(fraction)).min(longest)
    }

    /// What is left of the trips after that much time closed: one is forgiven for each `base`. To forgive all of
    /// them at the first close would let a host that comes and goes be asked at the shortest interval for ever.
    pub fn forgiven(&self, trips: u32, closed_for: Duration) -> u32 {
        let steps = closed_for.as_nanos() / self.base.as_nanos().max(1);
        trips.saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX))
    }
}

/// A fraction from 0 to 1 that depends on both numbers and looks random (`SplitMix64`, Steele, Lea and Flood 2014):
/// the draw of a breaker stays a function of its state.
pub(crate) fn fraction(seed: u64, draw: u64) -> f64 {
    let mut bits = seed.wrapping_add(draw.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn two_minutes_to_six_hours() -> OpenTime {
        OpenTime {
            base: Duration::from_mins(2),
            cap: Duration::from_hours(6),
            growth: 2,
            jitter_percent: 15,
        }
    }

    #[test]
    fn each_trip_doubles_the_time_up_to_the_cap() {
        let open = OpenTime {
            jitter_percent: 0,
            ..two_minutes_to_six_hours()
        };
        let minutes: Vec<_> = (1..=10)
            .map(|trips| open.draw(trips, 0.5).as_secs() / 60)
            .collect();
        assert_eq!(minutes, [2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
    }

    #[test]
    fn the_time_is_spread_around_the_nominal_one_and_below_the_cap() {
        let open = two_minutes_to_six_hours();
        assert_eq!(open.draw(1, 0.0), Duration::from_secs(102));
        assert_eq!(open.draw(1, 1.0), Duration::from_secs(138));
        assert_eq!(open.draw(50, 1.0), Duration::from_hours(6));
        assert_eq!(open.draw(50, 0.0), Duration::from_mins(306));
    }

    #[test]
    fn good_times_forgive_one_trip_after_the_other() {
        let open = two_minutes_to_six_hours();
        assert_eq!(open.forgiven(5, Duration::from_secs(119)), 5);
        assert_eq!(open.forgiven(5, Duration::from_mins(2)), 4);
        assert_eq!(open.forgiven(5, Duration::from_hours(9)), 0);
    }

    proptest! {
        #[test]
        fn is_never_longer_than_the_cap_nor_shorter_than_the_jitter_allows(
            trips in any::<u32>(), fraction in any::<f64>(), base in 1_u64..100_000, more in 0_u64..100_000,
            growth in 1_u32..10, jitter_percent in 0_u32..=50,
        ) {
            let open = OpenTime {
                base: Duration::from_millis(base),
                cap: Duration::from_millis(base + more),
                growth,
                jitter_percent,
            };
            let drawn = open.draw(trips, fraction);
            prop_assert!(drawn <= open.cap);
            prop_assert!(drawn >= open.base / 2);
        }
    }
}
