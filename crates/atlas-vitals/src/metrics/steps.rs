//! `Steps`: what totals grew by from look to look. It invents no growth: not for the first look, not after a long
//! silence, and not where a total has become smaller.

use std::collections::HashMap;
use std::time::Duration;

use super::SeriesId;
use crate::Moment;

/// Looks further apart are not compared: what happened between them cannot be put anywhere. A source that looks once
/// a minute may miss one look.
pub(super) const LONGEST_STEP: Duration = Duration::from_secs(150);

/// Growth between two looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) increase: f64,
    pub(super) per_second: f64,
}

/// The last total of each series.
#[derive(Debug, Default)]
pub(super) struct Steps {
    totals: HashMap<SeriesId, (Moment, f64)>,
}

impl Steps {
    /// Takes the total of now, and says what it grew by since the look before.
    pub(super) fn step(&mut self, now: Moment, series: SeriesId, total: f64) -> Option<Step> {
        let (at, before) = self.totals.insert(series, (now, total))?;
        let passed = now.since(at);
        let increase = total - before;
        let is_comparable = passed > Duration::ZERO && passed <= LONGEST_STEP && increase >= 0.0;
        is_comparable.then(|| Step {
            increase,
            per_second: increase / passed.as_secs_f64(),
        })
    }

    /// Forgets totals that are too old to be compared with.
    pub(super) fn forget_old(&mut self, now: Moment) {
        self.totals.retain(|_, (at, _)| now.since(*at) <= LONGEST_STEP);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SERIES: SeriesId = SeriesId(1);

    fn at(secs: u64) -> Moment {
        Moment::from_millis(secs * 1_000)
    }

    #[rstest]
    #[case::growth(10, 150.0, Some(50.0))]
    #[case::rest(10, 100.0, Some(0.0))]
    #[case::a_total_that_began_anew(10, 20.0, None)]
    #[case::the_longest_step(150, 200.0, Some(100.0))]
    #[case::too_long_a_silence(151, 200.0, None)]
    #[case::no_time(0, 200.0, None)]
    fn growth_counts_only_where_it_is_known(
        #[case] secs: u64,
        #[case] total: f64,
        #[case] increase: Option<f64>,
    ) {
        let mut steps = Steps::default();
        assert_eq!(steps.step(at(0), SERIES, 100.0), None);

        let step = steps.step(at(secs), SERIES, total);
        assert_eq!(step.map(|step| step.increase), increase);
    }

    #[test]
    fn after_a_new_beginning_growth_counts_from_there() {
        let mut steps = Steps::default();
        steps.step(at(0), SERIES, 100.0);
        steps.step(at(10), SERIES, 20.0);

        let step = steps.step(at(20), SERIES, 30.0).unwrap();
        assert_eq!(Some(step.increase), Some(10.0));
        assert_eq!(Some(step.per_second), Some(1.0));
    }
}
