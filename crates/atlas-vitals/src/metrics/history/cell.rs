//! `Cell`: what is known of one series in one slot. Two cells of one slot become one, in whatever portions their
//! values came.

use super::super::Kind;

/// One series in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// A level.
    Gauge {
        /// From how many looks.
        looks: u32,
        /// The mean.
        mean: f64,
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
        /// The last.
        last: f64,
    },
    /// The growth of a total.
    Counter {
        /// From how many looks.
        looks: u32,
        /// What it grew by in all.
        increase: f64,
        /// Its fastest growth a second, between two looks.
        peak: f64,
    },
    /// What happened between looks, divided by the time.
    Rate {
        /// From how many looks.
        looks: u32,
        /// The mean.
        mean: f64,
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
}

impl Cell {
    /// One look at a level or a rate.
    pub(crate) const fn of_one(kind: Kind, value: f64) -> Self {
        match kind {
            Kind::Gauge => Self::Gauge {
                looks: 1,
                mean: value,
                min: value,
                max: value,
                last: value,
            },
            Kind::Rate => Self::Rate {
                looks: 1,
                mean: value,
                min: value,
                max: value,
            },
            Kind::Counter => Self::growth(value, value),
        }
    }

    /// One step of a total.
    pub(crate) const fn growth(increase: f64, per_second: f64) -> Self {
        Self::Counter {
            looks: 1,
            increase,
            peak: per_second,
        }
    }

    /// From how many looks it comes.
    pub const fn looks(&self) -> u32 {
        match self {
            Self::Gauge { looks, .. } | Self::Counter { looks, .. } | Self::Rate { looks, .. } => *looks,
        }
    }

    /// The mean, of a level or a rate.
    pub const fn mean(&self) -> Option<f64> {
        match self {
            Self::Gauge { mean, .. } | Self::Rate { mean, .. } => Some(*mean),
            Self::Counter { .. } => None,
        }
    }

    /// What kind of series it belongs to.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Gauge { .. } => Kind::Gauge,
            Self::Counter { .. } => Kind::Counter,
            Self::Rate { .. } => Kind::Rate,
        }
    }

    /// Both as one; `later` has the last word. Of two kinds that do not go together only the later counts.
    #[must_use]
    pub fn with(self, later: Self) -> Self {
        let looks = self.looks().saturating_add(later.looks());
        let weight = f64::from(later.looks()) / f64::from(looks.max(1));
        match (self, later) {
            (
                Self::Gauge { mean, min, max, .. },
                Self::Gauge {
                    mean: later_mean,
                    min: later_min,
                    max: later_max,
                    last,
                    ..
                },
            ) => Self::Gauge {
                looks,
                mean: between(mean, later_mean, weight),
                min: min.min(later_min),
                max: max.max(later_max),
                last,
            },
            (
                Self::Counter { increase, peak, .. },
                Self::Counter {
                    increase: more,
                    peak: later_peak,
                    ..
                },
            ) => Self::Counter {
                looks,
                increase: increase + more,
                peak: peak.max(later_peak),
            },
            (
                Self::Rate { mean, min, max, .. },
                Self::Rate {
                    mean: later_mean,
                    min: later_min,
                    max: later_max,
                    ..
                },
            ) => Self::Rate {
                looks,
                mean: between(mean, later_mean, weight),
                min: min.min(later_min),
                max: max.max(later_max),
            },
            (_, later) => later,
        }
    }
}

/// The weighted mean, written so that it never lies outside of the two.
fn between(one: f64, other: f64, weight: f64) -> f64 {
    let mean = one * (1.0 - weight) + other * weight;
    mean.clamp(one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(kind: Kind, values: &[f64]) -> Option<Cell> {
        values
            .iter()
            .map(|value| Cell::of_one(kind, *value))
            .reduce(Cell::with)
    }

    proptest! {
        #[test]
        fn portions_give_what_the_whole_gives(
            values in prop::collection::vec(-1e6_f64..1e6, 1..60),
            cut in 0_usize..60,
        ) {
            let cut = cut.min(values.len());
            let (first, second) = values.split_at(cut);
            for kind in [Kind::Gauge, Kind::Rate] {
                let portions = all(kind, first).into_iter().chain(all(kind, second)).reduce(Cell::with).unwrap();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                prop_assert!((portions.mean().unwrap() - mean).abs() < 1e-6);
                prop_assert_eq!(portions.looks() as usize, values.len());
                if let Cell::Gauge { min, max, last, .. } = portions {
                    prop_assert_eq!(Some(min), values.iter().copied().reduce(f64::min));
                    prop_assert_eq!(Some(max), values.iter().copied().reduce(f64::max));
                    prop_assert_eq!(Some(last), values.last().copied());
                }
            }
        }

        #[test]
        fn growth_adds_up_and_its_peak_stays(steps in prop::collection::vec(0.0_f64..1e6, 1..60)) {
            let Some(Cell::Counter { looks, increase, peak }) = all(Kind::Counter, &steps) else {
                return Err(TestCaseError::fail("not a counter"));
            };
            prop_assert_eq!(looks as usize, steps.len());
            prop_assert!((increase - steps.iter().sum::<f64>()).abs() < 1e-3);
            prop_assert_eq!(Some(peak), steps.iter().copied().reduce(f64::max));
        }
    }

    #[test]
    fn a_series_that_has_changed_its_kind_begins_anew() {
        let cell = Cell::growth(5.0, 1.0).with(Cell::of_one(Kind::Gauge, 2.0));
        assert_eq!(cell, Cell::of_one(Kind::Gauge, 2.0));
    }
}
